import type { ClusterImage, PartitionImage } from '../metadata/cluster-image.ts';
import { partitionRecord, type PartitionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, putRecord, refused, single, type Decided, type ItemResult } from './decision.ts';
import { assignmentProblem } from './replica-placement.ts';

/** A partition of an AlterPartitionReassignments request; null replicas cancel what is under way. */
export interface WantedReassignment {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[] | null;
}

export interface Reassignment extends ItemResult {
  readonly topic: string;
  readonly partition: number;
}

/** A reassignment under way, as ListPartitionReassignments shows it. */
export interface OngoingReassignment {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

/**
 * Decides an AlterPartitionReassignments request (KIP-455), each partition by itself. New replicas are added first and
 * marked; they count once they are in sync. A mere change of order takes effect at once.
 */
export function decideReassignments(
  image: ClusterImage,
  wanted: readonly WantedReassignment[],
): Decided<Reassignment>[] {
  return wanted.map((item) => {
    const { result, ...rest } = decidePartition(image, item);
    return { ...rest, result: { topic: item.topic, partition: item.partition, ...result } };
  });
}

/** The reassignments under way among the given partitions, or all of them. */
export function listReassignments(
  image: ClusterImage,
  topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
): OngoingReassignment[] {
  const found: OngoingReassignment[] = [];
  const asked =
    topics ?? [...image.topics.values()].map(({ name, partitions }) => ({ name, partitionIndexes: partitions.keys() }));
  for (const { name, partitionIndexes } of asked) {
    for (const index of partitionIndexes) {
      const partition = image.partition(name, index);
      if (partition === undefined || !isUnderWay(partition)) continue;
      const { replicas, adding, removing } = partition;
      found.push({ topic: name, partition: index, replicas, adding, removing });
    }
  }
  return found;
}

function isUnderWay({ adding, removing }: PartitionRecord): boolean {
  return adding.length > 0 || removing.length > 0;
}

function decidePartition(image: ClusterImage, wanted: WantedReassignment): Decided<ItemResult> {
  const topic = image.topics.get(wanted.topic);
  if (topic === undefined) {
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${wanted.topic}.`) };
  }
  const partition = topic.partitions[wanted.partition];
  if (partition === undefined) {
    const message = `Unable to find partition ${wanted.topic}:${wanted.partition}.`;
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, message) };
  }
  const record = wanted.replicas === null ? cancelled(partition) : changed(image, partition, wanted.replicas);
  if (record === undefined) return { result: OK };
  if ('error' in record) return { result: record };
  return { result: OK, mutation: single(putRecord(storeKeys.partition(topic.id, wanted.partition), record)) };
}

/** Back to the replicas before the reassignment, or a refusal where there is none. */
function cancelled(partition: PartitionImage): PartitionRecord | ItemResult {
  if (!isUnderWay(partition)) return refused(E.NO_REASSIGNMENT_IN_PROGRESS, null);
  const { adding, ...rest } = partitionRecord(partition);
  const replicas = rest.replicas.filter((id) => !adding.includes(id));
  const isr = rest.isr.filter((id) => !adding.includes(id));
  const leader = isr.includes(rest.leader) ? rest.leader : (isr[0] ?? -1);
  return {
    ...rest,
    replicas,
    isr,
    leader,
    leaderEpoch: rest.leaderEpoch + 1,
    partitionEpoch: rest.partitionEpoch + 1,
    adding: [],
    removing: [],
  };
}

/** The partition on its way to `target`; undefined when it is there already. */
function changed(
  image: ClusterImage,
  partition: PartitionImage,
  target: readonly number[],
): PartitionRecord | ItemResult | undefined {
  const problem = assignmentProblem(image, target);
  if (problem !== undefined) return refused(E.INVALID_REPLICA_ASSIGNMENT, problem);
  const current = partitionRecord(partition);
  const base = current.replicas.filter((id) => !current.adding.includes(id));
  const adding = target.filter((id) => !base.includes(id));
  const removing = base.filter((id) => !target.includes(id));
  const replicas = [...target, ...removing];
  const isSame =
    equal(replicas, current.replicas) && equal(adding, current.adding) && equal(removing, current.removing);
  if (isSame) return undefined;
  const isMoved = replicas.length !== current.replicas.length || replicas.some((id) => !current.replicas.includes(id));
  return {
    ...current,
    replicas,
    adding,
    removing,
    isr: current.isr.filter((id) => replicas.includes(id)),
    leaderEpoch: current.leaderEpoch + (isMoved ? 1 : 0),
    partitionEpoch: current.partitionEpoch + 1,
  };
}

function equal(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}

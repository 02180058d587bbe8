import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import type { PartitionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { PARTITIONS_PER_REQUEST_MAX } from './create-topics.ts';
import { OK, putRecord, refused, type Decided, type DecisionContext, type ItemResult } from './decision.ts';
import { ALL_BROKERS_FENCED, assignmentProblem, newPartition, placeReplicas } from './replica-placement.ts';

/** A topic as CreatePartitions wants it: `count` partitions in all; assignments are those of the new ones, in order. */
export interface PartitionIncrease {
  readonly name: string;
  readonly count: number;
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null;
}

export interface PartitionCreation extends ItemResult {
  readonly name: string;
}

/** Decides a CreatePartitions request; names given twice are refused first. */
export function decideCreatePartitions(
  context: DecisionContext,
  topics: readonly PartitionIncrease[],
): Decided<PartitionCreation>[] {
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const decided: Decided<PartitionCreation>[] = [];
  for (const [name, count] of counts) {
    if (count > 1) decided.push({ result: { name, ...refused(E.INVALID_REQUEST, 'Duplicate topic name.') } });
  }
  for (const topic of topics) if (counts.get(topic.name) === 1) decided.push(decideTopic(context, topic));
  return decided;
}

function decideTopic(context: DecisionContext, wanted: PartitionIncrease): Decided<PartitionCreation> {
  const { name } = wanted;
  const topic = context.image.topics.get(name);
  if (topic === undefined) return { result: { name, ...refused(E.UNKNOWN_TOPIC_OR_PARTITION, null) } };
  const problem = countProblem(topic, wanted);
  if (problem !== undefined) return { result: { name, ...problem } };
  const partitions = layout(context, topic, wanted);
  if (!Array.isArray(partitions)) return { result: { name, ...partitions } };
  const first = topic.partitions.length;
  return {
    result: { name, ...OK },
    mutation: {
      staged: partitions.map((partition, index) => putRecord(storeKeys.partition(topic.id, first + index), partition)),
      commit: [putRecord(storeKeys.topic(name), { id: topic.id, partitions: wanted.count })],
    },
  };
}

function countProblem(topic: TopicImage, { name, count, assignments }: PartitionIncrease): ItemResult | undefined {
  const current = topic.partitions.length;
  const additional = count - current;
  if (additional === 0) return refused(E.INVALID_PARTITIONS, `Topic already has ${current} partition(s).`);
  if (additional < 0) {
    const message = `The topic ${name} currently has ${current} partition(s); ${count} would not be an increase.`;
    return refused(E.INVALID_PARTITIONS, message);
  }
  if (assignments !== null && assignments.length !== additional) {
    const message = `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`;
    return refused(E.INVALID_REPLICA_ASSIGNMENT, message);
  }
  if (additional <= PARTITIONS_PER_REQUEST_MAX) return undefined;
  return refused(E.POLICY_VIOLATION, 'Excessively large number of partitions per request.');
}

function layout(
  { image, random }: DecisionContext,
  topic: TopicImage,
  { count, assignments }: PartitionIncrease,
): PartitionRecord[] | ItemResult {
  const first = topic.partitions.length;
  const replicationFactor = topic.partitions[0]!.replicas.length;
  if (assignments !== null) return manualLayout(image, { first, replicationFactor, assignments });
  const placement = placeReplicas(image, random, { count: count - first, replicationFactor });
  if ('problem' in placement) return refused(E.INVALID_REPLICATION_FACTOR, placement.problem);
  const partitions: PartitionRecord[] = [];
  for (const replicas of placement.replicas) {
    const partition = newPartition(image, replicas);
    if (partition === undefined) {
      const message = `Unable to replicate the partition ${replicationFactor} time(s): ${ALL_BROKERS_FENCED}`;
      return refused(E.INVALID_REPLICATION_FACTOR, message);
    }
    partitions.push(partition);
  }
  return partitions;
}

function manualLayout(
  image: ClusterImage,
  wanted: {
    first: number;
    replicationFactor: number;
    assignments: readonly { readonly brokerIds: readonly number[] }[];
  },
): PartitionRecord[] | ItemResult {
  const partitions: PartitionRecord[] = [];
  for (const { brokerIds } of wanted.assignments) {
    const problem = assignmentProblem(image, brokerIds, wanted.replicationFactor);
    if (problem !== undefined) return refused(E.INVALID_REPLICA_ASSIGNMENT, problem);
    const partition = newPartition(image, brokerIds);
    if (partition === undefined) {
      const index = wanted.first + partitions.length;
      const message = `All brokers specified in the manual partition assignment for partition ${index} are fenced or in controlled shutdown.`;
      return refused(E.INVALID_REPLICA_ASSIGNMENT, message);
    }
    partitions.push(partition);
  }
  return partitions;
}

import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import {
  isReassigning,
  withoutReassignment,
  withReassignment,
  type TransitionRules,
} from '../metadata/partition-transition.ts';
import { E } from '../protocol/errors.ts';
import { ofPartitions, OK, partitionChange, refused, type Decided, type ItemResult } from './decision.ts';
import { topicRules } from './partition-duties.ts';
import { replicaStandings } from './partition-repair.ts';
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

interface ReassignmentContext {
  readonly image: ClusterImage;
  readonly config: BrokerConfig;
}

/**
 * Decides an AlterPartitionReassignments request (KIP-455), each partition by itself. New replicas are added first and
 * marked; they count once they are in sync. A mere change of order takes effect at once. Without `mayChangeFactor` a
 * partition keeps as many replicas as it has, or is on its way to (KIP-860).
 */
export function decideReassignments(
  context: ReassignmentContext,
  wanted: readonly WantedReassignment[],
  mayChangeFactor = true,
): Decided<Reassignment>[] {
  const rulesOf = topicRules(context.image, context.config);
  const standingOf = replicaStandings(context.image);
  const rulesFor = (topic: TopicImage, index: number): TransitionRules => {
    const standing = standingOf(topic.id, index);
    return { ...rulesOf(topic.name), mayLead: (id) => standing(id) === 'live' || standing(id) === 'leaving' };
  };
  return wanted.map((item) => {
    const { result, ...rest } = decidePartition({ ...context, mayChangeFactor }, item, rulesFor);
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
      if (partition === undefined || !isReassigning(partition)) continue;
      const { replicas, adding, removing } = partition;
      found.push({ topic: name, partition: index, replicas, adding, removing });
    }
  }
  return found;
}

function decidePartition(
  context: ReassignmentContext & { readonly mayChangeFactor: boolean },
  wanted: WantedReassignment,
  rulesFor: (topic: TopicImage, index: number) => TransitionRules,
): Decided<ItemResult> {
  const topic = context.image.topics.get(wanted.topic);
  if (topic === undefined) {
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${wanted.topic}.`) };
  }
  const partition = topic.partitions[wanted.partition];
  if (partition === undefined) {
    const message = `Unable to find partition ${wanted.topic}:${wanted.partition}.`;
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, message) };
  }
  const rules = rulesFor(topic, wanted.partition);
  const { replicas } = wanted;
  if (replicas === null) return cancel(topic, wanted, rules);
  const problem = assignmentProblem(context.image, replicas);
  if (problem !== undefined) return { result: refused(E.INVALID_REPLICA_ASSIGNMENT, problem) };
  const factor = partition.replicas.filter((id) => !partition.removing.includes(id)).length;
  if (!context.mayChangeFactor && replicas.length !== factor) {
    const message = `The replication factor is changed from ${factor} to ${replicas.length}`;
    return { result: refused(E.INVALID_REPLICATION_FACTOR, message) };
  }
  return begin(topic, { ...wanted, replicas }, rules);
}

/** Back to the replicas before the reassignment. */
function cancel(topic: TopicImage, wanted: WantedReassignment, rules: TransitionRules): Decided<ItemResult> {
  if (!isReassigning(topic.partitions[wanted.partition]!)) {
    return { result: refused(E.NO_REASSIGNMENT_IN_PROGRESS, null) };
  }
  let isUnclean = false;
  const change = partitionChange(topic, wanted.partition, (seen) => {
    const record = withoutReassignment(seen, rules);
    isUnclean = record === 'unclean';
    return record === 'unclean' ? undefined : record;
  });
  if (isUnclean) {
    const message = `Unable to revert partition assignment for ${wanted.topic}:${wanted.partition} because it would require an unclean leader election.`;
    return { result: refused(E.INVALID_REPLICA_ASSIGNMENT, message) };
  }
  return change === undefined ? { result: OK } : { result: OK, mutation: ofPartitions(change) };
}

/** On the way to other replicas; nothing changes for a partition that is there already. */
function begin(
  topic: TopicImage,
  wanted: WantedReassignment & { readonly replicas: readonly number[] },
  rules: TransitionRules,
): Decided<ItemResult> {
  const change = partitionChange(topic, wanted.partition, (seen) => withReassignment(seen, wanted.replicas, rules));
  return change === undefined ? { result: OK } : { result: OK, mutation: ofPartitions(change) };
}

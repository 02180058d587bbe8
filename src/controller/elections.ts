import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import { NO_LEADER, withElection } from '../metadata/partition-transition.ts';
import type { PartitionRecord } from '../metadata/records.ts';
import { E } from '../protocol/errors.ts';
import { ofPartitions, OK, partitionChange, refused, type Decided, type ItemResult } from './decision.ts';
import { topicRules } from './partition-duties.ts';
import { replicaStandings } from './partition-repair.ts';

/** electionType on the wire. */
export const ElectionType = { preferred: 0, unclean: 1 } as const;
export type ElectionType = (typeof ElectionType)[keyof typeof ElectionType];

export interface Election extends ItemResult {
  readonly topic: string;
  readonly partition: number;
}

interface ElectionContext {
  readonly image: ClusterImage;
  readonly config: BrokerConfig;
}

/**
 * Decides an ElectLeaders request (KIP-460), each partition by itself. Without `wanted` every partition is looked at, and
 * those that need no election are left out of the answer.
 */
export function decideElections(
  context: ElectionContext,
  type: ElectionType,
  wanted: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
): Decided<Election>[] {
  const decided: Decided<Election>[] = [];
  const elect = electionOf(context, type);
  const asked = wanted ?? [...context.image.topics.values()].map(everyPartition);
  for (const { topic, partitions } of asked) {
    for (const partition of partitions) {
      const { result, ...rest } = decidePartition(context.image.topics.get(topic), { topic, partition, type, elect });
      if (wanted === null && result.error === E.ELECTION_NOT_NEEDED) continue;
      decided.push({ ...rest, result: { topic, partition, ...result } });
    }
  }
  return decided;
}

function everyPartition({ name, partitions }: TopicImage): { topic: string; partitions: number[] } {
  return { topic: name, partitions: partitions.map((_, index) => index) };
}

type Elect = (topic: TopicImage, index: number, seen: PartitionRecord) => PartitionRecord | undefined;

function electionOf({ image, config }: ElectionContext, type: ElectionType): Elect {
  const rulesOf = topicRules(image, config);
  const standingOf = replicaStandings(image);
  return (topic, index, seen) => {
    const standing = standingOf(topic.id, index);
    const mayLead = (id: number): boolean => standing(id) === 'live';
    const ofTopic = rulesOf(topic.name);
    const isUnclean = type === ElectionType.unclean;
    const rules = { ...ofTopic, isUncleanAllowed: isUnclean || ofTopic.isUncleanAllowed, mayLead };
    return withElection(seen, isUnclean ? 'any' : 'preferred', rules);
  };
}

function decidePartition(
  topic: TopicImage | undefined,
  wanted: { topic: string; partition: number; type: ElectionType; elect: Elect },
): Decided<ItemResult> {
  const { topic: name, partition: index, type, elect } = wanted;
  if (topic === undefined) return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${name}`) };
  const partition = topic.partitions[index];
  if (partition === undefined) {
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, `No such partition as ${name}-${index}`) };
  }
  const isPreferred = type === ElectionType.preferred;
  const isNeeded = isPreferred ? partition.leader !== partition.replicas[0] : partition.leader === NO_LEADER;
  if (!isNeeded) return { result: refused(E.ELECTION_NOT_NEEDED) };
  const change = partitionChange(topic, index, (seen) => elect(topic, index, seen));
  const isElected = change !== undefined && change.record.leader !== partition.leader;
  if (isElected && change.record.leader !== NO_LEADER) return { result: OK, mutation: ofPartitions(change) };
  return { result: refused(isPreferred ? E.PREFERRED_LEADER_NOT_AVAILABLE : E.ELIGIBLE_LEADERS_NOT_AVAILABLE) };
}

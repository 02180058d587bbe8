import type { BrokerConfig } from '../config/broker-config.ts';
import { topicText } from '../config/topic-config.ts';
import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import { NO_LEADER, withElection } from '../metadata/partition-transition.ts';
import { isInternalTopic } from './internal-topics.ts';
import { repaired, replicaStandings, type ReplicaStandings, type TopicRules } from './partition-repair.ts';
import type { PartitionUpdate } from './partition-writes.ts';

/** Leaderships that one look at the balance moves at most, as in Kafka. */
export const BALANCED_MAX = 1000;

/** The settings of topics that decide about their partitions, looked up once for all topics that have none of their own. */
export function topicRules(image: ClusterImage, config: BrokerConfig): (topic: string) => TopicRules {
  const read = (overrides: ReadonlyMap<string, string>): TopicRules => ({
    minIsr: Number(topicText('min.insync.replicas', overrides, config)),
    isElrEnabled: image.isElrEnabled(),
    isUncleanAllowed: topicText('unclean.leader.election.enable', overrides, config) === 'true',
  });
  let inherited: TopicRules | undefined;
  return (topic) => {
    const overrides = image.config({ type: 'topic', name: topic });
    return overrides.size > 0 ? read(overrides) : (inherited ??= read(overrides));
  };
}

/**
 * What is to be changed about the partitions of `topics`, most urgent first: those that get a leader before the others,
 * and the brokers' own topics before those of clients, for groups and transactions wait for them.
 */
export function decideRepairs(
  topics: Iterable<TopicImage>,
  standingOf: ReplicaStandings,
  rulesOf: (topic: string) => TopicRules,
): PartitionUpdate[] {
  const byUrgency: PartitionUpdate[][] = [[], [], [], []];
  for (const { name, id, partitions } of topics) {
    const rules = rulesOf(name);
    const isInternal = isInternalTopic(name);
    for (const [index, seen] of partitions.entries()) {
      const record = repaired(seen, standingOf(id, index), rules);
      if (record === undefined) continue;
      const isLed = record.leader !== NO_LEADER && record.leader !== seen.leader;
      byUrgency[(isLed ? 0 : 2) + (isInternal ? 0 : 1)]!.push({ topic: name, topicId: id, index, seen, record });
    }
  }
  return byUrgency.flat();
}

/** Brokers that are gone while partitions still count on them: with a grace of their own when they are many at once. */
export function missedBrokers(image: ClusterImage): Set<number> {
  const absent = new Set<number>();
  for (const { id, isPresent } of image.brokers.values()) if (!isPresent) absent.add(id);
  const missed = new Set<number>();
  if (absent.size === 0) return missed;
  for (const { partitions } of image.topics.values()) {
    for (const { isr } of partitions) for (const id of isr) if (absent.has(id)) missed.add(id);
    if (missed.size === absent.size) break;
  }
  return missed;
}

/** Leaderships that can go back to the first replica (`auto.leader.rebalance.enable`). */
export function decideBalance(image: ClusterImage, rulesOf: (topic: string) => TopicRules): PartitionUpdate[] {
  const standingOf = replicaStandings(image);
  const updates: PartitionUpdate[] = [];
  for (const { name, id, partitions } of image.topics.values()) {
    for (const [index, seen] of partitions.entries()) {
      const preferred = seen.replicas[0]!;
      const standing = standingOf(id, index);
      if (seen.leader === preferred || !seen.isr.includes(preferred) || standing(preferred) !== 'live') continue;
      const rules = { ...rulesOf(name), isUncleanAllowed: false, mayLead: (each: number) => standing(each) === 'live' };
      const record = withElection(seen, 'preferred', rules);
      if (record !== undefined) updates.push({ topic: name, topicId: id, index, seen, record });
      if (updates.length >= BALANCED_MAX) return updates;
    }
  }
  return updates;
}

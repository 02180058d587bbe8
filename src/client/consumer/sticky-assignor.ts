import type { MemberSubscription } from './member-step.ts';
import { partitionKey, type TopicPartition } from './topic-partition.ts';

interface Share {
  readonly member: MemberSubscription;
  readonly topics: ReadonlySet<string>;
  readonly partitions: Map<string, TopicPartition>;
}

/**
 * Divides evenly and moves as little as possible (the contract of Kafka's AbstractStickyAssignor): members keep what they held, the rest
 * goes to whoever has least, and then partitions move while one member has two more than another that may take one.
 */
export function divideSticky(
  members: readonly MemberSubscription[],
  counts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const shares = members
    .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
    .map((member): Share => ({ member, topics: new Set(member.topics), partitions: new Map() }));
  const owners = keep(shares, counts);
  for (const [topic, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (let partition = 0; partition < count; partition++) {
      const item = { topic, partition };
      if (!owners.has(partitionKey(item))) leastLoaded(shares, topic)?.partitions.set(partitionKey(item), item);
    }
  }
  while (moveOne(shares));
  return new Map(shares.map(({ member, partitions }) => [member.memberId, [...partitions.values()]]));
}

/** Gives back what each held; of two that claim the same, the later generation was right, and of equals neither. */
function keep(shares: readonly Share[], counts: ReadonlyMap<string, number>): Map<string, Share> {
  const owners = new Map<string, Share>();
  const generations = new Map<string, number>();
  for (const share of shares) {
    for (const item of share.member.owned) {
      const key = partitionKey(item);
      if (!share.topics.has(item.topic) || item.partition >= (counts.get(item.topic) ?? 0)) continue;
      const { generation } = share.member;
      const before = generations.get(key);
      if (before !== undefined && generation < before) continue;
      owners.get(key)?.partitions.delete(key);
      owners.delete(key);
      if (generation !== before) {
        owners.set(key, share);
        share.partitions.set(key, item);
      }
      generations.set(key, generation);
    }
  }
  return owners;
}

function leastLoaded(shares: readonly Share[], topic: string): Share | undefined {
  let least: Share | undefined;
  for (const share of shares) {
    if (share.topics.has(topic) && (least === undefined || share.partitions.size < least.partitions.size))
      least = share;
  }
  return least;
}

/** Each move makes the sum of squares smaller, so this ends. */
function moveOne(shares: readonly Share[]): boolean {
  for (const from of shares.toSorted((a, b) => b.partitions.size - a.partitions.size)) {
    for (const [key, item] of from.partitions) {
      const to = leastLoaded(shares, item.topic);
      if (to === undefined || to.partitions.size + 1 >= from.partitions.size) continue;
      from.partitions.delete(key);
      to.partitions.set(key, item);
      return true;
    }
  }
  return false;
}

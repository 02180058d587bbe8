import type { AssignorName } from './consumer-options.ts';
import type { MemberSubscription } from './member-step.ts';
import { divideSticky } from './sticky-assignor.ts';
import { difference, partitionKey, type TopicPartition } from './topic-partition.ts';

/** Partitions by topic; topics that are not there are left out. */
export type PartitionCounts = ReadonlyMap<string, number>;
export type Division = Map<string, TopicPartition[]>;

/** Divides partitions between members, as Kafka's class of that name; the same input gives the same division. */
export type Assignor = (members: readonly MemberSubscription[], counts: PartitionCounts) => Division;

export const ASSIGNORS: Readonly<Record<AssignorName, Assignor>> = {
  range: divideByRange,
  roundrobin: divideInTurn,
  sticky: divideSticky,
  'cooperative-sticky': divideCooperatively,
};

/** Whether members keep their partitions while the group divides anew (KIP-429); eager ones give up all first. */
export function isCooperative(names: readonly AssignorName[]): boolean {
  return names.every((name) => name === 'cooperative-sticky');
}

/** Members in the order in which Kafka serves them: static ones by instance id, then the others by member id. */
export function inOrder(members: readonly MemberSubscription[]): MemberSubscription[] {
  return members.toSorted((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId);
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return compare(a.memberId, b.memberId);
  });
}

/** Each topic in ranges of neighbours, the first members getting one more (Kafka's RangeAssignor, without racks). */
function divideByRange(members: readonly MemberSubscription[], counts: PartitionCounts): Division {
  const division: Division = new Map(members.map(({ memberId }) => [memberId, []]));
  const ordered = inOrder(members);
  for (const [topic, count] of counts) {
    const wanting = ordered.filter(({ topics }) => topics.includes(topic));
    let partition = 0;
    for (const [index, { memberId }] of wanting.entries()) {
      const share = Math.floor(count / wanting.length) + (index < count % wanting.length ? 1 : 0);
      for (let taken = 0; taken < share; taken++) division.get(memberId)?.push({ topic, partition: partition++ });
    }
  }
  return division;
}

/** All partitions one after the other to the members in turn (Kafka's RoundRobinAssignor). */
function divideInTurn(members: readonly MemberSubscription[], counts: PartitionCounts): Division {
  const division: Division = new Map(members.map(({ memberId }) => [memberId, []]));
  const ordered = inOrder(members);
  let turn = 0;
  for (const topic of [...counts.keys()].toSorted(compare)) {
    if (!ordered.some(({ topics }) => topics.includes(topic))) continue;
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      while (!ordered[turn % ordered.length]!.topics.includes(topic)) turn++;
      division.get(ordered[turn++ % ordered.length]!.memberId)?.push({ topic, partition });
    }
  }
  return division;
}

/**
 * As sticky, but what one member still holds is given to no other: it is left out of this round, its owner gives it up and the group
 * divides once more (Kafka's CooperativeStickyAssignor).
 */
function divideCooperatively(members: readonly MemberSubscription[], counts: PartitionCounts): Division {
  const division = divideSticky(members, counts);
  const owners = new Map<string, string>();
  for (const { memberId, owned } of members) for (const item of owned) owners.set(partitionKey(item), memberId);
  for (const [memberId, partitions] of division) {
    const moving = partitions.filter((item) => (owners.get(partitionKey(item)) ?? memberId) !== memberId);
    division.set(memberId, difference(partitions, moving));
  }
  return division;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

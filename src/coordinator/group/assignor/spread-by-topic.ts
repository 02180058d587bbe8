import type { Uuid } from '../../../base/uuid.ts';
import { loadsOf, NOBODY, type PartitionSpace } from './partition-space.ts';
import { SubscriberLoads } from './subscriber-loads.ts';

/** Rounds over all topics in search of balance; Kafka's bound. What is not balanced then stays so. */
const ROUNDS_MAX = 16;

interface Topic {
  readonly subscribers: readonly number[];
  /** The numbers of its partitions. */
  readonly start: number;
  readonly end: number;
}

/**
 * Divides partitions among members with different subscriptions, as Kafka's UniformHeterogeneousAssignmentBuilder does:
 * free partitions go to the subscriber with the least, the topics with the fewest choices first; then topic after topic
 * evens out its subscribers by moving its own partitions, until a round over all topics moves none. Changes `owners`
 * in place.
 */
export function spreadByTopic(
  space: PartitionSpace,
  subscribers: ReadonlyMap<Uuid, readonly number[]>,
  memberCount: number,
  owners: Int32Array,
): void {
  const loads = loadsOf(memberCount, owners);
  const topics = topicsInOrder(space, subscribers);
  for (const topic of topics) giveFree(topic, loads, owners);
  const shared = topics.filter((topic) => topic.subscribers.length > 1);
  let lastChanged = -1;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const [index, topic] of shared.entries()) {
      if (index === lastChanged) return;
      const hasMoved = evenOut(topic, loads, owners);
      if (hasMoved || lastChanged === -1) lastChanged = index;
    }
  }
}

/** First those with the most partitions per subscriber, then those with the fewest subscribers. */
function topicsInOrder(space: PartitionSpace, subscribers: ReadonlyMap<Uuid, readonly number[]>): Topic[] {
  const topics = space.topicIds.map((topicId, place) => ({
    subscribers: subscribers.get(topicId) ?? [],
    ...space.rangeOf(place),
  }));
  const perSubscriber = ({ start, end, subscribers: { length } }: Topic): number => (end - start) / length;
  // The sort is stable: what is equal stays in the order of ids.
  return topics.toSorted((a, b) => perSubscriber(b) - perSubscriber(a) || a.subscribers.length - b.subscribers.length);
}

function giveFree({ subscribers, start, end }: Topic, loads: Int32Array, owners: Int32Array): void {
  let subscriberLoads: SubscriberLoads | undefined;
  for (let number = start; number < end; number++) {
    if (owners[number] !== NOBODY) continue;
    subscriberLoads ??= new SubscriberLoads(subscribers, loads);
    const member = subscriberLoads.nextReceiver();
    owners[number] = member;
    loads[member] = (loads[member] ?? 0) + 1;
  }
}

/** Moves partitions of the topic from its subscribers with the most to those with the least; tells whether any moved. */
function evenOut({ subscribers, start, end }: Topic, loads: Int32Array, owners: Int32Array): boolean {
  if (isEven(subscribers, loads)) return false;
  const partitionsOf = new Map<number, number[]>();
  for (let number = start; number < end; number++) {
    const owner = owners[number] ?? NOBODY;
    const own = partitionsOf.get(owner);
    if (own === undefined) partitionsOf.set(owner, [number]);
    else own.push(number);
  }
  const subscriberLoads = new SubscriberLoads(subscribers, loads);
  let hasMoved = false;
  for (;;) {
    const giver = subscriberLoads.nextGiver((member) => (partitionsOf.get(member)?.length ?? 0) > 0);
    if (giver === undefined) return hasMoved;
    const receiver = subscriberLoads.nextReceiver();
    const number = partitionsOf.get(giver)?.pop();
    if (number === undefined || subscriberLoads.gap <= 1) return hasMoved;
    owners[number] = receiver;
    loads[giver] = (loads[giver] ?? 0) - 1;
    loads[receiver] = (loads[receiver] ?? 0) + 1;
    hasMoved = true;
  }
}

function isEven(subscribers: readonly number[], loads: Int32Array): boolean {
  let least = Infinity;
  let most = 0;
  for (const member of subscribers) {
    const load = loads[member] ?? 0;
    if (load < least) least = load;
    if (load > most) most = load;
  }
  return most - least <= 1;
}

import type { AssignableTopics, AssignedMember, Assignment, PartitionAssignor } from './partition-assignor.ts';
import { PartitionSpace, subscribersByTopic } from './partition-space.ts';
import { spreadByTopic } from './spread-by-topic.ts';
import { spreadEvenly } from './spread-evenly.ts';

/**
 * Gives every member as many partitions as the others, as far as subscriptions allow, and moves as few as that takes
 * (Kafka's UniformAssignor). Balance goes before keeping; keeping goes before nearness: among partitions that move
 * anyway, equal subscribers get those with a replica in their rack. Kafka 4.3 pays no regard to racks at all.
 */
export const uniformAssignor: PartitionAssignor = {
  name: 'uniform',
  assign(members, topics) {
    return subscribeEqually(members) ? assignEqual(members, topics) : assignDifferent(members, topics);
  },
};

function assignEqual(members: readonly AssignedMember[], topics: AssignableTopics): ReadonlyMap<string, Assignment> {
  const space = new PartitionSpace(members[0]?.topicIds ?? [], topics);
  const owners = space.ownersBefore(members);
  if (members.length > 0) spreadEvenly(space, members, owners);
  return space.assignmentsOf(members, owners);
}

function assignDifferent(
  members: readonly AssignedMember[],
  topics: AssignableTopics,
): ReadonlyMap<string, Assignment> {
  const subscribers = subscribersByTopic(members);
  const space = new PartitionSpace(subscribers.keys(), topics);
  const owners = space.ownersBefore(members);
  spreadByTopic(space, subscribers, members.length, owners);
  return space.assignmentsOf(members, owners);
}

function subscribeEqually(members: readonly AssignedMember[]): boolean {
  const first = members[0]?.topicIds ?? new Set();
  return members.every(
    ({ topicIds }) =>
      topicIds === first || (topicIds.size === first.size && [...topicIds].every((topicId) => first.has(topicId))),
  );
}

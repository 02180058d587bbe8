import type { Uuid } from '../../../base/uuid.ts';
import type { AssignedMember, Assignment, PartitionAssignor } from './partition-assignor.ts';
import { subscribersByTopic } from './partition-space.ts';

/**
 * Gives each subscriber of a topic a run of its partitions (Kafka's RangeAssignor). Members take their runs in one order
 * for all topics, so equal subscribers of topics with equally many partitions get the same numbers of each: what was
 * partitioned together stays together. That rule alone decides; as in Kafka since 4.0 the last assignment does not count.
 * Members with an instance id come first, by that id, and therefore keep their runs over restarts.
 */
export const rangeAssignor: PartitionAssignor = {
  name: 'range',
  assign(members, topics) {
    const sorted = members.toSorted(compareMembers);
    const assignments = sorted.map(() => new Map<Uuid, readonly number[]>());
    const byTopic = [...subscribersByTopic(sorted)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [topicId, subscribers] of byTopic) {
      const count = topics.partitionCount(topicId);
      const share = Math.floor(count / subscribers.length);
      const larger = count - share * subscribers.length;
      let next = 0;
      for (const [rank, member] of subscribers.entries()) {
        const size = rank < larger ? share + 1 : share;
        if (size === 0) break;
        const first = next;
        assignments[member]?.set(
          topicId,
          Array.from({ length: size }, (_, index) => first + index),
        );
        next += size;
      }
    }
    return new Map<string, Assignment>(
      sorted.map(({ memberId }, member) => [memberId, assignments[member] ?? new Map<Uuid, readonly number[]>()]),
    );
  },
};

function compareMembers(a: AssignedMember, b: AssignedMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compareText(a.instanceId, b.instanceId);
  if (a.instanceId !== null) return -1;
  if (b.instanceId !== null) return 1;
  return compareText(a.memberId, b.memberId);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

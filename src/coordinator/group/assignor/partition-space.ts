import type { Uuid } from '../../../base/uuid.ts';
import type { AssignableTopics, AssignedMember, Assignment } from './partition-assignor.ts';

/** Stands in a list of owners for a partition that nobody has. */
export const NOBODY = -1;

/**
 * All partitions that a group divides, numbered from 0: topics in the order of their ids, each topic's partitions
 * together. An assignment in the making is one list over these numbers that tells each partition's owner, as the
 * owner's place among the members: no object per partition, and every partition has one owner by its very form.
 */
export class PartitionSpace {
  readonly topicIds: readonly Uuid[];
  readonly #topics: AssignableTopics;
  readonly #placeOf = new Map<Uuid, number>();
  /** The number of each topic's partition 0, and at the end the number of all partitions. */
  readonly #starts: number[] = [0];

  constructor(topicIds: Iterable<Uuid>, topics: AssignableTopics) {
    this.topicIds = [...topicIds].toSorted();
    this.#topics = topics;
    let next = 0;
    for (const [place, topicId] of this.topicIds.entries()) {
      this.#placeOf.set(topicId, place);
      next += Math.max(0, topics.partitionCount(topicId));
      this.#starts.push(next);
    }
  }

  get size(): number {
    return this.#starts.at(-1) ?? 0;
  }

  /** The numbers of a topic's partitions, the end exclusive. */
  rangeOf(topicPlace: number): { readonly start: number; readonly end: number } {
    const start = this.#starts[topicPlace] ?? 0;
    return { start, end: this.#starts[topicPlace + 1] ?? start };
  }

  racksOf(topicPlace: number, partitionNumber: number): ReadonlySet<string> {
    const topicId = this.topicIds[topicPlace];
    if (topicId === undefined) return new Set();
    return this.#topics.racks(topicId, partitionNumber - this.rangeOf(topicPlace).start);
  }

  /** The owners after the last target assignment, without what is no longer subscribed to or does not exist. */
  ownersBefore(members: readonly AssignedMember[]): Int32Array {
    const owners = new Int32Array(this.size).fill(NOBODY);
    for (const [member, { assignment, topicIds }] of members.entries()) {
      for (const [topicId, partitions] of assignment) {
        const place = this.#placeOf.get(topicId);
        if (place === undefined || !topicIds.has(topicId)) continue;
        const { start, end } = this.rangeOf(place);
        for (const partition of partitions) {
          if (partition >= 0 && start + partition < end && owners[start + partition] === NOBODY) {
            owners[start + partition] = member;
          }
        }
      }
    }
    return owners;
  }

  /** The list of owners as assignments. */
  assignmentsOf(members: readonly AssignedMember[], owners: Int32Array): Map<string, Assignment> {
    const found = members.map(() => new Map<Uuid, number[]>());
    for (const [place, topicId] of this.topicIds.entries()) {
      const { start, end } = this.rangeOf(place);
      for (let number = start; number < end; number++) {
        const own = found[owners[number] ?? NOBODY];
        const partitions = own?.get(topicId);
        if (partitions === undefined) own?.set(topicId, [number - start]);
        else partitions.push(number - start);
      }
    }
    return new Map(members.map(({ memberId }, member) => [memberId, found[member] ?? new Map<Uuid, number[]>()]));
  }
}

/** Who subscribes to each topic: places among the members, rising. */
export function subscribersByTopic(members: readonly AssignedMember[]): Map<Uuid, number[]> {
  const byTopic = new Map<Uuid, number[]>();
  for (const [member, { topicIds }] of members.entries()) {
    for (const topicId of topicIds) {
      const subscribers = byTopic.get(topicId);
      if (subscribers === undefined) byTopic.set(topicId, [member]);
      else subscribers.push(member);
    }
  }
  return byTopic;
}

/** How many partitions each member has. */
export function loadsOf(memberCount: number, owners: Int32Array): Int32Array {
  const loads = new Int32Array(memberCount);
  for (const owner of owners) if (owner !== NOBODY) loads[owner] = (loads[owner] ?? 0) + 1;
  return loads;
}

import type { Uuid } from '../../base/uuid.ts';
import type { EpochAssignment } from './consumer-member.ts';

/**
 * Which partitions of a group somebody holds, with the epoch of the member that does. A member that comes late with an older epoch
 * takes nothing from its successor and gives nothing of it back: so the order in which a log is read does not matter.
 */
export class PartitionOwners {
  readonly #epochs = new Map<Uuid, Map<number, number>>();

  isOwned(topicId: Uuid, partition: number): boolean {
    return this.#epochs.get(topicId)?.has(partition) ?? false;
  }

  add(assignment: EpochAssignment, epoch: number): void {
    for (const [topicId, partitions] of assignment) {
      let epochs = this.#epochs.get(topicId);
      if (epochs === undefined) this.#epochs.set(topicId, (epochs = new Map()));
      for (const partition of partitions.keys()) {
        const present = epochs.get(partition);
        if (present === undefined || present < epoch) epochs.set(partition, epoch);
      }
    }
  }

  remove(assignment: EpochAssignment, epoch: number): void {
    for (const [topicId, partitions] of assignment) {
      const epochs = this.#epochs.get(topicId);
      if (epochs === undefined) continue;
      for (const partition of partitions.keys()) if (epochs.get(partition) === epoch) epochs.delete(partition);
      if (epochs.size === 0) this.#epochs.delete(topicId);
    }
  }
}

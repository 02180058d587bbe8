import type { OffsetRecord, OffsetValue } from './group-records.ts';

/** A committed offset, and its place in the order of records. */
interface StoredOffset {
  readonly value: OffsetValue;
  readonly order: number;
}
type PartitionOffsets = Map<number, StoredOffset>;
type TopicOffsets = Map<string, PartitionOffsets>;
type GroupOffsets = Map<string, TopicOffsets>;

type Place = Pick<OffsetRecord, 'group' | 'topic' | 'partition'>;

/**
 * The committed offsets of the groups of one partition, and beside them those that wait for the end of their
 * transaction: these count for nothing until a marker commits them, except that they make a partition unstable.
 */
export class OffsetStore {
  readonly #committed: GroupOffsets = new Map();
  /** By producer id. */
  readonly #pending = new Map<number, GroupOffsets>();
  /** Producers with a transaction open on a group's offsets. */
  readonly #producersOf = new Map<string, Set<number>>();
  #order = 0;

  get(groupId: string, topic: string, partition: number): OffsetValue | undefined {
    return this.#committed.get(groupId)?.get(topic)?.get(partition)?.value;
  }

  /** The topics that a group has committed offsets of. */
  topicsOf(groupId: string): string[] {
    return [...(this.#committed.get(groupId)?.keys() ?? [])];
  }

  /** The partitions of a topic that a group has committed offsets of. */
  partitionsOf(groupId: string, topic: string): number[] {
    return [...(this.#committed.get(groupId)?.get(topic)?.keys() ?? [])];
  }

  /** Every partition that a group has a wanted offset of, committed or pending; for tombstones. */
  allPartitionsOf(
    groupId: string,
    isWanted: (topic: string, offset: OffsetValue) => boolean = () => true,
  ): { topic: string; partition: number }[] {
    const found = new Map<string, Set<number>>();
    const stores = [this.#committed, ...[...(this.#producersOf.get(groupId) ?? [])].map((id) => this.#pending.get(id))];
    for (const store of stores) {
      for (const [topic, partitions] of store?.get(groupId) ?? []) {
        const known = found.get(topic) ?? new Set<number>();
        for (const [partition, { value }] of partitions) if (isWanted(topic, value)) known.add(partition);
        found.set(topic, known);
      }
    }
    return [...found].flatMap(([topic, partitions]) => [...partitions].map((partition) => ({ topic, partition })));
  }

  hasOffsets(groupId: string): boolean {
    return this.#committed.has(groupId);
  }

  hasOpenTransaction(groupId: string): boolean {
    return this.#producersOf.has(groupId);
  }

  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const producerId of this.#producersOf.get(groupId) ?? []) {
      if (this.#pending.get(producerId)?.get(groupId)?.get(topic)?.has(partition)) return true;
    }
    return false;
  }

  /** @param producerId of the transaction that the record belongs to, if any. */
  apply(record: OffsetRecord, producerId?: number): void {
    const { group, value } = record;
    const order = this.#order++;
    if (value === null) {
      remove(this.#committed, record);
      this.#forgetPending(record);
      return;
    }
    if (producerId === undefined) {
      put(this.#committed, record, { value, order });
      return;
    }
    let pending = this.#pending.get(producerId);
    if (pending === undefined) {
      pending = new Map();
      this.#pending.set(producerId, pending);
    }
    put(pending, record, { value, order });
    let producers = this.#producersOf.get(group);
    if (producers === undefined) {
      producers = new Set();
      this.#producersOf.set(group, producers);
    }
    producers.add(producerId);
  }

  endTransaction(producerId: number, isCommit: boolean): void {
    const pending = this.#pending.get(producerId);
    if (pending === undefined) return;
    this.#pending.delete(producerId);
    for (const [group, topics] of pending) {
      this.#dropProducer(group, producerId);
      if (!isCommit) continue;
      for (const [topic, partitions] of topics) {
        for (const [partition, stored] of partitions) this.#commitPending({ group, topic, partition }, stored);
      }
    }
  }

  /** What was committed outside of the transaction after its record stays. */
  #commitPending(place: Place, stored: StoredOffset): void {
    const { group, topic, partition } = place;
    const present = this.#committed.get(group)?.get(topic)?.get(partition);
    if (present === undefined || present.order < stored.order) put(this.#committed, place, stored);
  }

  /** A tombstone outside of transactions also ends the offsets that are pending for the partition. */
  #forgetPending(record: OffsetRecord): void {
    for (const producerId of this.#producersOf.get(record.group) ?? []) {
      const pending = this.#pending.get(producerId);
      if (pending === undefined) continue;
      remove(pending, record);
      if (!pending.has(record.group)) this.#dropProducer(record.group, producerId);
      if (pending.size === 0) this.#pending.delete(producerId);
    }
  }

  #dropProducer(group: string, producerId: number): void {
    const producers = this.#producersOf.get(group);
    producers?.delete(producerId);
    if (producers?.size === 0) this.#producersOf.delete(group);
  }
}

function put(offsets: GroupOffsets, { group, topic, partition }: Place, stored: StoredOffset): void {
  let topics = offsets.get(group);
  if (topics === undefined) offsets.set(group, (topics = new Map()));
  let partitions = topics.get(topic);
  if (partitions === undefined) topics.set(topic, (partitions = new Map()));
  partitions.set(partition, stored);
}

function remove(offsets: GroupOffsets, { group, topic, partition }: Place): void {
  const topics = offsets.get(group);
  const partitions = topics?.get(topic);
  if (topics === undefined || partitions === undefined) return;
  partitions.delete(partition);
  if (partitions.size === 0) topics.delete(topic);
  if (topics.size === 0) offsets.delete(group);
}

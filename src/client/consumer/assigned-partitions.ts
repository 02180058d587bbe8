import type { ConsumerBatch } from './consumer-batch.ts';
import { PartitionState, type Place } from './partition-state.ts';
import { partitionKey, type TopicPartition } from './topic-partition.ts';

/** Something that was handed out, and what tells whether it still counts. */
export interface HandedOut<K, V> {
  readonly state: PartitionState<K, V>;
  readonly version: number;
  readonly batch: ConsumerBatch<K, V>;
}

interface Waiter {
  readonly states: readonly { readonly isBusy: boolean }[];
  readonly done: () => void;
}

/** The partitions that a consumer has now. Batches are handed out of each in turn, and of one partition one at a time. */
export class AssignedPartitions<K, V> {
  readonly #states = new Map<string, PartitionState<K, V>>();
  #waiters: Waiter[] = [];
  #turn = 0;

  get size(): number {
    return this.#states.size;
  }

  [Symbol.iterator](): IterableIterator<PartitionState<K, V>> {
    return this.#states.values();
  }

  get(partition: TopicPartition): PartitionState<K, V> | undefined {
    return this.#states.get(partitionKey(partition));
  }

  get queuedBytes(): number {
    let bytes = 0;
    for (const state of this.#states.values()) bytes += state.queuedBytes;
    return bytes;
  }

  /** Takes partitions in; those that are there stay as they are. */
  add(partitions: Iterable<TopicPartition>): void {
    for (const partition of partitions) {
      const key = partitionKey(partition);
      if (!this.#states.has(key)) this.#states.set(key, new PartitionState(partition));
    }
  }

  /** Lets partitions go; what is held of them counts no more. */
  remove(partitions: Iterable<TopicPartition>): void {
    for (const partition of partitions) {
      const key = partitionKey(partition);
      this.#states.get(key)?.drop();
      this.#states.delete(key);
    }
    this.#settle();
  }

  /** A batch of the partition whose turn it is; undefined when none waits. {@link finished} has to follow. */
  handOut(): HandedOut<K, V> | undefined {
    const states = [...this.#states.values()];
    for (let step = 0; step < states.length; step++) {
      const state = states[(this.#turn + step) % states.length]!;
      if (!state.canHandOut) continue;
      const batch = state.take();
      if (batch === undefined) continue;
      this.#turn = (this.#turn + step + 1) % states.length;
      return { state, version: state.version, batch };
    }
    return undefined;
  }

  /** All before `place` was processed; nothing happens when it counts no more. */
  processed({ state, version }: HandedOut<K, V>, place: Place): void {
    if (state.version === version) state.processed = place;
  }

  /** What was handed out is done with. When it was not processed to its end, the rest will come again. */
  finished({ state, version, batch }: HandedOut<K, V>): void {
    if (state.version === version) {
      if (state.processed.offset === batch.nextOffset) state.isBusy = false;
      else state.rewind();
    }
    this.#settle();
  }

  /** Resolves once nothing of these partitions is handed out. */
  async idle(partitions: Iterable<TopicPartition>): Promise<void> {
    const states = [...partitions].flatMap((partition) => this.get(partition) ?? []);
    if (!states.some(({ isBusy }) => isBusy)) return;
    await new Promise<void>((done) => {
      this.#waiters.push({ states, done });
    });
  }

  #settle(): void {
    const waiting: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.states.some(({ isBusy }) => isBusy)) waiting.push(waiter);
      else waiter.done();
    }
    this.#waiters = waiting;
  }
}

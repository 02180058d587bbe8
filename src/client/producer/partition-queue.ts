import { BATCH_HEADER_BYTES } from '../../records/batch.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ProducerBatch, type BatchSettings } from './producer-batch.ts';
import type { OutgoingRecord } from './producer-record.ts';

/** Asked once for each batch. */
export type MonotonicClock = Pick<Clock, 'monotonicMs'>;

/** What decides when a batch has waited long enough. */
export interface QueueSettings extends BatchSettings {
  readonly batchSize: number;
  readonly lingerMs: number;
}

/**
 * The batches of one partition: those that wait to be sent, in order, and those that were sent and are not settled, in the order of
 * their first sending. A batch that has to be sent again stands in both.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: ProducerBatch[] = [];
  readonly unsettled: ProducerBatch[] = [];
  readonly #settings: QueueSettings;
  /** How large the last batch grew: the next one starts with that much room. */
  #lastSize = 0;

  constructor(topic: string, partition: number, settings: QueueSettings) {
    this.topic = topic;
    this.partition = partition;
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.unsettled.length === 0;
  }

  /** Whether one more record of this size would begin a new batch. */
  isFullFor(size: number): boolean {
    const last = this.waiting.at(-1);
    return last === undefined || last.attempts > 0 || last.size + size > this.#settings.batchSize;
  }

  /** Adds a record; tells whether a batch began or became full by it, so that the sender has to look. */
  append(record: OutgoingRecord, clock: MonotonicClock): boolean {
    const { batchSize } = this.#settings;
    const last = this.waiting.at(-1);
    if (last !== undefined && last.attempts === 0 && last.size + record.size <= batchSize) {
      last.add(record);
      return last.size >= batchSize;
    }
    if (last !== undefined) this.#lastSize = last.size;
    const place = { topic: this.topic, partition: this.partition, createdMs: clock.monotonicMs() };
    const size = Math.max(Math.min(batchSize, this.#lastSize), BATCH_HEADER_BYTES + record.size);
    const batch = new ProducerBatch(place, this.#settings, size);
    batch.add(record);
    this.waiting.push(batch);
    return true;
  }

  /** From when on the first waiting batch may go, in monotonic milliseconds; undefined: nothing waits. */
  dueMs(): number | undefined {
    const [first] = this.waiting;
    if (first === undefined) return undefined;
    if (first.attempts > 0) return first.retryAtMs;
    const isFull = this.waiting.length > 1 || first.size >= this.#settings.batchSize;
    return isFull ? first.createdMs : first.createdMs + this.#settings.lingerMs;
  }

  /** The first waiting batch goes out. */
  take(): ProducerBatch | undefined {
    const batch = this.waiting.shift();
    if (batch === undefined) return undefined;
    // Halves of a batch that was sent, and repetitions, have their places.
    if (batch.attempts === 0) {
      this.#lastSize = batch.size;
      this.unsettled.push(batch);
    }
    batch.isOnWire = true;
    return batch;
  }

  /** A batch that was sent waits again, before all that were first sent after it. */
  putBack(batch: ProducerBatch, retryAtMs: number): void {
    batch.attempts++;
    batch.retryAtMs = retryAtMs;
    this.#insert(batch);
  }

  /** A batch that was sent is settled, or will not be sent again. */
  remove(batch: ProducerBatch): void {
    drop(this.unsettled, batch);
    drop(this.waiting, batch);
  }

  /** Two halves take the place of a batch that was sent, under the sequences that it had. */
  replace(batch: ProducerBatch, halves: readonly ProducerBatch[]): void {
    this.unsettled.splice(this.unsettled.indexOf(batch), 1, ...halves);
    let { stamp } = batch;
    for (const half of halves) {
      half.stamp = stamp;
      half.wasRestarted = batch.wasRestarted;
      half.attempts = batch.attempts + 1;
      this.#insert(half);
      if (stamp !== undefined) stamp = { ...stamp, baseSequence: sequenceAfter(stamp.baseSequence, half.count) };
    }
  }

  #insert(batch: ProducerBatch): void {
    const rank = this.unsettled.indexOf(batch);
    const at = this.waiting.findIndex((other) => {
      const otherRank = this.unsettled.indexOf(other);
      return otherRank < 0 || otherRank > rank;
    });
    if (at < 0) this.waiting.push(batch);
    else this.waiting.splice(at, 0, batch);
  }
}

const SEQUENCE_MAX = 0x7fff_ffff;

/** The sequence `count` records later; after 2^31-1 comes 0 (DefaultRecordBatch.incrementSequence). */
export function sequenceAfter(sequence: number, count: number): number {
  return sequence > SEQUENCE_MAX - count ? count - (SEQUENCE_MAX - sequence) - 1 : sequence + count;
}

function drop<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

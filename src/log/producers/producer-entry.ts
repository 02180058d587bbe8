import { NO_PRODUCER_EPOCH, NO_SEQUENCE, NO_TIMESTAMP, addSequence } from '../../records/batch.ts';

/** Batches remembered per producer to answer a repeated one (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
export const BATCHES_REMEMBERED = 5;

/** No transaction is open. */
export const NO_TRANSACTION = -1;

const SEQUENCES = 0x8000_0000;

/** A batch that a producer wrote. */
export interface WrittenBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
}

export function firstSequenceOf(batch: WrittenBatch): number {
  const first = batch.lastSequence - batch.offsetDelta;
  return first < 0 ? first + SEQUENCES : first;
}

export function firstOffsetOf(batch: WrittenBatch): number {
  return batch.lastOffset - batch.offsetDelta;
}

/** Whether `next` follows `last`; after 2^31 - 1 comes 0. */
export function isNextSequence(last: number, next: number): boolean {
  return next === addSequence(last, 1);
}

/** What one partition knows of one producer (Kafka's ProducerStateEntry). */
export class ProducerEntry {
  readonly producerId: number;
  epoch = NO_PRODUCER_EPOCH;
  coordinatorEpoch = -1;
  lastTimestamp = NO_TIMESTAMP;
  currentTxnFirstOffset = NO_TRANSACTION;
  /** The last {@link BATCHES_REMEMBERED} of the current epoch, oldest first. */
  readonly batches: WrittenBatch[] = [];

  constructor(producerId: number) {
    this.producerId = producerId;
  }

  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? NO_SEQUENCE;
  }

  get lastOffset(): number {
    return this.batches.at(-1)?.lastOffset ?? -1;
  }

  /** A remembered batch with exactly these sequences. */
  find(epoch: number, firstSequence: number, lastSequence: number): WrittenBatch | undefined {
    if (epoch !== this.epoch) return undefined;
    return this.batches.find(
      (batch) => batch.lastSequence === lastSequence && firstSequenceOf(batch) === firstSequence,
    );
  }

  /** A new epoch forgets the batches of the old one. */
  enterEpoch(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.batches.length = 0;
  }

  /** The last batches of the epoch, oldest first, where only the very last was known. */
  recall(batches: readonly WrittenBatch[]): void {
    const last = this.batches.at(-1);
    if (last === undefined || batches.at(-1)?.lastOffset !== last.lastOffset) return;
    this.batches.splice(0, this.batches.length, ...batches);
  }

  add(batch: WrittenBatch): void {
    if (this.batches.length === BATCHES_REMEMBERED) this.batches.shift();
    this.batches.push(batch);
    this.lastTimestamp = batch.timestamp;
  }
}

import { BatchBuilder } from '../records/batch-builder.ts';
import type { TransactionProducer } from './transaction-producer.ts';

/** What a record takes in a batch besides key and value, at most: lengths, attributes, deltas, header count. */
export const RECORD_OVERHEAD_BYTES = 32;

/**
 * The records that a turn writes to one partition, gathered into as few batches as the largest batch size allows. Records
 * of a transaction lie in batches of their own, with the producer in the header; the order of writing is kept.
 */
export class StagedBatches {
  readonly #bytesMax: number;
  readonly #finished: Uint8Array[] = [];
  #builder: BatchBuilder | undefined;
  #producer: TransactionProducer | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  append(key: Uint8Array, value: Uint8Array | null, timestamp: number, producer?: TransactionProducer): void {
    const size = key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
    if (!this.#takes(size, producer)) this.#seal();
    if (this.#builder === undefined) {
      this.#producer = producer;
      this.#builder = new BatchBuilder(
        producer === undefined ? {} : { producerId: producer.id, producerEpoch: producer.epoch, transactional: true },
        size,
      );
    }
    this.#builder.append({ key, value, timestamp });
  }

  /** Takes a batch as it is: a transaction's marker. */
  appendBatch(batch: Uint8Array): void {
    this.#seal();
    this.#finished.push(batch);
  }

  /** All batches in order; nothing is staged any more. */
  take(): Uint8Array[] {
    this.#seal();
    return this.#finished.splice(0);
  }

  #takes(size: number, producer: TransactionProducer | undefined): boolean {
    const builder = this.#builder;
    if (builder === undefined) return true;
    return (
      builder.size + size <= this.#bytesMax &&
      this.#producer?.id === producer?.id &&
      this.#producer?.epoch === producer?.epoch
    );
  }

  #seal(): void {
    if (this.#builder !== undefined) this.#finished.push(this.#builder.finish());
    this.#builder = undefined;
    this.#producer = undefined;
  }
}

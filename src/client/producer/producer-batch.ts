import { BatchBuilder, stampBatch, type NewRecord, type ProducerStamp } from '../../records/batch-builder.ts';
import { BATCH_HEADER_BYTES, Codec } from '../../records/batch.ts';
import { decodeRecords } from '../../records/batch-records.ts';
import type { BatchBuffers } from './batch-buffers.ts';
import type { OutgoingRecord } from './producer-record.ts';
import type { Receipt } from './receipt.ts';

export interface BatchSettings {
  readonly codec: Codec;
  readonly isTransactional: boolean;
  readonly buffers: BatchBuffers;
}

/** Told of each batch that it waits for, and when that is settled, for better or worse. */
export interface SettledListener {
  awaits(): void;
  settled(): void;
}

/**
 * Records of one partition that travel together. It is filled, sealed at its first sending, stamped anew at each sending, and
 * settled once; what comes after that is ignored.
 */
export class ProducerBatch {
  readonly topic: string;
  readonly partition: number;
  /** Monotonic milliseconds; the delivery timeout counts from here. */
  readonly createdMs: number;
  /** Bytes of the producer's buffer that it holds. */
  reservedBytes = 0;
  /** Sendings that ended without success. */
  attempts = 0;
  /** Not sent again before this moment, in monotonic milliseconds. */
  retryAtMs = 0;
  isOnWire = false;
  /** Undefined until its place among the partition's batches is fixed; a repetition has to have the same. */
  stamp: ProducerStamp | undefined;
  /** Its sequence started anew after the broker had lost or refused the old one. */
  wasRestarted = false;
  readonly #settings: BatchSettings;
  readonly #builder: BatchBuilder;
  /** Whom its records belong to: stretches of records of one call, in order. */
  readonly #receipts: Receipt[] = [];
  readonly #counts: number[] = [];
  #listeners: Set<SettledListener> | undefined;
  #bytes: Buffer | undefined;
  #isSettled = false;

  constructor(place: Pick<ProducerBatch, 'topic' | 'partition' | 'createdMs'>, settings: BatchSettings, size: number) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.createdMs = place.createdMs;
    this.#settings = settings;
    const { codec, isTransactional, buffers } = settings;
    this.#builder = new BatchBuilder({ codec, transactional: isTransactional }, buffers.take(size));
  }

  get count(): number {
    return this.#builder.count;
  }

  /** Bytes before compression, header included. */
  get size(): number {
    return this.#builder.size;
  }

  /** Bytes on the wire, once {@link sealed}; 0 before. */
  get sealedBytes(): number {
    return this.#bytes?.length ?? 0;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  add(record: OutgoingRecord): void {
    this.#add(record, record.receipt);
    this.reservedBytes += record.size;
  }

  /** Has a listener told when this is settled; once, however often it asks. */
  whenSettled(listener: SettledListener): void {
    if (this.#isSettled || this.#listeners?.has(listener) === true) return;
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    listener.awaits();
  }

  /** The bytes to send, under the newest stamp. Must not be called while an earlier sending may still read them. */
  sealed(): Buffer {
    if (this.#bytes === undefined) {
      this.#bytes = this.#builder.finish(undefined, this.stamp);
      if (this.#isPacked) this.#settings.buffers.give(this.#builder.memory);
    } else if (this.stamp !== undefined) stampBatch(this.#bytes, this.stamp);
    return this.#bytes;
  }

  /**
   * @param baseOffset -1: not known.
   * @param logAppendTime of the broker; -1 where records keep their own timestamps.
   */
  succeed(baseOffset: number, logAppendTime: number): void {
    if (!this.#settle()) return;
    // A connection that gave up an earlier sending may still hold it.
    if (this.attempts === 0 && !this.#isPacked) this.#settings.buffers.give(this.#builder.memory);
    const written = { topic: this.topic, partition: this.partition, baseOffset, logAppendTime };
    const receipts = this.#receipts;
    let first = 0;
    for (let index = 0; index < receipts.length; index++) {
      const count = this.#counts[index]!;
      receipts[index]!.written(written, first, count);
      first += count;
    }
    this.#tell();
  }

  fail(error: Error): void {
    if (!this.#settle()) return;
    for (const [index, receipt] of this.#receipts.entries()) receipt.failed(error, this.#counts[index]!);
    this.#tell();
  }

  /** The same records in two batches, which take this one's place, for a broker that found it too large. Needs two records. */
  split(): ProducerBatch[] {
    const half = BATCH_HEADER_BYTES + Math.ceil((this.size - BATCH_HEADER_BYTES) / 2);
    const parts: ProducerBatch[] = [];
    let part: ProducerBatch | undefined;
    let stretch = 0;
    let leftOfStretch = this.#counts[0] ?? 0;
    for (const [index, record] of decodeRecords(this.sealed()).entries()) {
      const isSecondHalf = part !== undefined && (part.size >= half || index === this.count - 1);
      if (part === undefined || (isSecondHalf && parts.length === 1)) {
        part = new ProducerBatch(this, this.#settings, half);
        parts.push(part);
      }
      if (leftOfStretch === 0) leftOfStretch = this.#counts[++stretch]!;
      leftOfStretch--;
      part.#add({ ...record, offset: part.count }, this.#receipts[stretch]!);
    }
    const share = Math.floor(this.reservedBytes / parts.length);
    for (const made of parts) made.reservedBytes = share;
    parts[0]!.reservedBytes += this.reservedBytes - share * parts.length;
    for (const listener of this.#listeners ?? []) for (const made of parts) made.whenSettled(listener);
    if (this.#settle()) this.#tell();
    return parts;
  }

  #add(record: NewRecord, receipt: Receipt): void {
    this.#builder.append(record);
    const last = this.#receipts.length - 1;
    if (last >= 0 && this.#receipts[last] === receipt) {
      this.#counts[last]!++;
      return;
    }
    this.#receipts.push(receipt);
    this.#counts.push(1);
  }

  /** Compressed: what is sent is not what the records were written to. */
  get #isPacked(): boolean {
    return this.#settings.codec !== Codec.none;
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    return true;
  }

  #tell(): void {
    for (const listener of this.#listeners ?? []) listener.settled();
  }
}

import { BatchBuilder, stampBatch, type NewRecord, type ProducerStamp } from '../../records/batch-builder.ts';
import { BATCH_HEADER_BYTES, type Codec } from '../../records/batch.ts';
import { decodeRecords } from '../../records/batch-records.ts';
import type { OutgoingRecord, RecordMetadata } from './producer-record.ts';

export interface BatchSettings {
  readonly codec: Codec;
  readonly isTransactional: boolean;
}

type Resolve = OutgoingRecord['resolve'];
type Reject = OutgoingRecord['reject'];

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
  readonly #resolves: Resolve[] = [];
  readonly #rejects: Reject[] = [];
  readonly #timestamps: number[] = [];
  #listeners: Set<SettledListener> | undefined;
  #bytes: Buffer | undefined;
  #isSettled = false;

  constructor(
    place: Pick<ProducerBatch, 'topic' | 'partition' | 'createdMs'>,
    settings: BatchSettings,
    capacity: number,
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.createdMs = place.createdMs;
    this.#settings = settings;
    this.#builder = new BatchBuilder({ codec: settings.codec, transactional: settings.isTransactional }, capacity);
  }

  get count(): number {
    return this.#resolves.length;
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
    this.#add(record, record.resolve, record.reject);
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
    this.#bytes ??= this.#builder.finish();
    if (this.stamp !== undefined) stampBatch(this.#bytes, this.stamp);
    return this.#bytes;
  }

  /**
   * @param baseOffset -1: not known.
   * @param logAppendTime of the broker; -1 where records keep their own timestamps.
   */
  succeed(baseOffset: number, logAppendTime: number): void {
    if (!this.#settle()) return;
    const { topic, partition } = this;
    const resolves = this.#resolves;
    const timestamps = this.#timestamps;
    for (let index = 0; index < resolves.length; index++) {
      const metadata: RecordMetadata = {
        topic,
        partition,
        offset: baseOffset < 0 ? -1 : baseOffset + index,
        timestamp: logAppendTime < 0 ? timestamps[index]! : logAppendTime,
      };
      resolves[index]!(metadata);
    }
    this.#tell();
  }

  fail(error: Error): void {
    if (!this.#settle()) return;
    for (const reject of this.#rejects) reject(error);
    this.#tell();
  }

  /** The same records in two batches, which take this one's place, for a broker that found it too large. Needs two records. */
  split(): ProducerBatch[] {
    const half = BATCH_HEADER_BYTES + Math.ceil((this.size - BATCH_HEADER_BYTES) / 2);
    const parts: ProducerBatch[] = [];
    let part: ProducerBatch | undefined;
    for (const [index, record] of decodeRecords(this.sealed()).entries()) {
      const isSecondHalf = part !== undefined && (part.size >= half || index === this.count - 1);
      if (part === undefined || (isSecondHalf && parts.length === 1)) {
        part = new ProducerBatch(this, this.#settings, half);
        parts.push(part);
      }
      part.#add({ ...record, offset: part.count }, this.#resolves[index]!, this.#rejects[index]!);
    }
    const share = Math.floor(this.reservedBytes / parts.length);
    for (const made of parts) made.reservedBytes = share;
    parts[0]!.reservedBytes += this.reservedBytes - share * parts.length;
    for (const listener of this.#listeners ?? []) for (const made of parts) made.whenSettled(listener);
    if (this.#settle()) this.#tell();
    return parts;
  }

  #add(record: NewRecord & { readonly timestamp: number }, resolve: Resolve, reject: Reject): void {
    this.#builder.append(record);
    this.#resolves.push(resolve);
    this.#rejects.push(reject);
    this.#timestamps.push(record.timestamp);
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

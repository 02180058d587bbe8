import { assert } from '../base/assert.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import {
  BATCH_ATTRIBUTE,
  BATCH_FIELD,
  BATCH_HEADER_BYTES,
  Codec,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  TimestampType,
  rewriteCrc,
} from './batch.ts';
import { compress, type CompressionLevels } from './compression/compression.ts';
import type { RecordHeader } from './record-cursor.ts';

/** A record to be put into a batch. */
export interface NewRecord {
  /** Null or left out: no key. */
  readonly key?: Uint8Array | null;
  /** Null or left out: a tombstone. */
  readonly value?: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since 1970; left out: -1, no timestamp. */
  readonly timestamp?: number;
  /** Left out: one more than the record before. May leave gaps, must grow (a compacted batch). */
  readonly offset?: number;
}

/** What the header of a batch says; what is left out has Kafka's "none". */
export interface BatchOptions {
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  readonly codec?: Codec;
  readonly levels?: CompressionLevels;
  /** Given: the batch has LogAppendTime, and this is the timestamp of all its records. */
  readonly logAppendTime?: number;
  /** Given: the time after which tombstones and markers may go; the records' deltas count from it. */
  readonly deleteHorizonMs?: number;
}

/**
 * Builds one record batch v2: `append` each record, then `finish()` gives its bytes. Records are written once, into
 * one growing buffer behind room for the header; with a codec they are packed at the end.
 */
export class BatchBuilder {
  readonly #options: BatchOptions;
  readonly #writer: ByteWriter;
  readonly #baseOffset: number;
  #count = 0;
  #baseTimestamp = NO_TIMESTAMP;
  #maxTimestamp = NO_TIMESTAMP;
  #lastOffset: number;

  /** @param room for records to begin with, or the memory to write the batch to as long as it suffices. */
  constructor(options: BatchOptions = {}, room: number | Buffer = 0) {
    this.#options = options;
    this.#baseOffset = options.baseOffset ?? 0;
    this.#lastOffset = this.#baseOffset - 1;
    this.#writer = new ByteWriter(typeof room === 'number' ? BATCH_HEADER_BYTES + room : room);
    this.#writer.reserve(BATCH_HEADER_BYTES);
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes so far, header included, not compressed. */
  get size(): number {
    return this.#writer.position;
  }

  /** What is written to: the memory it was given, unless that became too small. */
  get memory(): Buffer {
    return this.#writer.bytes;
  }

  append(record: NewRecord): void {
    const offset = record.offset ?? this.#lastOffset + 1;
    assert(offset > this.#lastOffset || this.#count === 0, `offset ${offset} after ${this.#lastOffset}`);
    const timestamp = record.timestamp ?? NO_TIMESTAMP;
    if (this.#count === 0) this.#baseTimestamp = this.#options.deleteHorizonMs ?? timestamp;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#lastOffset = offset;
    this.#count++;
    writeRecord(this.#writer, record, timestamp - this.#baseTimestamp, offset - this.#baseOffset);
  }

  /**
   * The finished batch; the builder is not used after it.
   * @param lastOffset the offset the batch ends at, when the records after the last one were compacted away.
   * @param stamp when it is known only now; as {@link stampBatch}, without summing twice.
   */
  finish(lastOffset = this.#lastOffset, stamp?: ProducerStamp): Buffer {
    const { codec = Codec.none, levels } = this.#options;
    const writer = this.#writer;
    if (codec === Codec.none) return this.#sealed(writer.finish(), lastOffset, stamp);
    const packed = compress(codec, writer.bytes.subarray(BATCH_HEADER_BYTES, writer.position), levels);
    const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length);
    batch.set(packed, BATCH_HEADER_BYTES);
    return this.#sealed(batch, lastOffset, stamp);
  }

  #sealed(batch: Buffer, lastOffset: number, stamp: ProducerStamp | undefined): Buffer {
    const { logAppendTime } = this.#options;
    writeBatchHeader(new DataView(batch.buffer, batch.byteOffset, batch.length), 0, batch.length, {
      ...this.#options,
      ...stamp,
      baseOffset: this.#baseOffset,
      lastOffsetDelta: lastOffset - this.#baseOffset,
      baseTimestamp: this.#count === 0 ? (this.#options.deleteHorizonMs ?? NO_TIMESTAMP) : this.#baseTimestamp,
      maxTimestamp: logAppendTime ?? this.#maxTimestamp,
      recordCount: this.#count,
    });
    return batch;
  }
}

/** One batch of `records`: a {@link BatchBuilder} in one call. */
export function buildBatch(records: readonly NewRecord[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options);
  for (const record of records) builder.append(record);
  return builder.finish();
}

/** Who sends a batch, and where it stands among what was sent to its partition (KIP-98). */
export interface ProducerStamp {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Writes a producer's stamp into a finished batch, which is one whole array, and sums it anew. */
export function stampBatch(batch: Uint8Array, stamp: ProducerStamp): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  setInt64(view, BATCH_FIELD.producerId, stamp.producerId);
  view.setInt16(BATCH_FIELD.producerEpoch, stamp.producerEpoch);
  view.setInt32(BATCH_FIELD.baseSequence, stamp.baseSequence);
  rewriteCrc(view, 0);
}

/** All that a header says besides the options. */
export interface BatchHeader extends BatchOptions {
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly recordCount: number;
}

/** Writes the header of a batch of `size` bytes whose records are in place, and sums it. */
export function writeBatchHeader(view: DataView, position: number, size: number, header: BatchHeader): void {
  setInt64(view, position + BATCH_FIELD.baseOffset, header.baseOffset ?? 0);
  view.setInt32(position + BATCH_FIELD.batchLength, size - LOG_OVERHEAD_BYTES);
  view.setInt32(position + BATCH_FIELD.partitionLeaderEpoch, header.partitionLeaderEpoch ?? NO_PARTITION_LEADER_EPOCH);
  view.setInt8(position + BATCH_FIELD.magic, MAGIC_V2);
  view.setInt16(position + BATCH_FIELD.attributes, attributesOf(header));
  view.setInt32(position + BATCH_FIELD.lastOffsetDelta, header.lastOffsetDelta);
  setInt64(view, position + BATCH_FIELD.baseTimestamp, header.baseTimestamp);
  setInt64(view, position + BATCH_FIELD.maxTimestamp, header.maxTimestamp);
  setInt64(view, position + BATCH_FIELD.producerId, header.producerId ?? NO_PRODUCER_ID);
  view.setInt16(position + BATCH_FIELD.producerEpoch, header.producerEpoch ?? NO_PRODUCER_EPOCH);
  view.setInt32(position + BATCH_FIELD.baseSequence, header.baseSequence ?? NO_SEQUENCE);
  view.setInt32(position + BATCH_FIELD.recordCount, header.recordCount);
  rewriteCrc(view, position);
}

function attributesOf(header: BatchHeader): number {
  return (
    (header.codec ?? Codec.none) |
    (header.logAppendTime === undefined ? TimestampType.createTime : BATCH_ATTRIBUTE.logAppendTime) |
    (header.transactional === true ? BATCH_ATTRIBUTE.transactional : 0) |
    (header.control === true ? BATCH_ATTRIBUTE.control : 0) |
    (header.deleteHorizonMs === undefined ? 0 : BATCH_ATTRIBUTE.deleteHorizon)
  );
}

function setInt64(view: DataView, position: number, value: number): void {
  assert(Number.isSafeInteger(value), `not a safe 64-bit number: ${value}`);
  view.setInt32(position, Math.floor(value / 0x1_0000_0000));
  view.setUint32(position + 4, value >>> 0);
}

function writeRecord(writer: ByteWriter, record: NewRecord, timestampDelta: number, offsetDelta: number): void {
  const key = record.key ?? null;
  const value = record.value ?? null;
  const headers = record.headers ?? NO_HEADERS;
  writer.varint(1 + varintBytes(timestampDelta) + varintBytes(offsetDelta) + bodyBytes(key, value, headers));
  writer.int8(0);
  writer.varlong(timestampDelta);
  writer.varint(offsetDelta);
  writeBytes(writer, key);
  writeBytes(writer, value);
  writer.varint(headers.length);
  for (const header of headers) {
    writer.varint(Buffer.byteLength(header.key));
    writer.utf8(header.key);
    writeBytes(writer, header.value);
  }
}

const NO_HEADERS: readonly RecordHeader[] = [];

function writeBytes(writer: ByteWriter, bytes: Uint8Array | null): void {
  if (bytes === null) {
    writer.varint(-1);
    return;
  }
  writer.varint(bytes.length);
  writer.raw(bytes);
}

function bodyBytes(key: Uint8Array | null, value: Uint8Array | null, headers: readonly RecordHeader[]): number {
  let size = fieldBytes(key) + fieldBytes(value) + varintBytes(headers.length);
  for (const header of headers) {
    const keyLength = Buffer.byteLength(header.key);
    size += varintBytes(keyLength) + keyLength + fieldBytes(header.value);
  }
  return size;
}

function fieldBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length;
}

/** Bytes that `value` takes as a zigzag base-128 number. */
function varintBytes(value: number): number {
  let rest = value < 0 ? -value - 1 : value;
  let size = 1;
  for (rest = Math.floor(rest / 64); rest > 0; rest = Math.floor(rest / 128)) size++;
  return size;
}

import { crc32c } from '../base/crc32c.ts';

/**
 * Record batch v2 as it lies on the wire and on disk (Kafka's DefaultRecordBatch): a 61-byte header, then the
 * records, which alone are compressed. Everything here works on a `DataView` and the position of a batch in it, so
 * that the hot paths make no object per batch. Nothing here checks bounds: the caller has found the batch with
 * {@link BatchCursor} or {@link batchSizeWithin}. 64-bit fields are plain numbers; what lies outside ±2^53 is rounded, which
 * {@link hasSafeNumbers} tells.
 */
export const BATCH_HEADER_BYTES = 61;
/** Bytes before `batchLength` starts to count: baseOffset and batchLength itself. */
export const LOG_OVERHEAD_BYTES = 12;
export const MAGIC_V2 = 2;
export const NO_TIMESTAMP = -1;
export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_PARTITION_LEADER_EPOCH = -1;

export const BATCH_FIELD = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

export const BATCH_ATTRIBUTE = {
  codecMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** Codec ids of the batch attributes, as in Kafka's CompressionType. */
export const Codec = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

export const TimestampType = { createTime: 0, logAppendTime: 1 } as const;
export type TimestampType = (typeof TimestampType)[keyof typeof TimestampType];

const HIGH = 0x1_0000_0000;

function int64(view: DataView, position: number): number {
  return view.getInt32(position) * HIGH + view.getUint32(position + 4);
}

function setInt64(view: DataView, position: number, value: number): void {
  view.setInt32(position, Math.floor(value / HIGH));
  view.setUint32(position + 4, value >>> 0);
}

export function baseOffset(view: DataView, position: number): number {
  return int64(view, position);
}

/** The length field: the batch without its first {@link LOG_OVERHEAD_BYTES} bytes. */
export function batchLength(view: DataView, position: number): number {
  return view.getInt32(position + BATCH_FIELD.batchLength);
}

/** The whole batch in bytes, header included. */
export function batchSize(view: DataView, position: number): number {
  return view.getInt32(position + BATCH_FIELD.batchLength) + LOG_OVERHEAD_BYTES;
}

export function partitionLeaderEpoch(view: DataView, position: number): number {
  return view.getInt32(position + BATCH_FIELD.partitionLeaderEpoch);
}

export function magic(view: DataView, position: number): number {
  return view.getInt8(position + BATCH_FIELD.magic);
}

export function batchCrc(view: DataView, position: number): number {
  return view.getUint32(position + BATCH_FIELD.crc);
}

export function attributes(view: DataView, position: number): number {
  return view.getInt16(position + BATCH_FIELD.attributes);
}

/** The codec id, 0 to 7; 5 to 7 mean nothing and are refused by {@link isCodec}. */
export function codecId(view: DataView, position: number): number {
  return view.getUint8(position + BATCH_FIELD.attributes + 1) & BATCH_ATTRIBUTE.codecMask;
}

export function isCodec(id: number): id is Codec {
  return id >= 0 && id <= 4;
}

export function timestampType(view: DataView, position: number): TimestampType {
  return hasAttribute(view, position, BATCH_ATTRIBUTE.logAppendTime)
    ? TimestampType.logAppendTime
    : TimestampType.createTime;
}

export function isTransactional(view: DataView, position: number): boolean {
  return hasAttribute(view, position, BATCH_ATTRIBUTE.transactional);
}

export function isControl(view: DataView, position: number): boolean {
  return hasAttribute(view, position, BATCH_ATTRIBUTE.control);
}

/** True when `baseTimestamp` holds the time from which tombstones and markers may be dropped (KIP-534). */
export function hasDeleteHorizon(view: DataView, position: number): boolean {
  return hasAttribute(view, position, BATCH_ATTRIBUTE.deleteHorizon);
}

function hasAttribute(view: DataView, position: number, bit: number): boolean {
  return (view.getUint8(position + BATCH_FIELD.attributes + 1) & bit) !== 0;
}

export function lastOffsetDelta(view: DataView, position: number): number {
  return view.getInt32(position + BATCH_FIELD.lastOffsetDelta);
}

export function lastOffset(view: DataView, position: number): number {
  return int64(view, position) + view.getInt32(position + BATCH_FIELD.lastOffsetDelta);
}

/**
 * Whether all 64-bit fields are exact as numbers. No client writes others; a batch with one cannot be taken in, as its
 * offsets, timestamps or producer id would come out changed.
 */
export function hasSafeNumbers(view: DataView, position: number): boolean {
  return (
    Number.isSafeInteger(nextOffset(view, position)) &&
    Number.isSafeInteger(baseTimestamp(view, position)) &&
    Number.isSafeInteger(maxTimestamp(view, position)) &&
    Number.isSafeInteger(producerId(view, position))
  );
}

/** The offset that follows the batch. */
export function nextOffset(view: DataView, position: number): number {
  return lastOffset(view, position) + 1;
}

export function baseTimestamp(view: DataView, position: number): number {
  return int64(view, position + BATCH_FIELD.baseTimestamp);
}

export function maxTimestamp(view: DataView, position: number): number {
  return int64(view, position + BATCH_FIELD.maxTimestamp);
}

export function producerId(view: DataView, position: number): number {
  return int64(view, position + BATCH_FIELD.producerId);
}

export function hasProducerId(view: DataView, position: number): boolean {
  return view.getInt32(position + BATCH_FIELD.producerId) >= 0;
}

export function producerEpoch(view: DataView, position: number): number {
  return view.getInt16(position + BATCH_FIELD.producerEpoch);
}

export function baseSequence(view: DataView, position: number): number {
  return view.getInt32(position + BATCH_FIELD.baseSequence);
}

/** The sequence of the last record; -1 when the batch has none. */
export function lastSequence(view: DataView, position: number): number {
  const first = baseSequence(view, position);
  return first === NO_SEQUENCE ? NO_SEQUENCE : addSequence(first, lastOffsetDelta(view, position));
}

/** `sequence` moved on by `count`; after 2^31 - 1 comes 0. */
export function addSequence(sequence: number, count: number): number {
  const sum = sequence + count;
  return sum > 0x7fff_ffff ? sum - 0x8000_0000 : sum;
}

export function recordCount(view: DataView, position: number): number {
  return view.getInt32(position + BATCH_FIELD.recordCount);
}

/** Outside the CRC: no checksum changes. */
export function setBaseOffset(view: DataView, position: number, offset: number): void {
  setInt64(view, position, offset);
}

/** Sets the base offset so that the batch ends at `offset`. */
export function setLastOffset(view: DataView, position: number, offset: number): void {
  setInt64(view, position, offset - lastOffsetDelta(view, position));
}

/** Outside the CRC: no checksum changes. */
export function setPartitionLeaderEpoch(view: DataView, position: number, epoch: number): void {
  view.setInt32(position + BATCH_FIELD.partitionLeaderEpoch, epoch);
}

/**
 * Sets timestamp type and largest timestamp, as the broker does for LogAppendTime and for a CreateTime batch whose
 * declared maximum is wrong. Sums the batch again only when something changed; answers whether it did.
 */
export function rewriteTimestamps(view: DataView, position: number, type: TimestampType, timestamp: number): boolean {
  if (timestampType(view, position) === type && maxTimestamp(view, position) === timestamp) return false;
  const low = position + BATCH_FIELD.attributes + 1;
  const bit = BATCH_ATTRIBUTE.logAppendTime;
  view.setUint8(low, type === TimestampType.logAppendTime ? view.getUint8(low) | bit : view.getUint8(low) & ~bit);
  setInt64(view, position + BATCH_FIELD.maxTimestamp, timestamp);
  rewriteCrc(view, position);
  return true;
}

/** CRC-32C of the batch from the attributes to its end. */
export function computeCrc(view: DataView, position: number): number {
  const size = batchSize(view, position);
  const start = view.byteOffset + position + BATCH_FIELD.attributes;
  return crc32c(new Uint8Array(view.buffer, start, size - BATCH_FIELD.attributes));
}

export function checkCrc(view: DataView, position: number): boolean {
  return computeCrc(view, position) === batchCrc(view, position);
}

export function rewriteCrc(view: DataView, position: number): void {
  view.setUint32(position + BATCH_FIELD.crc, computeCrc(view, position));
}

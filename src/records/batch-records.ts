import { Malformed } from '../base/malformed.ts';
import {
  BATCH_HEADER_BYTES,
  Codec,
  TimestampType,
  baseOffset,
  baseTimestamp,
  batchSize,
  codecId,
  hasSafeNumbers,
  isCodec,
  maxTimestamp,
  recordCount,
  timestampType,
} from './batch.ts';
import { decompress } from './compression/compression.ts';
import { RecordCursor, type RecordHeader } from './record-cursor.ts';
import { scanRecords, type RecordScan } from './record-scan.ts';

/**
 * The most that the records of one batch may unpack to where a caller names no bound of its own. Kafka has none; a
 * batch of 1 MiB can unpack to a gigabyte, and one such batch must not be able to fell a broker.
 */
export const UNPACKED_BYTES_MAX = 128 * 1024 * 1024;

/** One record, decoded. `key`, `value` and header values are views of the bytes they were read from. */
export interface DecodedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** An uncompressed region of records: of the batch's own bytes when it is not compressed. */
export interface RecordRegion {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * The records of the batch at `position`, unpacked. Throws `Malformed` for an unknown codec, damaged compression or
 * more than `unpackedBytesMax` bytes. The CRC is not checked here.
 */
export function recordRegion(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  unpackedBytesMax = UNPACKED_BYTES_MAX,
): RecordRegion {
  const codec = codecId(view, position);
  const start = position + BATCH_HEADER_BYTES;
  const end = position + batchSize(view, position);
  if (codec === Codec.none) return { bytes, start, end };
  if (!isCodec(codec)) throw new Malformed(`unknown compression ${codec}`);
  const unpacked = decompress(codec, bytes.subarray(start, end), unpackedBytesMax);
  return { bytes: unpacked, start: 0, end: unpacked.length };
}

/**
 * A cursor over the records of the batch at `position`. Throws as {@link recordRegion}, and when the header holds a
 * number beyond 2^53.
 */
export function openRecords(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  unpackedBytesMax = UNPACKED_BYTES_MAX,
): RecordCursor {
  if (!hasSafeNumbers(view, position)) throw new Malformed('batch with a number beyond 2^53');
  const region = recordRegion(bytes, view, position, unpackedBytesMax);
  return new RecordCursor(region.bytes, recordCount(view, position), region.start, region.end);
}

/** What validation needs of the records of the batch at `position`: {@link scanRecords}, unpacking where needed. */
export function scanBatch(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  unpackedBytesMax = UNPACKED_BYTES_MAX,
): RecordScan {
  if (!hasSafeNumbers(view, position)) throw new Malformed('batch with a number beyond 2^53');
  const { bytes: unpacked, start, end } = recordRegion(bytes, view, position, unpackedBytesMax);
  return scanRecords({
    bytes: unpacked,
    start,
    end,
    count: recordCount(view, position),
    baseTimestamp: baseTimestamp(view, position),
  });
}

/** The timestamp of the record a cursor stands on; with LogAppendTime all records have the batch's. */
export function recordTimestamp(view: DataView, position: number, cursor: RecordCursor): number {
  return timestampType(view, position) === TimestampType.logAppendTime
    ? maxTimestamp(view, position)
    : baseTimestamp(view, position) + cursor.timestampDelta;
}

/** All records of the batch at `position`, decoded. For consumers and coordinators, not for the broker's hot path. */
export function decodeRecords(bytes: Uint8Array, position = 0, unpackedBytesMax = UNPACKED_BYTES_MAX): DecodedRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor = openRecords(bytes, view, position, unpackedBytesMax);
  const firstOffset = baseOffset(view, position);
  const records: DecodedRecord[] = [];
  while (cursor.next()) {
    records.push({
      offset: firstOffset + cursor.offsetDelta,
      timestamp: recordTimestamp(view, position, cursor),
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    });
  }
  return records;
}

import { openRecords, recordTimestamp } from '../../records/batch-records.ts';
import {
  BATCH_HEADER_BYTES,
  Codec,
  TimestampType,
  baseOffset,
  baseSequence,
  baseTimestamp,
  codecId,
  hasDeleteHorizon,
  isCodec,
  isControl,
  isTransactional,
  lastOffset,
  lastOffsetDelta,
  maxTimestamp,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  timestampType,
} from '../../records/batch.ts';
import { BatchBuilder, writeBatchHeader, type BatchOptions } from '../../records/batch-builder.ts';
import { compress } from '../../records/compression/compression.ts';
import type { RecordCursor } from '../../records/record-cursor.ts';

/** The records of one batch that stay. Reused from batch to batch. */
export class KeptRecords {
  /** Where runs of kept records start and end in the uncompressed region: start, end, start, end ... */
  readonly runs: number[] = [];
  count = 0;
  hasTombstone = false;
  /** Largest timestamp, where records have their own. */
  maxTimestamp = -1;

  clear(): void {
    this.runs.length = 0;
    this.count = 0;
    this.hasTombstone = false;
    this.maxTimestamp = -1;
  }

  add(cursor: RecordCursor, timestamp: number): void {
    const { runs } = this;
    if (runs.length > 0 && runs[runs.length - 1] === cursor.recordStart) runs[runs.length - 1] = cursor.recordEnd;
    else runs.push(cursor.recordStart, cursor.recordEnd);
    this.count++;
    if (cursor.valueLength < 0) this.hasTombstone = true;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
  }

  has(cursor: RecordCursor): boolean {
    for (let index = 0; index < this.runs.length; index += 2) {
      if (cursor.recordStart < this.runs[index + 1]!) return cursor.recordStart >= this.runs[index]!;
    }
    return false;
  }
}

/** The batch with the records kept, taken as they are from the `region` they lie in; offsets and sequences stay as they were. */
export function batchOfRuns(view: DataView, region: Uint8Array, kept: KeptRecords): Uint8Array {
  const codec = codecOf(view);
  const { runs } = kept;
  let length = 0;
  for (let index = 0; index < runs.length; index += 2) length += runs[index + 1]! - runs[index]!;
  const records = Buffer.allocUnsafe(BATCH_HEADER_BYTES + length);
  let at = BATCH_HEADER_BYTES;
  for (let index = 0; index < runs.length; index += 2) {
    records.set(region.subarray(runs[index], runs[index + 1]), at);
    at += runs[index + 1]! - runs[index]!;
  }
  let batch = records;
  if (codec !== Codec.none) {
    const packed = compress(codec, records.subarray(BATCH_HEADER_BYTES));
    batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length);
    batch.set(packed, BATCH_HEADER_BYTES);
  }
  const base = baseTimestamp(view, 0);
  writeBatchHeader(viewOf(batch), 0, batch.length, {
    ...headerOf(view),
    codec,
    ...(hasDeleteHorizon(view, 0) ? { deleteHorizonMs: base } : {}),
    lastOffsetDelta: lastOffsetDelta(view, 0),
    baseTimestamp: base,
    maxTimestamp: isLogAppendTime(view) ? maxTimestamp(view, 0) : kept.maxTimestamp,
    recordCount: kept.count,
  });
  return batch;
}

/** The batch with the records kept and a time from which its tombstones, or its marker, may go (KIP-534). */
export function batchWithHorizon(
  batch: Uint8Array,
  view: DataView,
  kept: KeptRecords,
  deleteHorizonMs: number,
): Uint8Array {
  const builder = new BatchBuilder({ ...headerOf(view), codec: codecOf(view), deleteHorizonMs }, batch.length);
  const cursor = openRecords(batch, view, 0);
  const first = baseOffset(view, 0);
  while (cursor.next()) {
    if (!kept.has(cursor)) continue;
    builder.append({
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
      timestamp: recordTimestamp(view, 0, cursor),
      offset: first + cursor.offsetDelta,
    });
  }
  return builder.finish(lastOffset(view, 0));
}

/** The batch without records: its offsets, its producer and the last sequence survive (DefaultRecordBatch.writeEmptyHeader). */
export function emptiedBatch(view: DataView): Uint8Array {
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES);
  writeBatchHeader(viewOf(batch), 0, BATCH_HEADER_BYTES, {
    ...headerOf(view),
    lastOffsetDelta: lastOffsetDelta(view, 0),
    baseTimestamp: -1,
    maxTimestamp: maxTimestamp(view, 0),
    recordCount: 0,
  });
  return batch;
}

function headerOf(view: DataView): BatchOptions {
  return {
    baseOffset: baseOffset(view, 0),
    partitionLeaderEpoch: partitionLeaderEpoch(view, 0),
    producerId: producerId(view, 0),
    producerEpoch: producerEpoch(view, 0),
    baseSequence: baseSequence(view, 0),
    transactional: isTransactional(view, 0),
    control: isControl(view, 0),
    ...(isLogAppendTime(view) ? { logAppendTime: maxTimestamp(view, 0) } : {}),
  };
}

function isLogAppendTime(view: DataView): boolean {
  return timestampType(view, 0) === TimestampType.logAppendTime;
}

/** Cleaned batches keep their codec, whatever the topic's compression.type, as in Kafka. */
function codecOf(view: DataView): Codec {
  const codec = codecId(view, 0);
  return isCodec(codec) ? codec : Codec.none;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

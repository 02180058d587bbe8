import { createHash } from 'node:crypto';
import * as b from '../../src/records/batch.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { viewOf } from './views.ts';

const LONG_VALUE = 64;

/** What a batch holds, in the shape that compat/java/RecordBatches.java prints. */
export function describeBatch(bytes: Uint8Array, position = 0): object {
  const view = viewOf(bytes);
  return {
    baseOffset: b.baseOffset(view, position),
    lastOffset: b.lastOffset(view, position),
    size: b.batchSize(view, position),
    partitionLeaderEpoch: b.partitionLeaderEpoch(view, position),
    crc: b.batchCrc(view, position),
    codec: b.codecId(view, position),
    logAppendTime: b.timestampType(view, position) === b.TimestampType.logAppendTime,
    transactional: b.isTransactional(view, position),
    control: b.isControl(view, position),
    deleteHorizonMs: b.hasDeleteHorizon(view, position) ? b.baseTimestamp(view, position) : null,
    maxTimestamp: b.maxTimestamp(view, position),
    producerId: b.producerId(view, position),
    producerEpoch: b.producerEpoch(view, position),
    baseSequence: b.baseSequence(view, position),
    lastSequence: b.lastSequence(view, position),
    count: b.recordCount(view, position),
    records: decodeRecords(bytes, position).map((record) => ({
      offset: record.offset,
      timestamp: record.timestamp,
      key: text(record.key),
      value: text(record.value),
      headers: record.headers.map((header) => [header.key, text(header.value)]),
    })),
  };
}

function text(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  if (bytes.length <= LONG_VALUE) return Buffer.from(bytes).toString('base64');
  return `sha256:${createHash('sha256').update(bytes).digest('base64')}`;
}

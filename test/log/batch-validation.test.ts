import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogConfig } from '../../src/log/log-config.ts';
import type { AppendResult } from '../../src/log/partition-log.ts';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { buildBatch, type NewRecord } from '../../src/records/batch-builder.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import {
  BATCH_FIELD,
  Codec,
  baseOffset,
  checkCrc,
  codecId,
  maxTimestamp,
  partitionLeaderEpoch,
  rewriteCrc,
  timestampType,
} from '../../src/records/batch.ts';
import { LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';

/** Every answer here was given by Apache Kafka 4.3.1 to the same bytes, where nothing else is said. */
const HOUR_MS = 3_600_000;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function edited(batch: Buffer, edit: (view: DataView) => void, sum = true): Buffer {
  const copy = Buffer.from(batch);
  edit(viewOf(copy));
  if (sum) rewriteCrc(viewOf(copy), 0);
  return copy;
}

function record(value: string, more: Partial<NewRecord> = {}): NewRecord {
  return { key: Buffer.from('k'), value: Buffer.from(value), timestamp: NOW_MS, ...more };
}

function printedBytes(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes).toString();
}

function printed(batch: Uint8Array): string {
  return decodeRecords(batch)
    .map(({ offset, timestamp, key, value, headers }) => {
      const shown = headers.map((header) => `${header.key}:${printedBytes(header.value)}`);
      return [offset, timestamp, printedBytes(key), printedBytes(value), ...shown].join(' ');
    })
    .join('\n');
}

const two = (): Buffer => batchOf(['a', 'b']);

function appendTo(config: Partial<LogConfig>, batch: Uint8Array, apiVersion?: number): AppendResult {
  return new LogFixture({ config }).append(batch, apiVersion === undefined ? {} : { apiVersion });
}

interface Case {
  readonly name: string;
  readonly batch: () => Uint8Array;
  readonly error: ErrorSpec;
  readonly config?: Partial<LogConfig>;
  readonly apiVersion?: number;
  readonly message?: string;
  /** Kafka tells the log's start only where it has looked at the log. */
  readonly logStartOffset: -1 | 0;
}

const cases: Case[] = [
  { name: 'nothing', batch: () => Buffer.alloc(0), error: E.INVALID_RECORD, logStartOffset: -1 },
  { name: 'a few zeros', batch: () => Buffer.alloc(5), error: E.INVALID_RECORD, logStartOffset: -1 },
  { name: 'a batch cut off', batch: () => two().subarray(0, 70), error: E.INVALID_RECORD, logStartOffset: -1 },
  {
    name: 'a length below any record',
    batch: () => edited(two(), (view) => view.setInt32(BATCH_FIELD.batchLength, 10), false),
    error: E.CORRUPT_MESSAGE,
    message: 'Record size 10 is less than the minimum record overhead (14)',
    logStartOffset: -1,
  },
  {
    name: 'a batch shorter than its header',
    batch: () => edited(two(), (view) => view.setInt32(BATCH_FIELD.batchLength, 48), false).subarray(0, 60),
    error: E.CORRUPT_MESSAGE,
    logStartOffset: -1,
  },
  {
    name: 'magic 1',
    batch: () => edited(two(), (view) => view.setInt8(BATCH_FIELD.magic, 1), false),
    error: E.INVALID_RECORD,
    logStartOffset: -1,
  },
  {
    name: 'magic 3',
    batch: () => edited(two(), (view) => view.setInt8(BATCH_FIELD.magic, 3), false),
    error: E.CORRUPT_MESSAGE,
    message: 'Invalid magic found in record: 3',
    logStartOffset: -1,
  },
  { name: 'two batches', batch: () => Buffer.concat([two(), two()]), error: E.INVALID_RECORD, logStartOffset: -1 },
  {
    name: 'zeros behind the batch',
    batch: () => Buffer.concat([two(), Buffer.alloc(30)]),
    error: E.CORRUPT_MESSAGE,
    logStartOffset: -1,
  },
  {
    name: 'zstd before version 7',
    batch: () => batchOf(['a'], { codec: Codec.zstd }),
    error: E.UNSUPPORTED_COMPRESSION_TYPE,
    apiVersion: 6,
    logStartOffset: -1,
  },
  {
    name: 'a base offset other than 0',
    batch: () => batchOf(['a'], { baseOffset: 5 }),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'a wrong checksum',
    batch: () => edited(two(), (view) => view.setUint8(view.byteLength - 1, 1), false),
    error: E.CORRUPT_MESSAGE,
    logStartOffset: -1,
  },
  {
    name: 'more than max.message.bytes',
    batch: () => batchOf(['x'.repeat(300)]),
    config: { maxMessageBytes: 200 },
    error: E.MESSAGE_TOO_LARGE,
    logStartOffset: -1,
  },
  {
    name: 'more than a segment',
    batch: () => batchOf(['x'.repeat(300)]),
    config: { segmentBytes: 200 },
    error: E.RECORD_LIST_TOO_LARGE,
    logStartOffset: -1,
  },
  {
    name: 'a count of 0',
    batch: () => edited(two(), (view) => view.setInt32(BATCH_FIELD.recordCount, 0)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'a count below 0',
    batch: () => edited(two(), (view) => view.setInt32(BATCH_FIELD.recordCount, -1)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'a count that is not that of the offsets',
    batch: () => edited(two(), (view) => view.setInt32(BATCH_FIELD.recordCount, 3)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'fewer records than both say',
    batch: () =>
      edited(two(), (view) => {
        view.setInt32(BATCH_FIELD.recordCount, 3);
        view.setInt32(BATCH_FIELD.lastOffsetDelta, 2);
      }),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'more records than both say',
    batch: () =>
      edited(two(), (view) => {
        view.setInt32(BATCH_FIELD.recordCount, 1);
        view.setInt32(BATCH_FIELD.lastOffsetDelta, 0);
      }),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'a last offset before the first',
    batch: () => edited(two(), (view) => view.setInt32(BATCH_FIELD.lastOffsetDelta, -1)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'a control batch',
    batch: () => batchOf(['a'], { control: true }),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'a producer without a sequence',
    batch: () => batchOf(['a'], { producerId: 5, producerEpoch: 0 }),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    name: 'records that are none',
    batch: () => edited(two(), (view) => view.setUint8(61, 0x7f)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    // Kafka answers UNKNOWN_SERVER_ERROR, which says that the broker is at fault.
    name: 'records that do not unpack',
    batch: () => edited(two(), (view) => view.setInt16(BATCH_FIELD.attributes, Codec.gzip)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
  {
    // As above.
    name: 'an unknown codec',
    batch: () => edited(two(), (view) => view.setInt16(BATCH_FIELD.attributes, 5)),
    error: E.INVALID_RECORD,
    logStartOffset: 0,
  },
];

for (const { name, batch, error, config = {}, apiVersion, message = null, logStartOffset } of cases) {
  test(`${name}: ${error.name}`, () => {
    const result = appendTo(config, batch(), apiVersion);
    assert.equal(result.error, error, result.detail ?? '');
    assert.equal(result.message, message);
    assert.deepEqual([result.firstOffset, result.lastOffset, result.logAppendTimeMs], [-1, -1, -1]);
    assert.equal(result.logStartOffset, logStartOffset);
    assert.deepEqual(result.recordErrors, []);
    assert.notEqual(result.detail, null);
  });
}

test('a refused batch leaves no trace', () => {
  const fixture = new LogFixture();
  fixture.append(two());
  fixture.append(batchOf(['x'], { baseOffset: 3 }));
  fixture.append(batchOf(['y']));
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['a', 'b', 'y']);
  assert.deepEqual(valuesOf(readAll(fixture.killAndReopen())), ['a', 'b', 'y']);
});

test('a cut-off batch behind a whole one is passed over', () => {
  const fixture = new LogFixture();
  assert.equal(fixture.append(Buffer.concat([two(), two().subarray(0, 50)])).error, E.NONE);
  assert.equal(fixture.log.sizeBytes, two().length);
});

test('offset and leader epoch are put in place, the checksum stays right', () => {
  const fixture = new LogFixture();
  fixture.append(two());
  const batch = two();
  const before = Buffer.from(batch);
  fixture.append(batch, { leaderEpoch: 7 });
  assert.equal(baseOffset(viewOf(batch), 0), 2);
  assert.equal(partitionLeaderEpoch(viewOf(batch), 0), 7);
  assert.ok(checkCrc(viewOf(batch), 0));
  assert.deepEqual(batch.subarray(16), before.subarray(16));
});

test('a wrong largest timestamp is put right, and the checksum with it', () => {
  const fixture = new LogFixture();
  const batch = edited(two(), (view) => view.setInt32(BATCH_FIELD.maxTimestamp + 4, 0));
  assert.equal(fixture.append(batch).error, E.NONE);
  assert.equal(maxTimestamp(viewOf(batch), 0), NOW_MS);
  assert.ok(checkCrc(viewOf(batch), 0));
});

test('records without keys are refused one by one by a compacted topic', () => {
  const records = [record('a'), ...[1, 2, 3, 4].map((index) => record(`${index}`, { key: null }))];
  for (const codec of [Codec.none, Codec.gzip]) {
    const result = appendTo({ cleanupPolicy: { delete: false, compact: true } }, buildBatch(records, { codec }));
    const text = 'Compacted topic cannot accept message without key in topic partition orders-0';
    assert.equal(result.error, E.INVALID_RECORD);
    assert.deepEqual(
      result.recordErrors,
      [1, 2, 3, 4].map((index) => ({ index, message: text })),
    );
    const shown = [1, 2, 3].map((index) => `RecordError(batchIndex=${index}, message='${text}')`).join(', ');
    assert.equal(
      result.message,
      `One or more records have been rejected due to 4 record errors in total, and only showing the first three errors at most: [${shown}]`,
    );
  }
});

test('timestamps out of bounds are refused one by one', () => {
  const records = [record('a'), record('b', { timestamp: NOW_MS + 2 * HOUR_MS })];
  const result = appendTo({}, buildBatch(records));
  assert.equal(result.error, E.INVALID_TIMESTAMP);
  assert.equal(result.message, 'One or more records have been rejected due to invalid timestamp');
  assert.deepEqual(result.recordErrors, [
    {
      index: 1,
      message: `Timestamp ${NOW_MS + 2 * HOUR_MS} of message with offset 1 is out of range. The timestamp should be within [${BigInt(NOW_MS) - (2n ** 63n - 1n)}, ${NOW_MS + HOUR_MS}]`,
    },
  ]);
  assert.equal(result.logStartOffset, 0);
});

test('the lower bound of timestamps, with -1 exempt', () => {
  const config = { messageTimestampBeforeMaxMs: 1000 };
  assert.equal(appendTo(config, buildBatch([record('a', { timestamp: NOW_MS - 1000 })])).error, E.NONE);
  assert.equal(appendTo(config, buildBatch([record('a', { timestamp: NOW_MS - 1001 })])).error, E.INVALID_TIMESTAMP);
  assert.equal(appendTo(config, buildBatch([record('a', { timestamp: -1 })])).error, E.NONE);
  assert.equal(appendTo(config, buildBatch([record('a', { timestamp: -2 })])).error, E.INVALID_TIMESTAMP);
});

test('with LogAppendTime the batch gets the time of the broker, whatever the records say', () => {
  const fixture = new LogFixture({ config: { messageTimestampType: 'LogAppendTime' } });
  const batch = buildBatch([record('a', { timestamp: NOW_MS + 9 * HOUR_MS })]);
  const result = fixture.append(batch, { nowMs: NOW_MS + 5 });
  assert.equal(result.error, E.NONE);
  assert.equal(result.logAppendTimeMs, NOW_MS + 5);
  assert.equal(timestampType(viewOf(batch), 0), 1);
  assert.ok(checkCrc(viewOf(batch), 0));
  assert.equal(readAll(fixture.log)[0]?.timestamp, NOW_MS + 5);
});

test('a producer may not set LogAppendTime itself where the broker does', () => {
  const refused = appendTo({ messageTimestampType: 'LogAppendTime' }, batchOf(['a'], { logAppendTime: NOW_MS }));
  assert.equal(refused.error, E.INVALID_TIMESTAMP);
  assert.deepEqual(refused.recordErrors, [
    {
      index: 0,
      message: `Invalid timestamp type in message DefaultRecord(offset=0, timestamp=${NOW_MS}, key=2 bytes, value=1 bytes). Producer should not set timestamp type to LogAppendTime.`,
    },
  ]);
  const taken = batchOf(['a'], { logAppendTime: NOW_MS });
  assert.equal(appendTo({}, taken).error, E.NONE);
  assert.equal(timestampType(viewOf(taken), 0), 0);
});

function gaps(codec: Codec): Buffer {
  const batch = buildBatch([record('a'), record('b', { offset: 3 })], { codec });
  return edited(batch, (view) => view.setInt32(BATCH_FIELD.lastOffsetDelta, 1));
}

test('gaps between offsets: taken uncompressed, refused compressed', () => {
  assert.equal(appendTo({}, gaps(Codec.none)).error, E.NONE);
  // Kafka answers UNKNOWN_SERVER_ERROR to the latter.
  assert.equal(appendTo({}, gaps(Codec.gzip)).error, E.INVALID_RECORD);
});

test('a topic with a codec of its own stores every batch in it', () => {
  for (const compressionType of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const fixture = new LogFixture({ config: { compressionType } });
    const headers = [{ key: 'h', value: Buffer.from('1') }];
    const records = [record('a', { headers }), record('b', { timestamp: NOW_MS + 1, key: null })];
    const sent = buildBatch(records, { codec: Codec.lz4, producerId: 9, producerEpoch: 2, baseSequence: 40 });
    assert.equal(fixture.append(Buffer.from(sent)).error, E.NONE);
    fixture.append(Buffer.from(sent));
    const slice = fixture.log.read({ offset: 0, bytesMax: 9999, upperOffset: 2, minOneBatch: true });
    const stored = Buffer.concat(slice.chunks);
    assert.equal(codecId(viewOf(stored), 0), compressionType === 'uncompressed' ? Codec.none : Codec[compressionType]);
    assert.ok(checkCrc(viewOf(stored), 0));
    assert.equal(maxTimestamp(viewOf(stored), 0), NOW_MS + 1);
    assert.equal(printed(stored), printed(sent));
    assert.equal(fixture.log.logEndOffset, 2, 'the second one is a duplicate');
  }
});

test('a batch that unpacks beyond max.message.bytes is refused where it is stored unpacked', () => {
  const config = { compressionType: 'uncompressed', maxMessageBytes: 2000 } as const;
  assert.equal(appendTo(config, batchOf(['x'.repeat(5000)], { codec: Codec.gzip })).error, E.MESSAGE_TOO_LARGE);
});

const HEADERS = { batchValidation: 'headers' } as const;

/** A compressed batch whose records are not what its header says. */
function hollow(): Buffer {
  return edited(batchOf(['a', 'b'], { codec: Codec.gzip }), (view) => {
    view.setInt32(BATCH_FIELD.recordCount, 3);
    view.setInt32(BATCH_FIELD.lastOffsetDelta, 2);
  });
}

test('a topic that checks headers only takes a compressed batch by its header, and no other topic does', () => {
  assert.equal(appendTo({}, hollow()).error, E.INVALID_RECORD);
  const taken = appendTo(HEADERS, hollow());
  assert.deepEqual([taken.error, taken.firstOffset, taken.lastOffset], [E.NONE, 0, 2]);
});

test('where headers are enough, the checksum, the codec and the bounds of timestamps still count', () => {
  const gzip = { codec: Codec.gzip };
  const torn = edited(batchOf(['a'], gzip), (view) => view.setUint8(70, view.getUint8(70) ^ 1), false);
  assert.equal(appendTo(HEADERS, torn).error, E.CORRUPT_MESSAGE);
  const unknown = edited(two(), (view) => view.setInt16(BATCH_FIELD.attributes, 5));
  assert.equal(appendTo(HEADERS, unknown).error, E.INVALID_RECORD);
  const late = appendTo(HEADERS, buildBatch([record('a'), record('b', { timestamp: NOW_MS + 2 * HOUR_MS })], gzip));
  assert.equal(late.error, E.INVALID_TIMESTAMP);
  assert.deepEqual(
    late.recordErrors.map(({ index }) => index),
    [1],
  );
  const stamped = batchOf(['a'], { ...gzip, logAppendTime: NOW_MS });
  assert.equal(appendTo({ ...HEADERS, messageTimestampType: 'LogAppendTime' }, stamped).error, E.INVALID_TIMESTAMP);
});

test('records are looked at all the same where they are not compressed, packed anew, or their keys count', () => {
  const plain = edited(two(), (view) => view.setUint8(61, 0x7f));
  assert.equal(appendTo(HEADERS, plain).error, E.INVALID_RECORD);
  assert.equal(appendTo({ ...HEADERS, compressionType: 'lz4' }, hollow()).error, E.INVALID_RECORD);
  const cleanupPolicy = { delete: false, compact: true };
  assert.equal(appendTo({ ...HEADERS, cleanupPolicy }, hollow()).error, E.INVALID_RECORD);
});

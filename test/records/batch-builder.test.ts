import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import * as b from '../../src/records/batch.ts';
import { BatchBuilder, buildBatch, stampBatch, type NewRecord } from '../../src/records/batch-builder.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords, scanBatch } from '../../src/records/batch-records.ts';
import { viewOf } from './views.ts';

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }));
const header = fc.record({ key: fc.string({ maxLength: 20 }), value: bytes });
const anyRecord = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(header, { maxLength: 4 }),
  timestamp: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 42 })),
});

function plain(record: Pick<NewRecord, 'key' | 'value' | 'headers' | 'timestamp'>): unknown {
  return {
    key: record.key ? Buffer.from(record.key).toString('hex') : (record.key ?? null),
    value: record.value ? Buffer.from(record.value).toString('hex') : (record.value ?? null),
    headers: (record.headers ?? []).map((each) => [
      each.key,
      each.value === null ? null : Buffer.from(each.value).toString('hex'),
    ]),
    timestamp: record.timestamp ?? -1,
  };
}

test('what is built is what is decoded, for every codec', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...Object.values(b.Codec)),
      fc.nat(2 ** 40),
      (records, codec, baseOffset) => {
        const batch = buildBatch(records, { codec, baseOffset });
        const view = viewOf(batch);
        assert.equal(b.batchSize(view, 0), batch.length);
        assert.equal(b.checkCrc(view, 0), true);
        assert.equal(b.codecId(view, 0), codec);
        assert.equal(b.recordCount(view, 0), records.length);
        assert.equal(b.lastOffset(view, 0), baseOffset + records.length - 1);
        assert.equal(b.maxTimestamp(view, 0), Math.max(...records.map((each) => each.timestamp)));
        const decoded = decodeRecords(batch);
        assert.deepEqual(decoded.map(plain), records.map(plain));
        assert.deepEqual(
          decoded.map((each) => each.offset),
          records.map((_, index) => baseOffset + index),
        );
        const scan = scanBatch(batch, view, 0);
        assert.equal(scan.offsetsContiguous, true);
        assert.equal(scan.recordCount, records.length);
        assert.equal(
          scan.firstKeyless,
          records.findIndex((each) => each.key === null),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('a batch may have gaps in its offsets and end past its last record', () => {
  const builder = new BatchBuilder({ baseOffset: 100, producerId: 7, producerEpoch: 3, baseSequence: 2 ** 31 - 2 });
  builder.append({ value: Buffer.from('a'), offset: 103 });
  builder.append({ value: Buffer.from('b'), offset: 109 });
  const batch = builder.finish(119);
  const view = viewOf(batch);
  assert.equal(b.lastOffset(view, 0), 119);
  assert.equal(b.nextOffset(view, 0), 120);
  assert.equal(b.lastSequence(view, 0), 17);
  assert.deepEqual(
    decodeRecords(batch).map((each) => each.offset),
    [103, 109],
  );
  assert.equal(scanBatch(batch, view, 0).offsetsContiguous, false);
});

test('a batch without records keeps the place of a producer', () => {
  const batch = new BatchBuilder({ baseOffset: 5, producerId: 1, producerEpoch: 0, baseSequence: 4 }).finish(9);
  const view = viewOf(batch);
  assert.equal(batch.length, b.BATCH_HEADER_BYTES);
  assert.equal(b.recordCount(view, 0), 0);
  assert.equal(b.lastOffset(view, 0), 9);
  assert.equal(b.lastSequence(view, 0), 8);
  assert.deepEqual(decodeRecords(batch), []);
});

test('flags and producer fields are where the header says', () => {
  const batch = buildBatch([{ timestamp: 10 }, { timestamp: 7 }], {
    partitionLeaderEpoch: 12,
    producerId: 2 ** 40 + 5,
    producerEpoch: 32767,
    baseSequence: 0,
    transactional: true,
    control: true,
    logAppendTime: 999,
  });
  const view = viewOf(batch);
  assert.equal(b.partitionLeaderEpoch(view, 0), 12);
  assert.equal(b.producerId(view, 0), 2 ** 40 + 5);
  assert.equal(b.hasProducerId(view, 0), true);
  assert.equal(b.producerEpoch(view, 0), 32767);
  assert.equal(b.isTransactional(view, 0), true);
  assert.equal(b.isControl(view, 0), true);
  assert.equal(b.hasDeleteHorizon(view, 0), false);
  assert.equal(b.timestampType(view, 0), b.TimestampType.logAppendTime);
  assert.equal(b.maxTimestamp(view, 0), 999);
  assert.equal(b.baseTimestamp(view, 0), 10);
  assert.deepEqual(
    decodeRecords(batch).map((each) => each.timestamp),
    [999, 999],
  );
});

test('a delete horizon stands in the base timestamp and the record timestamps stay', () => {
  const batch = buildBatch([{ timestamp: 1000, key: Buffer.from('k') }], { deleteHorizonMs: 5000 });
  const view = viewOf(batch);
  assert.equal(b.hasDeleteHorizon(view, 0), true);
  assert.equal(b.baseTimestamp(view, 0), 5000);
  assert.equal(b.maxTimestamp(view, 0), 1000);
  assert.equal(decodeRecords(batch)[0]!.timestamp, 1000);
});

test('offset and epoch are patched without the sum, timestamps with it', () => {
  const batch = buildBatch([{ timestamp: 1 }, { timestamp: 2 }]);
  const view = viewOf(batch);
  b.setBaseOffset(view, 0, 2 ** 45 + 3);
  b.setPartitionLeaderEpoch(view, 0, 77);
  assert.equal(b.checkCrc(view, 0), true);
  assert.equal(b.baseOffset(view, 0), 2 ** 45 + 3);
  assert.equal(b.partitionLeaderEpoch(view, 0), 77);
  b.setLastOffset(view, 0, 10);
  assert.equal(b.baseOffset(view, 0), 9);
  assert.equal(b.rewriteTimestamps(view, 0, b.TimestampType.createTime, 2), false);
  const before = b.batchCrc(view, 0);
  assert.equal(b.rewriteTimestamps(view, 0, b.TimestampType.logAppendTime, 55), true);
  assert.notEqual(b.batchCrc(view, 0), before);
  assert.equal(b.checkCrc(view, 0), true);
  assert.equal(b.maxTimestamp(view, 0), 55);
  assert.equal(b.rewriteTimestamps(view, 0, b.TimestampType.createTime, 2), true);
  assert.equal(b.batchCrc(view, 0), before);
});

test('a cursor walks batches and stops before a cut-off tail', () => {
  const first = buildBatch([{ value: Buffer.from('one') }], { baseOffset: 0 });
  const second = buildBatch([{ value: Buffer.from('two') }], { baseOffset: 1 });
  const whole = Buffer.concat([first, second]);
  for (let length = 0; length <= whole.length; length++) {
    const cursor = new BatchCursor(whole.subarray(0, length));
    const offsets: number[] = [];
    while (cursor.next()) offsets.push(b.baseOffset(cursor.view, cursor.position));
    const expected = length === whole.length ? [0, 1] : length >= first.length ? [0] : [];
    assert.deepEqual(offsets, expected);
    assert.equal(cursor.truncatedBytes, length - expected.length * first.length);
    assert.equal(cursor.next(), false);
  }
});

test('a stamp given at the end is the same as one put in afterwards, and as options given at the start', () => {
  const stamp = { producerId: 5_000_000_000, producerEpoch: 3, baseSequence: 77 };
  const record = { value: Buffer.from('a value'), timestamp: 1234 };
  for (const codec of [b.Codec.none, b.Codec.gzip]) {
    const late = new BatchBuilder({ codec });
    late.append(record);
    const afterwards = buildBatch([record], { codec });
    stampBatch(afterwards, stamp);
    const finished = late.finish(undefined, stamp);
    assert.deepEqual(finished, afterwards);
    assert.deepEqual(finished, buildBatch([record], { codec, ...stamp }));
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as b from '../../src/records/batch.ts';
import { BatchBuilder } from '../../src/records/batch-builder.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords, recordRegion } from '../../src/records/batch-records.ts';
import { ControlType, buildEndTxnBatch, readControlType, readEndTxnMarker } from '../../src/records/control-records.ts';
import { describeBatch } from './batch-description.ts';
import { readFixtures, type Fixture } from './fixtures.ts';
import { viewOf } from './views.ts';

const java = readFixtures('java-client');
const captured = [...java, ...readFixtures('librdkafka')];

for (const { name, bytes, holds } of captured) {
  test(`${name}: we find in it what the Java client finds`, () => {
    assert.equal(b.checkCrc(viewOf(bytes), 0), true);
    assert.deepEqual(describeBatch(bytes), holds);
  });
}

test('the captured batches hold every codec, from both clients', () => {
  for (const file of ['java-client', 'librdkafka'] as const) {
    const codecs = new Set(readFixtures(file).map((each) => each.holds.codec));
    assert.deepEqual(codecs, new Set([0, 1, 2, 3, 4]));
  }
});

test('all captured batches after one another are walked one by one', () => {
  const cursor = new BatchCursor(Buffer.concat(captured.map((each) => each.bytes)));
  const sizes: number[] = [];
  while (cursor.next()) sizes.push(cursor.size);
  assert.deepEqual(
    sizes,
    captured.map((each) => each.bytes.length),
  );
});

/** The batch built anew from what was decoded, with the offsets and the base timestamp of the original. */
function rebuild(bytes: Buffer): Buffer {
  const view = viewOf(bytes);
  const codec = b.codecId(view, 0) as b.Codec;
  const logAppended = b.timestampType(view, 0) === b.TimestampType.logAppendTime;
  const builder = new BatchBuilder({
    baseOffset: b.baseOffset(view, 0),
    partitionLeaderEpoch: b.partitionLeaderEpoch(view, 0),
    producerId: b.producerId(view, 0),
    producerEpoch: b.producerEpoch(view, 0),
    baseSequence: b.baseSequence(view, 0),
    transactional: b.isTransactional(view, 0),
    control: b.isControl(view, 0),
    codec,
    ...(logAppended ? { logAppendTime: b.maxTimestamp(view, 0) } : {}),
  });
  for (const record of decodeRecords(bytes)) builder.append(record);
  return builder.finish(b.lastOffset(view, 0));
}

const logAppendTime = (fixture: Fixture): boolean => fixture.name === 'log-append-time';

test('an uncompressed batch built from the same records is the same to the byte', () => {
  const plain = java.filter((each) => each.holds.codec === 0 && each.holds.records.length > 0 && !logAppendTime(each));
  assert.ok(plain.length > 8);
  for (const { name, bytes } of plain) assert.deepEqual(rebuild(bytes).toString('hex'), bytes.toString('hex'), name);
});

test('a compressed batch built from the same records holds the same', () => {
  const packed = captured.filter((each) => each.holds.codec !== 0);
  for (const { name, bytes } of packed) {
    const rebuilt = rebuild(bytes);
    const [ours, theirs] = [rebuilt, bytes].map((each) => {
      const { bytes: unpacked, start, end } = recordRegion(each, viewOf(each), 0);
      return Buffer.from(unpacked.subarray(start, end)).toString('hex');
    });
    assert.equal(ours, theirs, name);
  }
});

test('transaction markers are built as Kafka builds them, and read', () => {
  for (const [name, type, coordinatorEpoch] of [
    ['commit-marker', ControlType.commit, 12],
    ['abort-marker', ControlType.abort, 2_000_000_000],
  ] as const) {
    const { bytes } = java.find((each) => each.name === name)!;
    const [record] = decodeRecords(bytes);
    assert.deepEqual(readEndTxnMarker(record!.key, record!.value), { type, coordinatorEpoch });
    const built = buildEndTxnBatch({
      type,
      coordinatorEpoch,
      producerId: 77,
      producerEpoch: 9,
      timestamp: 1_700_000_000_000,
      baseOffset: 500,
      partitionLeaderEpoch: 0,
    });
    assert.equal(built.toString('hex'), bytes.toString('hex'));
  }
});

test('a control record of another kind is no transaction marker', () => {
  const { bytes } = java.find((each) => each.name === 'leader-change')!;
  const [record] = decodeRecords(bytes);
  assert.equal(readControlType(record!.key), ControlType.leaderChange);
  assert.equal(readEndTxnMarker(record!.key, record!.value), undefined);
  assert.equal(readControlType(Buffer.from([0, 0, 0, 99])), undefined);
  assert.throws(() => readControlType(Buffer.from([0, 0, 0])), { name: 'Malformed' });
  assert.throws(() => readControlType(null), { name: 'Malformed' });
  assert.throws(() => readEndTxnMarker(Buffer.from([0, 0, 0, 1]), null), { name: 'Malformed' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import { LogFixture, readAll, valuesOf } from './log-fixture.ts';
import { kafkaDisk, kafkaFiles, readFile } from './kafka-directory.ts';

const FIRST = '00000000000000000000';
const SECOND = '00000000000000000100';
const HOUR_MS = 3_600_000;
const CONFIG = { indexIntervalBytes: 512, segmentMs: HOUR_MS };

test('a log that Kafka closed opens with its offsets, producers, epochs and transactions', () => {
  const { log } = new LogFixture({ isClean: true, config: CONFIG }, kafkaDisk());
  assert.equal(log.offlineReason, undefined);
  assert.equal(log.logStartOffset, 0);
  assert.equal(log.logEndOffset, 233);
  assert.equal(log.segmentCount, 2);
  assert.deepEqual(log.leaderEpochs.entries, [{ epoch: 0, startOffset: 0 }]);
  assert.equal(log.producerState.size, 6);
  log.setHighWatermark(233);
  assert.equal(log.lastStableOffset, 223);
  assert.equal(log.producerState.entry(4)?.lastSequence, 49);
  assert.deepEqual(log.abortedTransactions(0, 233), [
    { producerId: 1, firstOffset: 60, lastOffset: 100, lastStableOffset: 101 },
    { producerId: 3, firstOffset: 142, lastOffset: 172, lastStableOffset: 173 },
  ]);
  const values = valuesOf(readAll(log)).filter((value) => value.startsWith('v'));
  assert.equal(values.length, 230);
  assert.equal(values[229]?.replace(/x+$/, ''), 'v229');
});

test('the same log is found when Kafka was killed: everything is made anew from the batches', () => {
  const disk = kafkaDisk((path) => /index$|snapshot$|checkpoint$/.test(path));
  const { log } = new LogFixture({ isClean: false, recoveryPoint: 0, config: CONFIG }, disk);
  assert.equal(log.offlineReason, undefined);
  assert.equal(log.logEndOffset, 233);
  assert.equal(log.producerState.size, 6);
  assert.equal(log.producerState.entry(5)?.currentTxnFirstOffset, 223);
  assert.deepEqual(log.leaderEpochs.entries, [{ epoch: 0, startOffset: 0 }]);
  assert.deepEqual(
    log.abortedTransactions(0, 233).map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]),
    [
      [60, 100],
      [142, 172],
    ],
  );
});

test('the batches that Kafka wrote give the files that Kafka wrote, to the byte', async () => {
  const kafka = kafkaFiles();
  const fixture = new LogFixture({ config: CONFIG });
  for (const base of [FIRST, SECOND]) {
    const bytes = Buffer.from(kafka.get(`orders-0/${base}.log`)!);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length;) {
      const size = batchSizeWithin(view, at, bytes.length);
      fixture.log.appendAsFollower(bytes.subarray(at, at + size), 0);
      fixture.log.writeStaged();
      at += size;
    }
  }
  fixture.log.setHighWatermark(fixture.log.logEndOffset);
  await fixture.log.close();
  const written = (name: string): Buffer => readFile(fixture.disk, `/logs/orders-0/${name}`);
  for (const name of [
    `${FIRST}.log`,
    `${SECOND}.log`,
    `${SECOND}.txnindex`,
    `${SECOND}.snapshot`,
    '00000000000000000233.snapshot',
    'leader-epoch-checkpoint',
  ]) {
    assert.deepEqual(written(name), kafka.get(`orders-0/${name}`), name);
  }
  // Ours has one entry more: that of the first batch (see Segment.noteBatch).
  for (const base of [FIRST, SECOND]) {
    assert.deepEqual(written(`${base}.index`).subarray(8), kafka.get(`orders-0/${base}.index`), base);
  }
  assert.deepEqual(written(`${FIRST}.timeindex`).subarray(12), kafka.get(`orders-0/${FIRST}.timeindex`));
});

test('lookups by time agree with the records', () => {
  const { log } = new LogFixture({ isClean: true, config: CONFIG }, kafkaDisk());
  assert.deepEqual(log.offsetForTimestamp(1_700_000_000_000), {
    offset: 0,
    timestamp: 1_700_000_000_000,
    leaderEpoch: 0,
  });
  assert.deepEqual(log.offsetForTimestamp(1_700_000_030_500), {
    offset: 31,
    timestamp: 1_700_000_031_000,
    leaderEpoch: 0,
  });
  assert.equal(log.offsetForTimestamp(1_700_004_000_020)?.offset, 100);
  assert.equal(log.offsetForTimestamp(9_000_000_000_000), undefined);
  assert.equal(log.offsetOfMaxTimestamp()?.offset, 172);
});

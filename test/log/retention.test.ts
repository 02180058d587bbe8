import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { DIRECTORY, LogFixture, NOW_MS, batchOf, readAll, valuesOf, type OpenOptions } from './log-fixture.ts';

const HOUR_MS = 3_600_000;
const size = batchOf(['0']).length;

/** One segment per value, each of the same size. */
function segments(values: readonly string[], options: OpenOptions = {}): LogFixture {
  const fixture = new LogFixture(options);
  for (const [index, value] of values.entries()) {
    if (index > 0) fixture.log.roll(NOW_MS);
    fixture.append(batchOf([value], {}, NOW_MS + index * HOUR_MS - 10 * HOUR_MS));
  }
  return fixture;
}

test('a segment is full before it would pass segment.bytes', () => {
  const fixture = new LogFixture({ config: { segmentBytes: 2 * size } });
  for (const value of ['0', '1', '2', '3', '4']) fixture.append(batchOf([value]));
  assert.equal(fixture.log.segmentCount, 3);
  assert.deepEqual(
    fixture.disk
      .list(DIRECTORY)
      .filter(({ name }) => name.endsWith('.log'))
      .map(({ name, size: bytes }) => [name, bytes]),
    [
      ['00000000000000000000.log', 2 * size],
      ['00000000000000000002.log', 2 * size],
      ['00000000000000000004.log', size],
    ],
  );
});

test('segment.ms counts from the timestamp of the first record', () => {
  const fixture = new LogFixture({ config: { segmentMs: 1000 } });
  fixture.append(batchOf(['a'], {}, NOW_MS));
  fixture.append(batchOf(['b'], {}, NOW_MS + 1000), { nowMs: NOW_MS + 99_999 });
  assert.equal(fixture.log.segmentCount, 1);
  fixture.append(batchOf(['c'], {}, NOW_MS + 1001));
  assert.equal(fixture.log.segmentCount, 2);
});

test('without timestamps segment.ms counts from when the segment was made', () => {
  const fixture = new LogFixture({ config: { segmentMs: 1000 } });
  fixture.append(batchOf(['a'], {}, -1));
  fixture.append(batchOf(['b'], {}, -1), { nowMs: NOW_MS + 1000 });
  assert.equal(fixture.log.segmentCount, 1);
  fixture.append(batchOf(['c'], {}, -1), { nowMs: NOW_MS + 1001 });
  assert.equal(fixture.log.segmentCount, 2);
});

test('a segment with a full index is followed by a new one', () => {
  const fixture = new LogFixture({ config: { indexIntervalBytes: 0, segmentIndexBytes: 12 * 8 } });
  for (let index = 0; index < 36; index++) fixture.append(batchOf([`${index}`]));
  assert.equal(fixture.log.segmentCount, 3);
  assert.equal(valuesOf(readAll(fixture.log)).length, 36);
});

test('time lets segments go by their largest timestamp', () => {
  const fixture = segments(['0', '1', '2', '3'], { config: { retentionMs: 9.5 * HOUR_MS } });
  assert.equal(fixture.log.retention(NOW_MS), 1);
  assert.equal(fixture.log.logStartOffset, 1);
  assert.equal(
    fixture.log.read({ offset: 0, bytesMax: 9, upperOffset: 4, minOneBatch: true }).error,
    E.OFFSET_OUT_OF_RANGE,
  );
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['1', '2', '3']);
  assert.equal(fixture.log.retention(NOW_MS), 0);
  assert.ok(!fixture.disk.list(DIRECTORY).some(({ name }) => /0000000000\.(log|index|timeindex)$/.test(name)));
});

test('a record from the future keeps its segment', () => {
  const fixture = new LogFixture({ config: { retentionMs: 1000, messageTimestampAfterMaxMs: 99 * HOUR_MS } });
  fixture.append(batchOf(['a'], {}, NOW_MS + 50 * HOUR_MS));
  assert.equal(fixture.log.retention(NOW_MS + HOUR_MS), 0);
});

test('the active segment goes too when it is too old', () => {
  const fixture = segments(['0', '1'], { config: { retentionMs: HOUR_MS } });
  assert.equal(fixture.log.retention(NOW_MS), 2);
  assert.deepEqual([fixture.log.logStartOffset, fixture.log.logEndOffset], [2, 2]);
  assert.equal(fixture.append(batchOf(['2'])).firstOffset, 2);
  assert.deepEqual(valuesOf(readAll(fixture.killAndReopen())), ['2']);
});

test('size lets the oldest segments go while what is left is at least retention.bytes', () => {
  const config = { retentionMs: -1, retentionBytes: 2 * size + 1 };
  const fixture = segments(['0', '1', '2', '3', '4'], { config });
  assert.equal(fixture.log.retention(NOW_MS), 2);
  assert.equal(fixture.log.sizeBytes, 3 * size);
});

test('nothing goes above the high watermark', () => {
  const fixture = segments(['0', '1', '2'], { config: { retentionMs: 0 } });
  const log = fixture.killAndReopen({ highWatermark: 1 });
  assert.equal(log.retention(NOW_MS), 1);
  assert.equal(log.logStartOffset, 1);
});

test('a topic that only compacts loses nothing to time or size', () => {
  const config = { cleanupPolicy: { delete: false, compact: true }, retentionMs: 0, retentionBytes: 0 };
  assert.equal(segments(['0', '1'], { config }).log.retention(NOW_MS), 0);
});

test('deleting records moves the start at once and drops whole segments', () => {
  const fixture = segments(['0', '1', '2', '3']);
  const { log } = fixture;
  assert.equal(log.deleteRecordsBefore(5), E.OFFSET_OUT_OF_RANGE);
  assert.equal(log.deleteRecordsBefore(2), E.NONE);
  assert.deepEqual([log.logStartOffset, log.earliestLocal, log.segmentCount], [2, 2, 2]);
  assert.equal(log.deleteRecordsBefore(1), E.NONE);
  assert.equal(log.logStartOffset, 2);
  assert.equal(log.deleteRecordsBefore(4), E.NONE);
  assert.deepEqual([log.logStartOffset, log.segmentCount, log.sizeBytes], [4, 1, size]);
  assert.equal(log.offsetForTimestamp(0), undefined);
  assert.deepEqual(log.leaderEpochs.entries, [{ epoch: 0, startOffset: 4 }]);
});

test('a start inside a segment hides what lies before it', () => {
  const fixture = new LogFixture();
  for (const value of ['a', 'b', 'c']) fixture.append(batchOf([value], {}, NOW_MS));
  fixture.log.deleteRecordsBefore(1);
  assert.equal(fixture.log.offsetForTimestamp(0)?.offset, 1);
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['b', 'c']);
  assert.equal(fixture.log.retention(NOW_MS), 0);
});

test('an open transaction whose batches were deleted is known after power loss', async () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true }));
  fixture.log.roll(NOW_MS);
  fixture.log.deleteRecordsBefore(1);
  await fixture.flush();
  for (let seed = 1; seed <= 20; seed++) {
    const log = fixture.crashAndReopen('mixed', seed, { logStartOffset: 1, highWatermark: 1 });
    assert.equal(log.activeProducers()[0]?.currentTxnStartOffset, 0, `seed ${seed}`);
    await fixture.flush();
  }
});

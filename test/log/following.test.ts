import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../src/base/malformed.ts';
import { E } from '../../src/protocol/errors.ts';
import { LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';

function replicated(values: readonly string[], baseOffset: number, epoch: number): Buffer {
  return batchOf(values, { baseOffset, partitionLeaderEpoch: epoch });
}

test('a follower keeps offsets and epochs', () => {
  const { log } = new LogFixture();
  log.appendAsFollower(Buffer.concat([replicated(['a', 'b'], 0, 1), replicated(['c'], 2, 3)]), NOW_MS);
  log.writeStaged();
  assert.equal(log.logEndOffset, 3);
  assert.deepEqual(log.leaderEpochs.entries, [
    { epoch: 1, startOffset: 0 },
    { epoch: 3, startOffset: 2 },
  ]);
  assert.deepEqual(valuesOf(readAll(log)), ['a', 'b', 'c']);
});

test('the last batch of what a leader sends may be cut off: it comes again', () => {
  const { log } = new LogFixture();
  const [first, second] = [replicated(['a', 'b'], 0, 1), replicated(['c'], 2, 1)];
  for (const left of [1, 30, 60, second.length - 1]) {
    log.appendAsFollower(Buffer.concat([first, second.subarray(0, left)]), NOW_MS);
    log.writeStaged();
    assert.equal(log.logEndOffset, 2);
    log.truncateTo(0);
  }
  log.appendAsFollower(first, NOW_MS);
  log.appendAsFollower(second, NOW_MS);
  log.writeStaged();
  assert.deepEqual(valuesOf(readAll(log)), ['a', 'b', 'c']);
});

test('a gap in what a leader sends is taken, anything else is refused', () => {
  const { log } = new LogFixture();
  log.appendAsFollower(replicated(['a'], 5, 0), NOW_MS);
  assert.equal(log.logEndOffset, 6);
  const wrong = replicated(['b'], 6, 0);
  wrong[wrong.length - 1]! ^= 1;
  for (const bytes of [replicated(['b'], 5, 0), replicated(['b'], 6, 0).subarray(0, 70), wrong]) {
    assert.throws(() => log.appendAsFollower(bytes, NOW_MS), Malformed);
  }
  assert.equal(log.logEndOffset, 6);
});

test('truncation cuts at a batch and forgets what lay behind', async () => {
  const fixture = new LogFixture({ config: { segmentBytes: 200 } });
  const { log } = fixture;
  for (let index = 0; index < 10; index++) {
    const options = { producerId: 1, producerEpoch: 0, baseSequence: index };
    fixture.append(batchOf([`${index}`], options), { leaderEpoch: index >> 1 });
  }
  await fixture.flush();
  assert.equal(fixture.checkpointed, 10);
  log.truncateTo(5);
  assert.deepEqual([log.logEndOffset, log.highWatermark, log.recoveryPoint], [5, 5, 5]);
  assert.equal(fixture.checkpointed, 5, 'the recovery point went back before the log was cut');
  assert.equal(log.leaderEpochs.latestEpoch, 2);
  assert.equal(log.producerState.entry(1)?.lastSequence, 4);
  assert.deepEqual(valuesOf(readAll(log)), ['0', '1', '2', '3', '4']);
  assert.equal(fixture.append(batchOf(['new']), { leaderEpoch: 7 }).firstOffset, 5);
  assert.deepEqual(valuesOf(readAll(fixture.killAndReopen())), ['0', '1', '2', '3', '4', 'new']);
});

test('truncation inside a batch drops the batch', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']));
  fixture.append(batchOf(['b', 'c', 'd']));
  fixture.log.truncateTo(3);
  assert.equal(fixture.log.logEndOffset, 1);
});

test('truncation past the end changes nothing', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']));
  fixture.log.truncateTo(1);
  fixture.log.truncateTo(9);
  assert.equal(fixture.log.logEndOffset, 1);
});

test('a log can start over at another offset', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 }));
  fixture.log.truncateFullyAndStartAt(100);
  const { log } = fixture;
  assert.deepEqual([log.logStartOffset, log.logEndOffset, log.highWatermark], [100, 100, 100]);
  assert.equal(log.producerState.size, 0);
  assert.equal(fixture.append(batchOf(['b'])).firstOffset, 100);
  const reopened = fixture.killAndReopen();
  assert.deepEqual([reopened.logStartOffset, reopened.logEndOffset], [100, 101]);
});

test('where an epoch ends', () => {
  const fixture = new LogFixture();
  for (const epoch of [2, 2, 5, 9]) fixture.append(batchOf(['x']), { leaderEpoch: epoch });
  const { log } = fixture;
  const ends = [0, 2, 3, 5, 7, 9, 10, -1].map((epoch) => Object.values(log.endOffsetForEpoch(epoch)));
  assert.deepEqual(ends, [
    [0, 0],
    [2, 2],
    [2, 2],
    [5, 3],
    [5, 3],
    [9, 4],
    [-1, -1],
    [-1, -1],
  ]);
  assert.deepEqual(
    [0, 1, 2, 3].map((offset) => log.leaderEpochs.epochOf(offset)),
    [2, 2, 5, 9],
  );
});

test('an epoch that wrote nothing gives way to the next', () => {
  const { log } = new LogFixture();
  log.assignLeaderEpoch(1);
  log.assignLeaderEpoch(2);
  log.assignLeaderEpoch(2);
  log.assignLeaderEpoch(1);
  assert.deepEqual(log.leaderEpochs.entries, [{ epoch: 2, startOffset: 0 }]);
});

test('the high watermark stays inside the log', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a', 'b']));
  fixture.log.setHighWatermark(99);
  assert.equal(fixture.log.highWatermark, 2);
  assert.equal(fixture.log.deleteRecordsBefore(1), E.NONE);
  fixture.log.setHighWatermark(0);
  assert.equal(fixture.log.highWatermark, 1);
});

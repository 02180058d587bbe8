import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import type { BatchOptions } from '../../src/records/batch-builder.ts';
import { NOW_MS, LogFixture, batchOf, readAll, valuesOf } from './log-fixture.ts';

const ENOSPC = { call: 'write', code: 'ENOSPC', path: '.log', writtenBytes: 17 } as const;

function stage(fixture: LogFixture, value: string, options: BatchOptions = {}): string {
  const batch = batchOf([value], options, NOW_MS + value.length);
  return fixture.log.appendAsLeader(batch, { leaderEpoch: 3, origin: 'client', nowMs: NOW_MS }).error.name;
}

function producer(baseSequence: number): BatchOptions {
  return { producerId: 7, producerEpoch: 0, baseSequence };
}

test('all that was staged is taken back, and nothing is appended until that was heard', async () => {
  const fixture = new LogFixture();
  const { log } = fixture;
  log.assignLeaderEpoch(3);
  assert.equal(stage(fixture, 'a', producer(0)), 'NONE');
  log.writeStaged();
  const before = { size: log.sizeBytes, epochs: log.leaderEpochs.entries, timestamp: log.offsetOfMaxTimestamp() };
  fixture.disk.fail(ENOSPC);
  assert.equal(stage(fixture, 'longer', producer(1)), 'NONE');
  assert.equal(stage(fixture, 'even longer', producer(2)), 'NONE');
  assert.throws(() => log.writeStaged(), { name: 'AppendUndone', code: 'ENOSPC' });
  assert.equal(log.isOffline, false);
  assert.deepEqual(fixture.diskFailures, []);
  assert.equal(log.logEndOffset, 1);
  assert.equal(stage(fixture, 'later', producer(1)), 'KAFKA_STORAGE_ERROR');
  assert.equal(log.takeUndone(), true);
  assert.equal(log.takeUndone(), false);
  assert.deepEqual(
    { size: log.sizeBytes, epochs: log.leaderEpochs.entries, timestamp: log.offsetOfMaxTimestamp() },
    before,
  );
  // The producer sends both again, with the sequences they had.
  assert.equal(stage(fixture, 'longer', producer(1)), 'NONE');
  assert.equal(stage(fixture, 'even longer', producer(2)), 'NONE');
  log.writeStaged();
  assert.deepEqual(valuesOf(readAll(log)), ['a', 'longer', 'even longer']);
  await fixture.flush();
  const opened = fixture.crashAndReopen('dropped');
  assert.deepEqual(valuesOf(readAll(opened)), ['a', 'longer', 'even longer']);
});

test('a new segment that finds no space refuses the batch alone; the next try makes it', () => {
  const fixture = new LogFixture({ config: { segmentBytes: 100 } });
  const { log } = fixture;
  assert.equal(fixture.append(batchOf(['a'])).error, E.NONE);
  fixture.disk.fail({ call: 'open', code: 'ENOSPC', path: '00000000000000000001.log' });
  assert.equal(fixture.append(batchOf(['b'])).error, E.KAFKA_STORAGE_ERROR);
  assert.equal(log.isOffline, false);
  assert.equal(log.takeUndone(), false);
  assert.equal(fixture.append(batchOf(['b'])).error, E.NONE);
  assert.equal(log.segmentCount, 2);
  assert.deepEqual(valuesOf(readAll(log)), ['a', 'b']);
});

test('the file that a sync has to write beside the log may find no space: records are synced, the recovery point waits', async () => {
  const fixture = new LogFixture({ config: { flushPolicy: 'group' } });
  const { log } = fixture;
  log.assignLeaderEpoch(1);
  stage(fixture, 'a');
  log.writeStaged();
  fixture.disk.fail({ call: 'write', code: 'ENOSPC', path: 'leader-epoch-checkpoint' });
  await log.flush();
  assert.deepEqual([log.settledEndOffset, log.recoveryPoint, log.isOffline], [1, 0, false]);
  await log.flush();
  assert.equal(log.recoveryPoint, 1);
});

test('where the taking back fails, the directory is offline as after any failed write', () => {
  const fixture = new LogFixture();
  const { log } = fixture;
  stage(fixture, 'a');
  log.writeStaged();
  fixture.disk.fail(ENOSPC);
  fixture.disk.fail({ call: 'truncate', code: 'EIO', path: '.log' });
  stage(fixture, 'b');
  assert.throws(() => log.writeStaged());
  assert.equal(log.isOffline, true);
  assert.equal(fixture.diskFailures.length, 1);
});

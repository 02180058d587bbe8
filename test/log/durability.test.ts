import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { DiskError } from '../../src/runtime/disk.ts';
import type { DiskCall } from '../../src/runtime/disk-faults.ts';
import type { Unsynced } from '../../src/runtime/memory-disk.ts';
import { LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';

const GROUP = { config: { flushPolicy: 'group', segmentBytes: 400 } } as const;

function settled(fixture: LogFixture): Promise<ErrorSpec> {
  return new Promise((resolve) => fixture.log.whenSettled(fixture.log.logEndOffset, resolve));
}

test('with policy os an append is settled once written', () => {
  const fixture = new LogFixture();
  fixture.log.appendAsLeader(batchOf(['a']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.equal(fixture.log.settledEndOffset, 0);
  fixture.log.writeStaged();
  assert.equal(fixture.log.settledEndOffset, 1);
  let told: ErrorSpec | undefined;
  fixture.log.whenSettled(1, (error) => (told = error));
  assert.equal(told, E.NONE);
});

for (const flushPolicy of ['os', 'group'] as const) {
  test(`who waits for what is staged is told once it is written and settled (${flushPolicy})`, async () => {
    const fixture = new LogFixture({ config: { flushPolicy } });
    fixture.append(batchOf(['a']));
    assert.equal(await settled(fixture), E.NONE);
    fixture.log.appendAsLeader(batchOf(['b']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
    let isTold = false;
    const waited = settled(fixture).then((error) => {
      isTold = true;
      return error;
    });
    await new Promise((done) => void setImmediate(done));
    assert.equal(isTold, false);
    fixture.log.writeStaged();
    assert.equal(await waited, E.NONE);
    assert.equal(fixture.log.settledEndOffset, 2);
  });
}

test('with policy group an append is settled once synced, and all who wait share one sync', async () => {
  const fixture = new LogFixture(GROUP);
  const told: number[] = [];
  for (let index = 0; index < 5; index++) {
    fixture.append(batchOf([`${index}`]));
    fixture.log.whenSettled(index + 1, (error) => {
      assert.equal(error, E.NONE);
      told.push(index);
    });
  }
  assert.deepEqual(told, []);
  assert.equal(fixture.log.settledEndOffset, 0);
  assert.equal(await settled(fixture), E.NONE);
  assert.deepEqual(told, [0, 1, 2, 3, 4]);
  assert.equal(fixture.log.settledEndOffset, 5);
});

for (const unsynced of ['dropped', 'torn', 'mixed', 'kept'] as const satisfies readonly Unsynced[]) {
  test(`with policy group nothing settled is lost when the power goes (${unsynced})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ records: fc.integer({ min: 1, max: 5 }), wait: fc.boolean(), checkpoint: fc.boolean() }), {
          minLength: 1,
          maxLength: 25,
        }),
        fc.nat(1000),
        async (steps, seed) => {
          const fixture = new LogFixture(GROUP);
          const values: string[] = [];
          let safe = 0;
          for (const { records, wait, checkpoint } of steps) {
            const more = Array.from({ length: records }, (_, index) => `v${values.length + index}`);
            values.push(...more);
            fixture.append(batchOf(more));
            if (wait) {
              assert.equal(await settled(fixture), E.NONE);
              safe = values.length;
            }
            if (checkpoint) await fixture.flush();
          }
          fixture.crashAndReopen(unsynced, seed);
          assert.equal(fixture.log.offlineReason, undefined);
          const found = valuesOf(readAll(fixture.log));
          assert.ok(found.length >= safe, `${found.length} of ${safe} settled records are there`);
          assert.deepEqual(found, values.slice(0, found.length));
        },
      ),
      { numRuns: 60 },
    );
  });
}

test('what is staged when a sync begins and written later is covered by the next sync', async () => {
  const fixture = new LogFixture(GROUP);
  fixture.append(batchOf(['a']));
  const first = settled(fixture);
  fixture.log.appendAsLeader(batchOf(['b']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  await new Promise((done) => void setImmediate(done));
  fixture.log.writeStaged();
  assert.equal(await first, E.NONE);
  assert.equal(await settled(fixture), E.NONE);
  fixture.crashAndReopen('dropped');
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['a', 'b']);
});

test('a sync does not count for what is written behind a cut while it runs', async () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']));
  await fixture.flush();
  fixture.append(batchOf(['b']));
  fixture.append(batchOf(['c']));
  const flushed = fixture.flush();
  fixture.log.truncateTo(1);
  fixture.append(batchOf(['d']));
  fixture.append(batchOf(['e']));
  await flushed;
  assert.equal(fixture.log.recoveryPoint, 1);
  await fixture.flush();
  assert.equal(fixture.log.recoveryPoint, 3);
});

test('with policy os nothing written is lost by kill -9', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ records: fc.integer({ min: 1, max: 9 }), flush: fc.boolean() }), { maxLength: 30 }),
      async (steps) => {
        const fixture = new LogFixture({ config: { segmentBytes: 500, indexIntervalBytes: 64 } });
        const values: string[] = [];
        for (const { records, flush } of steps) {
          const more = Array.from({ length: records }, (_, index) => `v${values.length + index}`);
          values.push(...more);
          fixture.append(batchOf(more));
          if (flush) await fixture.flush();
        }
        fixture.killAndReopen();
        assert.deepEqual(valuesOf(readAll(fixture.log)), values);
      },
    ),
    { numRuns: 100 },
  );
});

test('a flush moves the recovery point, and a crash after it loses nothing below', async () => {
  const fixture = new LogFixture({ config: { segmentBytes: 300 } });
  for (let index = 0; index < 20; index++) fixture.append(batchOf([`${index}`]));
  await fixture.flush();
  assert.equal(fixture.log.recoveryPoint, 20);
  fixture.append(batchOf(['lost']));
  const log = fixture.crashAndReopen('dropped');
  assert.equal(log.offlineReason, undefined);
  assert.equal(log.logEndOffset, 20);
});

test('what is appended while a sync runs is not counted into it', async () => {
  const fixture = new LogFixture(GROUP);
  fixture.append(batchOf(['a']));
  const first = new Promise((resolve) => fixture.log.whenSettled(1, resolve));
  fixture.append(batchOf(['b']));
  await first;
  assert.equal(fixture.log.settledEndOffset, 1);
  assert.equal(await settled(fixture), E.NONE);
  assert.equal(fixture.log.settledEndOffset, 2);
});

test('a checkpoint and a group sync never overlap: neither answers for the other', async () => {
  const fixture = new LogFixture(GROUP);
  fixture.append(batchOf(['a']));
  const flushed = fixture.log.flush();
  fixture.append(batchOf(['b']));
  const error = await settled(fixture);
  await flushed;
  assert.equal(error, E.NONE);
  fixture.crashAndReopen('dropped');
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['a', 'b']);
});

test('a failed sync is final: the directory is told, waiters fail, nothing is written any more', async () => {
  const fixture = new LogFixture(GROUP);
  fixture.append(batchOf(['a']));
  fixture.disk.fail({ call: 'sync', code: 'EIO', path: '.log' });
  assert.equal(await settled(fixture), E.KAFKA_STORAGE_ERROR);
  assert.equal(fixture.diskFailures.length, 1);
  assert.equal(fixture.diskFailures[0]?.code, 'EIO');
  assert.equal(fixture.log.isOffline, true);
  const before = fixture.disk.usedBytes;
  const refused = fixture.log.appendAsLeader(batchOf(['b']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.equal(refused.error, E.KAFKA_STORAGE_ERROR);
  fixture.log.writeStaged();
  assert.equal(fixture.disk.usedBytes, before);
  assert.equal(await settled(fixture), E.KAFKA_STORAGE_ERROR);
  await assert.rejects(fixture.log.flush());
});

test('a failed write throws and takes the log offline', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']));
  fixture.log.appendAsLeader(batchOf(['b']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  fixture.disk.fail({ call: 'write', code: 'EIO', writtenBytes: 20 });
  assert.throws(() => fixture.log.writeStaged(), DiskError);
  assert.equal(fixture.log.isOffline, true);
  assert.equal(fixture.diskFailures[0]?.code, 'EIO');
  const log = fixture.killAndReopen();
  assert.deepEqual(valuesOf(readAll(log)), ['a']);
});

/** A life of a log that touches every kind of call; returns the records that were settled. */
async function live(fixture: LogFixture): Promise<string[]> {
  const done: string[] = [];
  for (let index = 0; index < 12; index++) {
    const value = `v${index}`;
    const result = fixture.log.appendAsLeader(
      batchOf([value], { producerId: 1, producerEpoch: 0, baseSequence: index }),
      { leaderEpoch: index >> 2, origin: 'client', nowMs: NOW_MS },
    );
    if (result.error !== E.NONE) break;
    fixture.log.writeStaged();
    fixture.log.setHighWatermark(fixture.log.logEndOffset);
    if ((await settled(fixture)) !== E.NONE) break;
    done.push(value);
    if (index % 5 === 4) await fixture.flush();
  }
  return done;
}

for (const call of ['open', 'write', 'sync', 'truncate', 'rename', 'remove'] as const satisfies readonly DiskCall[]) {
  test(`whichever ${call} fails, what was settled is there after kill -9 and after power loss`, async () => {
    let failed = 0;
    for (let nth = 1; nth <= 60; nth++) {
      for (const crash of [false, true]) {
        const fixture = new LogFixture(GROUP);
        fixture.disk.fail({ call, nth, code: 'EIO' });
        let done: string[] = [];
        try {
          done = await live(fixture);
        } catch (error) {
          assert.ok(error instanceof DiskError);
        }
        if (fixture.log.isOffline) failed++;
        if (crash) fixture.crashAndReopen('mixed', nth);
        else fixture.killAndReopen();
        if (fixture.log.isOffline) {
          // The planned failure had not come yet and came now: the next start finds everything.
          fixture.killAndReopen();
        }
        assert.equal(fixture.log.offlineReason, undefined, `${call} ${nth}`);
        const found = valuesOf(readAll(fixture.log));
        assert.deepEqual(found.slice(0, done.length), done, `${call} ${nth}`);
      }
    }
    if (call === 'write' || call === 'sync') assert.ok(failed > 10, `${failed} lives ended early`);
  });
}

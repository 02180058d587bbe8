import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Disk } from '../../src/runtime/disk.ts';
import type { MemoryDisk, Unsynced } from '../../src/runtime/memory-disk.ts';
import { CleaningFixture, batchesOf, committed, shown } from './cleaning-fixture.ts';
import { cuttingDisk, type CuttingDisk } from './cutting-disk.ts';
import { DIRECTORY } from './log-fixture.ts';

const KINDS: readonly Unsynced[] = ['dropped', 'kept', 'torn', 'mixed'];
const END = 16;
/** What a reader of committed records must see last of each key, however much of the log was cleaned. */
const LATEST = ['a=4', 'b=3', 'c=2', 'd=1', 'e=1'];

const ABORT_MARKER = 5;
/** All that is left; the latest of `a` lies in the active segment. */
const CLEANED = ['7:x=', '8:e=1', '10:a=2', '12:c=2', '13:b=3', '14:d=1', '15:a=4'];

/** A log of four segments with a transaction that was aborted, one that was committed and a tombstone. */
async function dirtyLog(): Promise<CleaningFixture> {
  const fixture = new CleaningFixture({ config: { segmentBytes: 700 } });
  const roll = (): void => fixture.log.roll(0);
  fixture.put(['a=1', 'b=1', 'x=1']);
  fixture.put(['a=aborted', 'e=aborted'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true });
  roll();
  fixture.endTransaction(7, 0, 'abort');
  fixture.put(['c=1', 'x=']);
  fixture.put(['e=1'], { producerId: 7, producerEpoch: 0, baseSequence: 2, transactional: true });
  fixture.endTransaction(7, 0, 'commit');
  roll();
  fixture.put(['a=2', 'b=2', 'c=2']);
  fixture.put(['b=3', 'd=1']);
  roll();
  fixture.put(['a=4']);
  assert.equal(fixture.log.logEndOffset, END);
  await fixture.flush();
  return fixture;
}

function latestOf(fixture: CleaningFixture): string[] {
  const latest = new Map<string, string>();
  for (const each of committed(fixture.log)) {
    const [, key, value] = /^\d+:(.)=(.*)$/.exec(each)!;
    if (value === '') latest.delete(key!);
    else latest.set(key!, `${key}=${value}`);
  }
  return [...latest.values()].toSorted();
}

function checkLog(fixture: CleaningFixture, where: string): void {
  const { log } = fixture;
  assert.equal(log.offlineReason, undefined, where);
  assert.deepEqual([log.logStartOffset, log.logEndOffset], [0, END], where);
  assert.deepEqual(latestOf(fixture), LATEST, where);
  // A reader waits for the marker of each aborted transaction that it is told of.
  const markers = new Set(batchesOf(log).flatMap(({ base, isControlBatch }) => (isControlBatch ? [base] : [])));
  for (const { lastOffset } of log.abortedTransactions(0, END)) assert.ok(markers.has(lastOffset), where);
  const names = fixture.disk.list(DIRECTORY).map(({ name }) => name);
  assert.ok(!names.some((name) => /\.(cleaned|swap|deleted)$/.test(name)), `${where}: ${names.join(' ')}`);
}

/** Reopens the log on a disk that is cut after `left` calls; the calls that were left over. */
function openCut(fixture: CleaningFixture, disk: MemoryDisk, left: number): number {
  let cutting: CuttingDisk | undefined;
  fixture.disk = disk;
  const wrap = (whole: Disk): Disk => (cutting = cuttingDisk(whole, left));
  try {
    fixture.open({ highWatermark: END, wrap });
  } catch {
    return 0;
  }
  return cutting!.left;
}

async function cleanedWithCut(left: number): Promise<{ fixture: CleaningFixture; isCut: boolean }> {
  const fixture = await dirtyLog();
  let cutting: CuttingDisk | undefined;
  fixture.killAndReopen({ highWatermark: END, wrap: (disk) => (cutting = cuttingDisk(disk)) });
  fixture.cleaner = fixture.newCleaner();
  cutting!.left = left;
  await fixture.cleanOnly();
  return { fixture, isCut: cutting!.left <= 0 };
}

test('a crash at any change on disk leaves the old segments or the new ones', async () => {
  let cuts = 0;
  for (let left = 0; ; left++) {
    const { fixture, isCut } = await cleanedWithCut(left);
    const cutDisk = fixture.disk;
    for (const [index, kind] of KINDS.entries()) {
      fixture.disk = cutDisk;
      fixture.crashAndReopen(kind, left * 10 + index, { highWatermark: END });
      checkLog(fixture, `${kind} after ${left} calls`);
      fixture.cleaner = fixture.newCleaner();
      await fixture.cleanOnly();
      assert.deepEqual(shown(fixture.log), CLEANED);
    }
    cuts++;
    if (!isCut) break;
  }
  assert.ok(cuts > 40, `${cuts} cuts`);
});

test('a crash while the next start puts things right changes nothing of that', async () => {
  for (let left = 0; ; left++) {
    const { fixture, isCut } = await cleanedWithCut(left);
    for (const kind of ['dropped', 'kept'] as const) {
      const found = fixture.disk.crash(kind, new SeededRandom(left));
      for (let again = 0; ; again++) {
        const disk = found.crash('kept', new SeededRandom(left));
        const over = openCut(fixture, disk, again);
        fixture.disk = disk;
        fixture.crashAndReopen(again % 2 === 0 ? 'kept' : 'dropped', again, { highWatermark: END });
        checkLog(fixture, `${kind} after ${left} calls, then ${again}`);
        if (over > 0) break;
      }
    }
    if (!isCut) break;
  }
});

test('a crash while the marker of an aborted transaction goes leaves both it and its index entry, or neither', async () => {
  let withMarker = 0;
  let without = 0;
  for (let left = 0; ; left++) {
    const fixture = await dirtyLog();
    await fixture.cleanOnly();
    // The first cleaning removed the data, the second gives the marker its horizon, the third may let it go.
    fixture.put(['y=1', 'y=']);
    await fixture.clean();
    fixture.put(['y=2', 'y=']);
    fixture.log.roll(0);
    await fixture.flush();
    const end = fixture.log.logEndOffset;
    let cutting: CuttingDisk | undefined;
    fixture.killAndReopen({ highWatermark: end, wrap: (disk) => (cutting = cuttingDisk(disk)) });
    fixture.cleaner = fixture.newCleaner();
    cutting!.left = left;
    await fixture.cleanOnly(5000);
    const isCut = cutting!.left <= 0;
    const cutDisk = fixture.disk;
    for (const [index, kind] of KINDS.entries()) {
      fixture.disk = cutDisk;
      fixture.crashAndReopen(kind, left * 10 + index, { highWatermark: end });
      const markers = new Set(
        batchesOf(fixture.log).flatMap(({ base, isControlBatch }) => (isControlBatch ? [base] : [])),
      );
      const aborted = fixture.log.abortedTransactions(0, end);
      for (const { lastOffset } of aborted) assert.ok(markers.has(lastOffset), `${kind} after ${left} calls`);
      assert.deepEqual(latestOf(fixture), LATEST);
      if (markers.has(ABORT_MARKER)) withMarker++;
      else without++;
    }
    if (!isCut) break;
  }
  assert.ok(withMarker > 0 && without > 0, `${withMarker} with, ${without} without the marker`);
});

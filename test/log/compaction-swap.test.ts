import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '../../src/runtime/disk.ts';
import { CleaningFixture, shown } from './cleaning-fixture.ts';
import { cuttingDisk } from './cutting-disk.ts';
import { DIRECTORY, NOW_MS } from './log-fixture.ts';

/** Between the two steps of a swap, and behind the second: while the names are made durable the log goes on. */
const MOMENTS = ['before the segments are exchanged', 'after the segments are exchanged'] as const;
const END = 8;

/** What is written, as `offset:key=value`; a cut takes the end away. */
type Written = string[];

interface Happening {
  readonly name: string;
  /** What happens to the log meanwhile. */
  readonly act: (fixture: CleaningFixture, written: Written) => void | Promise<void>;
}

function write(fixture: CleaningFixture, written: Written, text: string): void {
  written.push(`${fixture.log.logEndOffset}:${text}`);
  fixture.put([text]);
}

function cutTo(fixture: CleaningFixture, written: Written, offset: number): void {
  fixture.log.truncateTo(offset);
  written.splice(0, written.length, ...written.filter((each) => Number.parseInt(each, 10) < offset));
}

const happenings: readonly Happening[] = [
  { name: 'nothing', act: () => {} },
  {
    name: 'records and a new segment',
    act: (fixture, written) => {
      write(fixture, written, 'a=new');
      fixture.log.roll(NOW_MS);
      write(fixture, written, 'z=new');
    },
  },
  {
    name: 'a cut of what is replaced',
    act: (fixture, written) => {
      cutTo(fixture, written, 3);
      // Of key b too: its older value may have gone for one that is cut.
      for (const text of ['b=other', 'd=other', 'c=other2', 'e=other', 'f=other']) write(fixture, written, text);
    },
  },
  {
    name: 'a cut behind what is replaced',
    act: (fixture, written) => {
      cutTo(fixture, written, 6);
      write(fixture, written, 'y=other');
    },
  },
  {
    name: 'a new start of the log',
    act: (fixture, written) => {
      fixture.log.truncateFullyAndStartAt(5, NOW_MS);
      written.length = 0;
      write(fixture, written, 'g=other');
    },
  },
  {
    name: 'records deleted up to within what is replaced',
    act: (fixture, written) => {
      fixture.log.deleteRecordsBefore(4);
      written.splice(0, 4);
    },
  },
  {
    name: 'another clean-up policy',
    act: ({ log }) => log.setConfig({ ...log.config, cleanupPolicy: { delete: true, compact: false } }),
  },
];

interface Held {
  readonly fixture: CleaningFixture;
  readonly written: Written;
  /** Lets the cleaning go on. */
  readonly release: () => void;
}

/** A log of three segments to be cleaned into one, whose cleaning waits at one of the two moments. */
async function heldAt(moment: (typeof MOMENTS)[number]): Promise<Held> {
  let waits: number | undefined;
  let release: (() => void) | undefined;
  const wrap = (disk: Disk): Disk => {
    const cutting = cuttingDisk(disk);
    return {
      ...cutting,
      syncDirectoryLater: async (path) => {
        if (waits !== undefined && MOMENTS[waits++] === moment)
          await new Promise<void>((resolve) => (release = resolve));
        await cutting.syncDirectoryLater(path);
      },
    };
  };
  const fixture = new CleaningFixture({ wrap });
  const written: Written = [];
  for (const text of ['a=1', 'b=1', 'a=2', 'c=1', 'b=2', 'd=1', 'c=2']) {
    write(fixture, written, text);
    if (fixture.log.logEndOffset % 2 === 0) fixture.log.roll(NOW_MS);
  }
  write(fixture, written, 'a=3');
  assert.equal(fixture.log.logEndOffset, END);
  await fixture.flush();
  waits = 0;
  fixture.cleaner.run();
  while (waits <= MOMENTS.indexOf(moment)) {
    fixture.time.advance(0);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assert.ok(fixture.cleaner.isCleaning);
  return { fixture, written, release: () => release?.() };
}

function latestOf(records: readonly string[]): string[] {
  const latest = new Map(records.map((record) => [record.slice(record.indexOf(':') + 1, record.indexOf('=')), record]));
  return [...latest.values()].toSorted();
}

function check({ fixture, written }: Held, where: string): void {
  const { log, diskFailures } = fixture;
  assert.deepEqual([log.offlineReason, diskFailures], [undefined, []], where);
  const seen = shown(log);
  for (const record of seen) assert.ok(written.includes(record), `${where}: ${record} was taken away`);
  assert.deepEqual(latestOf(seen), latestOf(written), where);
  assert.deepEqual([...seen], seen.toSorted(), where);
}

function leftovers({ disk }: CleaningFixture): string[] {
  return disk.list(DIRECTORY).flatMap(({ name }) => (/\.(cleaned|swap|deleted)$/.test(name) ? [name] : []));
}

for (const moment of MOMENTS) {
  for (const { name, act } of happenings) {
    test(`${name} ${moment}: the log has what it should, then and after the cleaning`, async () => {
      const held = await heldAt(moment);
      await act(held.fixture, held.written);
      check(held, 'meanwhile');
      held.release();
      await held.fixture.settle();
      assert.equal(held.fixture.cleaner.uncleanableCount, 0);
      check(held, 'afterwards');
      assert.deepEqual(leftovers(held.fixture), []);
    });

    test(`${name} ${moment}, then a crash: a start finds what it should`, async () => {
      for (const kind of ['kill', 'dropped', 'kept', 'mixed'] as const) {
        const held = await heldAt(moment);
        const { fixture } = held;
        await act(fixture, held.written);
        await fixture.flush();
        const { logStartOffset, logEndOffset: highWatermark } = fixture.log;
        if (kind === 'kill') fixture.killAndReopen({ logStartOffset, highWatermark });
        else fixture.crashAndReopen(kind, 7, { logStartOffset, highWatermark });
        check(held, kind);
        assert.deepEqual(leftovers(fixture), [], kind);
      }
    });
  }

  test(`a log that is closed ${moment} is left alone, and the next start finds it whole`, async () => {
    const held = await heldAt(moment);
    const { fixture } = held;
    await fixture.log.close();
    const names = fixture.disk.list(DIRECTORY);
    held.release();
    await fixture.settle();
    assert.deepEqual(fixture.disk.list(DIRECTORY), names);
    assert.deepEqual([fixture.diskFailures, fixture.cleaner.isCleaning], [[], false]);
    fixture.killAndReopen({ isClean: true, highWatermark: END });
    check(held, 'afterwards');
    assert.deepEqual(leftovers(fixture), []);
  });

  test(`a log that is deleted ${moment} takes no log directory offline`, async () => {
    const { fixture, release } = await heldAt(moment);
    fixture.log.abandon();
    fixture.disk.remove(DIRECTORY);
    release();
    await fixture.settle();
    assert.deepEqual([fixture.diskFailures, fixture.cleaner.isCleaning], [[], false]);
  });

  test(`names that cannot be made durable ${moment} take the log directory offline`, async () => {
    const { fixture, release } = await heldAt(moment);
    fixture.disk.fail({ call: 'sync', code: 'EIO', path: DIRECTORY });
    release();
    await fixture.settle();
    assert.ok(fixture.log.isOffline);
    assert.equal(fixture.diskFailures.length, 1);
    assert.ok(!fixture.cleaner.isCleaning);
  });
}

test('a segment that a cut removed does not come back over what was written since', async () => {
  const fixture = new CleaningFixture();
  const written: Written = [];
  for (const texts of [['a=1', 'b=1'], ['c=1']]) {
    for (const text of texts) write(fixture, written, text);
    fixture.log.roll(NOW_MS);
  }
  await fixture.flush();
  cutTo(fixture, written, 1);
  for (const text of ['d=1', 'e=1', 'f=1']) write(fixture, written, text);
  await fixture.flush();
  fixture.crashAndReopen('dropped', 1, { highWatermark: 4 });
  assert.deepEqual(shown(fixture.log), ['0:a=1', '1:d=1', '2:e=1', '3:f=1']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { LOG_CONFIG_DEFAULTS } from '../../src/log/log-config.ts';
import { LogCopy } from '../../src/log/directories/log-copy.ts';
import { LogDirectories } from '../../src/log/directories/log-directories.ts';
import { LogShared } from '../../src/log/log-shared.ts';
import type { PartitionLog } from '../../src/log/partition-log.ts';
import { E } from '../../src/protocol/errors.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { CutDisk } from './cut-disk.ts';
import { NOW_MS, NotingLogger, batchOf, readAll, valuesOf } from './log-fixture.ts';

const TOPIC_ID = '7Vd3XX4KQ3iM0vS8Z9vYxQ';
const DAY_MS = 86_400_000;
const OPERATIONS_MAX = 500;
const ENDS = ['kill', 'dropped', 'kept', 'torn', 'mixed'] as const;
type End = (typeof ENDS)[number];
const config = { ...LOG_CONFIG_DEFAULTS, segmentBytes: 300, retentionMs: DAY_MS };

/** What has been promised of a partition's log, whatever becomes of the process. */
interface Promised {
  /** Everything below it that is not deleted is there. */
  endOffset: number;
  /** The log starts here or later. */
  startOffset: number;
  /** It starts here at the latest: no more than that was asked to be deleted. */
  startOffsetMax: number;
  mayBeGone: boolean;
}

/** One life of a broker on two directories. */
class Life {
  readonly disk: MemoryDisk;
  readonly cut: CutDisk;
  readonly end: End;
  readonly promised: Promised = { endOffset: 0, startOffset: 0, startOffsetMax: 0, mayBeGone: false };
  directories!: LogDirectories;
  survivor: MemoryDisk | undefined;

  constructor(end: End, seed: number, disk = new MemoryDisk({ crashable: true })) {
    this.end = end;
    this.disk = disk;
    this.cut = new CutDisk(disk, () => {
      this.survivor = end === 'kill' ? disk.kill() : disk.crash(end, new SeededRandom(seed));
    });
  }

  async open(): Promise<void> {
    this.directories = await LogDirectories.open({
      shared: new LogShared({ disk: this.disk, logger: new NotingLogger() }),
      random: new SeededRandom(5),
      paths: ['/one', '/two'],
      nodeId: 1,
      nowMs: NOW_MS,
      configOf: () => config,
    });
  }

  get log(): PartitionLog {
    return this.directories.get('orders', 0)!;
  }

  /** One record; it is promised once written where only the process may end, else once synced. */
  append(nowMs = NOW_MS): void {
    const { log, promised, end } = this;
    const context = { leaderEpoch: 0, origin: 'client', nowMs } as const;
    const { error } = log.appendAsLeader(batchOf([`v${log.logEndOffset}`], {}, nowMs), context);
    assert.equal(error, E.NONE);
    log.writeStaged();
    log.setHighWatermark(log.logEndOffset);
    if (end === 'kill') promised.endOffset = Math.max(promised.endOffset, log.settledEndOffset);
  }

  async flush(): Promise<void> {
    const { logEndOffset } = this.log;
    await this.log.flush();
    this.promised.endOffset = Math.max(this.promised.endOffset, logEndOffset);
  }
}

/** What is done while the process may end; each throws when it did. */
const WORK: Readonly<Record<string, (life: Life) => Promise<void>>> = {
  'appends that roll, syncs and checkpoints': async (life) => {
    for (let index = 0; index < 12; index++) {
      life.append();
      if (index % 3 === 2) await life.flush();
      if (index % 5 === 4) life.directories.checkpoint();
    }
  },
  retention: async (life) => {
    const { log, promised } = life;
    promised.startOffsetMax = log.logEndOffset;
    life.directories.cleanUp(NOW_MS + 2 * DAY_MS, DAY_MS);
    life.append(NOW_MS + 2 * DAY_MS);
    await life.flush();
    life.directories.checkpoint();
  },
  'deletion of records': async (life) => {
    for (const offset of [2, 7, 11]) {
      life.promised.startOffsetMax = offset;
      assert.equal(life.log.deleteRecordsBefore(offset), E.NONE);
      life.directories.checkpointLogStarts();
      if (life.survivor === undefined) life.promised.startOffset = offset;
      life.append();
      await life.flush();
    }
    life.directories.checkpoint();
  },
  'deletion of the partition': async (life) => {
    life.promised.mayBeGone = true;
    life.directories.delete('orders', 0, NOW_MS);
    life.directories.tick(NOW_MS + DAY_MS);
    life.directories.removeDeleted(NOW_MS + DAY_MS);
    await life.directories.flushed();
  },
  'a move to the other directory': async (life) => {
    const { log, directories, promised } = life;
    promised.startOffsetMax = 3;
    assert.equal(log.deleteRecordsBefore(3), E.NONE);
    directories.checkpointLogStarts();
    if (life.survivor === undefined) promised.startOffset = 3;
    const to = directories.pathOf(log) === '/one' ? '/two' : '/one';
    const copy = new LogCopy(log, directories.createFuture(log, to));
    while (copy.copySome(200, log.highWatermark, NOW_MS) > 0);
    await copy.target.flush();
    life.append();
    copy.copySome(1000, log.logEndOffset, NOW_MS);
    copy.target.takeOver(log);
    let moved: PartitionLog | undefined;
    directories.replace(log, copy.target, NOW_MS, (replaced) => {
      moved = replaced;
    });
    if (life.survivor !== undefined) throw new Error('the process is gone');
    assert.equal(moved?.directory, `${to}/orders-0`);
    assert.equal(life.log, moved);
    life.append();
    await life.flush();
    directories.tick(NOW_MS + DAY_MS);
    directories.removeDeleted(NOW_MS + DAY_MS);
    directories.checkpoint();
  },
};

async function prepared(end: End, seed: number): Promise<Life> {
  const life = new Life(end, seed);
  await life.open();
  life.directories.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config });
  for (let index = 0; index < 12; index++) life.append();
  await life.flush();
  life.directories.checkpoint();
  return life;
}

function check({ log }: Life, promised: Promised, where: string): void {
  if (log === undefined) {
    assert.ok(promised.mayBeGone, `${where}: gone`);
    return;
  }
  assert.equal(log.offlineReason, undefined, where);
  assert.ok(log.logEndOffset >= promised.endOffset, `${where}: ends at ${log.logEndOffset} of ${promised.endOffset}`);
  assert.ok(log.logStartOffset >= promised.startOffset, `${where}: starts at ${log.logStartOffset} again`);
  assert.ok(log.logStartOffset <= promised.startOffsetMax, `${where}: starts at ${log.logStartOffset} already`);
  const offsets = Array.from(
    { length: log.logEndOffset - log.logStartOffset },
    (_, index) => index + log.logStartOffset,
  );
  assert.deepEqual(
    valuesOf(readAll(log)),
    offsets.map((offset) => `v${offset}`),
    where,
  );
}

for (const [name, work] of Object.entries(WORK)) {
  for (const end of ENDS) {
    test(`${name}, ended at any operation (${end}), leaves a log that opens with all that was promised`, async () => {
      for (let nth = 1; ; nth++) {
        assert.ok(nth < OPERATIONS_MAX);
        const life = await prepared(end, nth);
        life.cut.cutAt(nth);
        await work(life).catch((error: unknown) => {
          if (life.survivor === undefined) throw error;
        });
        const where = `operation ${nth}`;
        if (life.survivor === undefined) {
          assert.ok(nth > 3, 'it takes more operations than that');
          break;
        }
        const next = new Life(end, nth, life.survivor);
        await next.open();
        check(next, life.promised, where);
        // Again: what a start puts right stays so.
        const last = new Life(end, nth, next.disk.kill());
        await last.open();
        check(last, life.promised, `${where}, second start`);
      }
    });
  }
}

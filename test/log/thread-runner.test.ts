import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CleaningEvents, CleaningRunner } from '../../src/log/cleaning/cleaning-runner.ts';
import type { CleaningJob, CleaningOutcome } from '../../src/log/cleaning/cleaning-job.ts';
import { CLEANING_VERSION } from '../../src/log/cleaning/cleaning-messages.ts';
import { LOG_CONFIG_DEFAULTS } from '../../src/log/log-config.ts';
import { LogCleaner } from '../../src/log/cleaning/log-cleaner.ts';
import { LogShared } from '../../src/log/log-shared.ts';
import { PartitionLog } from '../../src/log/partition-log.ts';
import { ThreadRunner } from '../../src/log/cleaning/thread-runner.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { nodeClock } from '../../src/runtime/node-clock.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import type { ThreadEvents, Threads } from '../../src/runtime/threads.ts';
import { COMPACT, recordsOf, shown } from './cleaning-fixture.ts';
import { NOW_MS, NotingLogger } from './log-fixture.ts';

const JOB: CleaningJob = {
  directory: '/logs/orders-0',
  segments: [],
  firstDirtyOffset: 0,
  firstUncleanableOffset: 0,
  aborted: [],
  producers: [],
  nowMs: NOW_MS,
  deleteRetentionMs: 0,
  segmentBytes: 1,
  segmentIndexBytes: 1,
  indexIntervalBytes: 1,
  mapBytesMax: 1000,
  mapLoadFactor: 0.9,
  bytesPerSecondMax: 1,
};
const OUTCOME: CleaningOutcome = { endOffset: 5, bytesRead: 1, bytesWritten: 1, keys: 1, keylessDropped: 0 };

/** Threads that a test speaks for. */
class SpokenThreads implements Threads {
  readonly told: unknown[] = [];
  ended = 0;
  events: ThreadEvents[] = [];

  start(_name: 'cleaner', events: ThreadEvents): { post(message: unknown): void; end(): void } {
    this.events.push(events);
    return { post: (message) => this.told.push(message), end: () => this.ended++ };
  }
}

class NotingRunner implements CleaningRunner {
  started = 0;
  removed: string[] = [];

  start(): void {
    this.started++;
  }

  remove(paths: readonly string[]): void {
    this.removed.push(...paths);
  }

  stop(): void {
    // Nothing runs.
  }
}

function noting(goesOn = true): CleaningEvents & { heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    cleaned: () => {
      heard.push('cleaned');
      return Promise.resolve(goesOn);
    },
    done: ({ endOffset }) => heard.push(`done ${endOffset}`),
    failed: ({ message }) => heard.push(`failed ${message}`),
  };
}

function setUp(): { threads: SpokenThreads; substitute: NotingRunner; runner: ThreadRunner } {
  const threads = new SpokenThreads();
  const substitute = new NotingRunner();
  return { threads, substitute, runner: new ThreadRunner(threads, substitute, new NotingLogger()) };
}

const group = { replaced: [], cleaned: { baseOffset: 0, size: 0, createdMs: 0 } };

test('a thread gets its job once it is ready, goes on after each segment, and serves the next cleaning too', async () => {
  const { threads, runner } = setUp();
  const events = noting();
  runner.start(JOB, events);
  assert.deepEqual(threads.told, []);
  threads.events[0]!.message({ kind: 'ready', version: CLEANING_VERSION });
  threads.events[0]!.message({ kind: 'cleaned', group });
  await Promise.resolve();
  threads.events[0]!.message({ kind: 'done', outcome: OUTCOME });
  runner.remove(['/x']);
  runner.start(JOB, events);
  assert.deepEqual(threads.told, [
    { kind: 'clean', job: JOB },
    { kind: 'goOn' },
    { kind: 'remove', paths: ['/x'] },
    { kind: 'clean', job: JOB },
  ]);
  assert.deepEqual(events.heard, ['cleaned', 'done 5']);
  assert.equal(threads.events.length, 1);
});

test('a segment that is not wanted ends the thread', async () => {
  const { threads, runner } = setUp();
  runner.start(JOB, noting(false));
  threads.events[0]!.message({ kind: 'ready', version: CLEANING_VERSION });
  threads.events[0]!.message({ kind: 'cleaned', group });
  await Promise.resolve();
  assert.deepEqual([threads.told.length, threads.ended], [1, 1]);
});

test('a thread that dies fails its cleaning, and the next one gets a new thread', () => {
  const { threads, runner } = setUp();
  const events = noting();
  runner.start(JOB, events);
  threads.events[0]!.message({ kind: 'ready', version: CLEANING_VERSION });
  threads.events[0]!.failed(new Error('out of memory'));
  assert.deepEqual(events.heard, ['failed out of memory']);
  runner.start(JOB, events);
  assert.equal(threads.events.length, 2);
});

for (const [what, speak] of [
  ['cannot be started', (events: ThreadEvents) => events.failed(new Error('no such file'))],
  ['is of another version', (events: ThreadEvents) => events.message({ kind: 'ready', version: CLEANING_VERSION + 1 })],
] as const) {
  test(`where the thread ${what} cleaning goes on without`, () => {
    const { threads, substitute, runner } = setUp();
    const events = noting();
    runner.start(JOB, events);
    speak(threads.events[0]!);
    runner.start(JOB, events);
    runner.remove(['/x']);
    assert.deepEqual([substitute.started, substitute.removed, events.heard], [2, ['/x'], []]);
    assert.equal(threads.events.length, 1);
  });
}

test('a log on a real disk is cleaned by a real thread', async (context) => {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-cleaner-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const logger = new NotingLogger();
  const directory = join(home, 'orders-0');
  mkdirSync(directory);
  const log = PartitionLog.open({
    shared: new LogShared({ disk: nodeDisk, logger }),
    hooks: { diskFailed: () => {}, recoveryPointLowered: () => {}, syncNames: () => {}, isLowOnSpace: () => false },
    directory,
    topic: 'orders',
    partition: 0,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    config: { ...LOG_CONFIG_DEFAULTS, ...COMPACT },
    recoveryPoint: 0,
    logStartOffset: 0,
    highWatermark: 0,
    isClean: false,
    isNew: true,
    nowMs: NOW_MS,
  });
  for (const texts of [['a=1', 'b=1'], ['a=2'], ['c=1']]) {
    log.appendAsLeader(buildBatch(recordsOf(texts)), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  }
  log.writeStaged();
  log.setHighWatermark(log.logEndOffset);
  log.roll(NOW_MS);
  await log.flush();
  const substitute = new NotingRunner();
  const cleaned = new Promise<void>((done) => {
    const cleaner = new LogCleaner({
      disk: nodeDisk,
      logger: Object.assign(logger, { info: () => done() }),
      clock: nodeClock,
      runner: new ThreadRunner(nodeDisk.threads!, substitute, logger),
      logs: () => [log],
      limits: () => ({ mapBytesMax: 1000, mapLoadFactor: 0.9, bytesPerSecondMax: 1e12 }),
      isEnabled: () => true,
    });
    cleaner.run();
  });
  // The thread does not keep the process alive by itself.
  const alive = setInterval(() => {}, 1000);
  await cleaned;
  clearInterval(alive);
  assert.deepEqual(shown(log), ['1:b=1', '2:a=2', '3:c=1']);
  assert.equal(substitute.started, 0);
  await log.close();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { E } from '../../src/protocol/errors.ts';
import { buildEndTxnBatch } from '../../src/records/control-records.ts';
import { LogFixture, NOW_MS, batchOf } from './log-fixture.ts';

/** One batch of the log as anyone would note it. */
interface Noted {
  readonly producer: number;
  readonly epoch: number;
  readonly base: number;
  readonly count: number;
  /** Left out for records outside of transactions. */
  readonly part?: 'data' | 'commit' | 'abort';
}

type Step =
  | { readonly kind: 'send'; readonly producer: number; readonly records: number; readonly bytes: number }
  | { readonly kind: 'plain'; readonly producer: number; readonly records: number }
  | { readonly kind: 'end'; readonly producer: number; readonly commits: boolean; readonly bumps: boolean }
  | { readonly kind: 'truncate' | 'delete'; readonly at: number }
  | { readonly kind: 'roll' | 'settle' | 'flush' | 'kill' | 'reopen' | 'power loss' };

const producer = fc.integer({ min: 1, max: 4 });
const records = fc.integer({ min: 1, max: 4 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      producer,
      records,
      bytes: fc.constantFrom(0, 10, 1000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('plain' as const), producer, records }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('end' as const), producer, commits: fc.boolean(), bumps: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('truncate' as const, 'delete' as const), at: fraction }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('roll', 'settle', 'flush', 'kill', 'reopen', 'power loss') as fc.Arbitrary<'roll'>,
    }),
  },
);

const policy = fc.constantFrom('os' as const, 'group' as const);

const CONFIG = { segmentBytes: 6000, indexIntervalBytes: 128 };

interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** What a list of batches says of its transactions, found by walking it from the start. */
function walk(batches: readonly Noted[]) {
  const open = new Map<number, number>();
  const epochs = new Map<number, number>();
  const aborted: Aborted[] = [];
  for (const { producer: id, epoch, base, part } of batches) {
    epochs.set(id, epoch);
    if (part === 'data') {
      if (!open.has(id)) open.set(id, base);
    } else if (part !== undefined) {
      const firstOffset = open.get(id);
      if (part === 'abort' && firstOffset !== undefined) {
        aborted.push({ producerId: id, firstOffset, lastOffset: base });
      }
      open.delete(id);
    }
  }
  return { open, epochs, aborted };
}

/** A log under test beside the list of what it holds. */
class World {
  readonly fixture: LogFixture;
  batches: Noted[] = [];
  start = 0;

  constructor(flushPolicy: 'os' | 'group') {
    const limits = { openFilesMax: 3, loadedIndexesMax: 1 };
    this.fixture = new LogFixture({ config: { ...CONFIG, flushPolicy }, limits });
  }

  get end(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.base + last.count;
  }

  async apply(action: Step): Promise<void> {
    const { fixture } = this;
    const { log } = fixture;
    switch (action.kind) {
      case 'send':
        this.#send(action.producer, action.records, action.bytes, true);
        break;
      case 'plain':
        // A producer with an open transaction may not write outside of it.
        if (!walk(this.batches).open.has(action.producer)) this.#send(action.producer, action.records, 0, false);
        break;
      case 'end':
        this.#end(action.producer, action.commits, action.bumps);
        break;
      case 'truncate':
        this.#truncate(Math.round(action.at * this.end));
        break;
      case 'delete':
        this.start = Math.max(this.start, Math.round(action.at * this.end));
        assert.equal(log.deleteRecordsBefore(this.start), E.NONE);
        break;
      case 'roll':
        log.roll(NOW_MS);
        break;
      case 'settle':
        await new Promise((settled) => log.whenSettled(this.end, settled));
        break;
      case 'flush':
        await fixture.flush();
        break;
      case 'kill':
        fixture.killAndReopen(this.#marks());
        break;
      case 'power loss':
        await fixture.flush();
        fixture.crashAndReopen('mixed', 1, this.#marks());
        break;
      case 'reopen':
        await log.close();
        fixture.open({ isClean: true, recoveryPoint: this.end, ...this.#marks() });
        fixture.checkpointed = this.end;
        break;
      default:
        action satisfies never;
    }
  }

  /** Holds what the log says against the list. */
  check(): void {
    const { log } = this.fixture;
    assert.equal(log.offlineReason, undefined);
    assert.equal(log.logEndOffset, this.end);
    const { open, epochs, aborted } = walk(this.batches);
    const undecided = Math.max(this.start, Math.min(this.end, ...open.values()));
    assert.equal(log.lastStableOffset, undecided, 'the last stable offset');
    for (const { producerId, producerEpoch, currentTxnStartOffset } of log.activeProducers()) {
      assert.equal(producerEpoch, epochs.get(producerId), 'the epoch');
      assert.equal(currentTxnStartOffset, open.get(producerId) ?? -1, 'where the transaction began');
    }
    for (const [id] of open) {
      assert.ok(
        log.activeProducers().some(({ producerId }) => producerId === id),
        'its producer is known',
      );
    }
    for (const [from, upper] of [
      [this.start, this.end],
      [Math.floor((this.start + this.end) / 2), this.end],
      [this.start, Math.ceil((this.start + this.end) / 2)],
    ] as const) {
      const found = log.abortedTransactions(from, upper);
      const told = found.map(({ producerId, firstOffset, lastOffset }) => ({ producerId, firstOffset, lastOffset }));
      const overlapping = aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < upper);
      assert.deepEqual(told, overlapping, `aborted in [${from}, ${upper})`);
    }
  }

  /** Everything that is known of producers, to be the same after a restart. */
  describe(): unknown {
    const { log } = this.fixture;
    return {
      producers: log.activeProducers().toSorted((one, other) => one.producerId - other.producerId),
      lastStableOffset: log.lastStableOffset,
      aborted: log.abortedTransactions(0, Number.MAX_SAFE_INTEGER),
    };
  }

  #marks() {
    return { logStartOffset: this.start, highWatermark: this.end };
  }

  #epochOf(id: number): number {
    return walk(this.batches).epochs.get(id) ?? 0;
  }

  #send(id: number, count: number, bytes: number, isTransactional: boolean): void {
    const { log } = this.fixture;
    const epoch = this.#epochOf(id);
    const known = log.activeProducers().find(({ producerId }) => producerId === id);
    const baseSequence = known === undefined ? 0 : known.lastSequence + 1;
    const values = Array.from({ length: count }, (_, index) => `${index}${'x'.repeat(bytes)}`);
    const options = { producerId: id, producerEpoch: epoch, baseSequence, transactional: isTransactional };
    const base = this.end;
    const { error, detail } = this.fixture.append(batchOf(values, options));
    assert.equal(error, E.NONE, String(detail));
    this.batches.push({ producer: id, epoch, base, count, ...(isTransactional ? { part: 'data' } : {}) });
  }

  #end(id: number, commits: boolean, bumps: boolean): void {
    const { log } = this.fixture;
    const epoch = this.#epochOf(id) + (bumps ? 1 : 0);
    const marker = { type: commits ? 1 : 0, coordinatorEpoch: 0, producerId: id, producerEpoch: epoch } as const;
    const base = this.end;
    const { error, detail } = log.appendAsLeader(buildEndTxnBatch({ ...marker, timestamp: NOW_MS }), {
      leaderEpoch: 0,
      origin: 'coordinator',
      nowMs: NOW_MS,
      transactionVersion: bumps ? 2 : 1,
    });
    assert.equal(error, E.NONE, String(detail));
    log.writeStaged();
    log.setHighWatermark(log.logEndOffset);
    this.batches.push({ producer: id, epoch, base, count: 1, part: commits ? 'commit' : 'abort' });
  }

  #truncate(offset: number): void {
    const { log } = this.fixture;
    const cut = this.batches.findLast(({ base }) => base <= offset)?.base ?? 0;
    if (offset <= this.start || cut < this.start || cut <= log.firstSegmentOffset || offset >= this.end) return;
    log.truncateTo(offset);
    this.batches = this.batches.filter(({ base }) => base < cut);
    log.setHighWatermark(log.logEndOffset);
  }
}

const RUNS = process.env['POSTHORN_LONG'] === '1' ? 3000 : 200;

test('what a log knows of transactions is what its batches say, living through as well as recovering', async () => {
  await fc.assert(
    fc.asyncProperty(policy, fc.array(step, { minLength: 5, maxLength: 60 }), async (flushPolicy, steps) => {
      const world = new World(flushPolicy);
      for (const action of steps) {
        await world.apply(action);
        world.check();
      }
      const living = world.describe();
      await world.apply({ kind: 'kill' });
      assert.deepEqual(world.describe(), living);
      await world.apply({ kind: 'reopen' });
      assert.deepEqual(world.describe(), living);
      await world.fixture.log.close();
    }),
    { numRuns: RUNS },
  );
});

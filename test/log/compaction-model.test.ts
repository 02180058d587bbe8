import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Codec } from '../../src/records/batch.ts';
import { CleaningFixture, committed, shown } from './cleaning-fixture.ts';
import { NOW_MS } from './log-fixture.ts';

type Step =
  | { readonly kind: 'put'; readonly producer: number; readonly keys: readonly number[]; readonly codec: Codec }
  | { readonly kind: 'transact'; readonly producer: number; readonly keys: readonly number[]; readonly codec: Codec }
  | { readonly kind: 'end'; readonly producer: number; readonly outcome: 'commit' | 'abort' }
  | { readonly kind: 'clean'; readonly afterMs: number }
  /** A cleaning that is under way when the next steps come. */
  | { readonly kind: 'startCleaning'; readonly turns: number }
  | { readonly kind: 'roll' | 'kill' | 'crash' | 'close' };

/** Keys 0 to 5; ten more stand for the tombstone of a key. */
const payload = {
  producer: fc.integer({ min: 0, max: 3 }),
  keys: fc.array(fc.constantFrom(0, 1, 2, 3, 4, 5, 10, 11, 12), { minLength: 1, maxLength: 5 }),
  codec: fc.constantFrom(Codec.none, Codec.none, Codec.lz4, Codec.gzip),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), ...payload }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('transact' as const), ...payload }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      producer: fc.integer({ min: 1, max: 3 }),
      outcome: fc.constantFrom('commit' as const, 'abort' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('clean' as const), afterMs: fc.integer({ min: 0, max: 900 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('startCleaning' as const), turns: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('roll', 'kill', 'crash', 'close') as fc.Arbitrary<'roll'> }),
  },
);

interface Written {
  readonly offset: number;
  readonly key: string;
  readonly value: string;
  /** Undefined while its transaction is open. */
  outcome: 'commit' | 'abort' | undefined;
}

/** A log as its producers know it. */
class Model {
  readonly records: Written[] = [];
  readonly sequences = [0, 0, 0, 0];
  readonly open: Written[][] = [[], [], [], []];
  end = 0;
  nowMs = 0;

  write(keys: readonly number[], outcome: 'commit' | undefined): { texts: string[]; written: Written[] } {
    const written = keys.map((key) => {
      const record = { offset: this.end, key: `k${key % 10}`, value: key >= 10 ? '' : `v${this.end}`, outcome };
      this.end++;
      return record;
    });
    this.records.push(...written);
    return { texts: written.map(({ key, value }) => `${key}=${value}`), written };
  }
}

function applyWrite(fixture: CleaningFixture, model: Model, action: Step & { kind: 'put' | 'transact' }): void {
  const { producer, keys, codec } = action;
  // A producer in a transaction writes nothing outside of it, and producer 0 has no id.
  const transactional = producer > 0 && (action.kind === 'transact' || model.open[producer]!.length > 0);
  const { texts: lines, written } = model.write(keys, transactional ? undefined : 'commit');
  if (transactional) model.open[producer]!.push(...written);
  const identity = { producerId: producer, producerEpoch: 0, baseSequence: model.sequences[producer]!, transactional };
  fixture.put(lines, producer === 0 ? { codec } : { ...identity, codec });
  model.sequences[producer]! += keys.length;
}

async function restart(fixture: CleaningFixture, kind: 'kill' | 'crash' | 'close'): Promise<void> {
  const highWatermark = fixture.log.logEndOffset;
  if (kind === 'kill') fixture.killAndReopen({ highWatermark });
  else if (kind === 'close') {
    await fixture.log.close();
    fixture.killAndReopen({ highWatermark, isClean: true });
  } else {
    await fixture.flush();
    fixture.crashAndReopen('dropped', 1, { highWatermark });
  }
  fixture.cleaner = fixture.newCleaner();
}

async function apply(fixture: CleaningFixture, model: Model, action: Step): Promise<void> {
  switch (action.kind) {
    case 'put':
    case 'transact':
      applyWrite(fixture, model, action);
      break;
    case 'end': {
      const open = model.open[action.producer]!;
      if (open.length === 0) break;
      fixture.endTransaction(action.producer, 0, action.outcome);
      for (const record of open.splice(0)) record.outcome = action.outcome;
      model.end++;
      break;
    }
    case 'clean':
      model.nowMs += action.afterMs;
      await fixture.clean(model.nowMs);
      break;
    case 'startCleaning':
      fixture.log.roll(NOW_MS);
      await fixture.flush();
      fixture.cleaner.run();
      // Up to the middle of a swap: the disk answers in microtasks.
      fixture.time.advance(0);
      for (let turn = 0; turn < action.turns; turn++) await Promise.resolve();
      break;
    case 'roll':
      fixture.log.roll(NOW_MS);
      break;
    case 'kill':
    case 'crash':
    case 'close':
      await restart(fixture, action.kind);
      break;
    default:
      action satisfies never;
  }
}

/** Keys and their values once all of `records`, as `offset:key=value`, were read. */
function stateAfter(records: readonly string[]): Map<string, string> {
  const state = new Map<string, string>();
  for (const record of records) {
    const [, key, value] = /^\d+:(\w+)=(\w*)$/.exec(record)!;
    if (value === '') state.delete(key!);
    else state.set(key!, record);
  }
  return new Map([...state].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function texts(records: readonly Written[]): string[] {
  return records.map(({ offset, key, value }) => `${offset}:${key}=${value}`);
}

function check(fixture: CleaningFixture, model: Model): void {
  const { log } = fixture;
  assert.deepEqual([log.offlineReason, log.logEndOffset], [undefined, model.end]);
  const all = new Set(texts(model.records));
  for (const record of shown(log)) assert.ok(all.has(record), `${record} was never written so`);
  const stable = model.records.filter(({ offset, outcome }) => outcome === 'commit' && offset < log.lastStableOffset);
  const seen = committed(log);
  const allowed = new Set(texts(stable));
  for (const record of seen) assert.ok(allowed.has(record), `${record} is not committed`);
  assert.deepEqual(stateAfter(seen), stateAfter(texts(stable)));
  assert.equal(fixture.cleaner.uncleanableCount, 0);
}

test('whatever is written, cleaned, killed and started again: readers end with the same latest values', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const fixture = new CleaningFixture({ config: { segmentBytes: 900, indexIntervalBytes: 100 } });
      const model = new Model();
      for (const action of steps) {
        await apply(fixture, model, action);
        check(fixture, model);
      }
      await apply(fixture, model, { kind: 'clean', afterMs: 2000 });
      check(fixture, model);
      await restart(fixture, 'kill');
      check(fixture, model);
    }),
    { numRuns: 150 },
  );
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import {
  InvalidTxn,
  LeaseGone,
  StoreUnavailable,
  TXN_BYTES_MAX,
  TXN_OPS_MAX,
  type Compare,
  type MetadataStore,
  type StoreEvent,
  type StoreOp,
  type Txn,
  type TxnResult,
} from '../../src/metadata/metadata-store.ts';
import { randomTxn } from './random-txns.ts';
import { StoreModel } from './store-model.ts';

/** A fresh, empty store, and the time it lives in. */
export interface StoreUnderTest {
  readonly store: MetadataStore;
  /** Lets time pass, and all that falls due in it come to its end. */
  pass(ms: number): Promise<void>;
  /** How much time to let pass at once for a call to come to its end; none, where nothing takes time. */
  readonly stepMs?: number;
  /** Transactions asked for at once take effect in their order. */
  readonly isOrdered?: true;
  /** Forgets all history; a store that cannot do it on demand leaves this out. */
  compact?(): Promise<void>;
  /** From now on requests arrive and answers are lost, until the returned function is called. */
  loseAnswers?(): () => void;
  /** From now on nobody reaches the store, until the returned function is called. */
  goAway?(): () => void;
}

/** What a store's {@link StoreUnderTest} offers beyond the least. */
export type Ability = 'compact' | 'goAway' | 'loseAnswers';

/** Steps that a call may take before it counts as hanging. */
const STEPS_MAX = 20_000;

const put = (key: string, value = 'v', lease?: string): StoreOp =>
  lease === undefined ? { type: 'put', key, value } : { type: 'put', key, value, lease };
const remove = (key: string): StoreOp => ({ type: 'delete', key });
const get = (key: string): StoreOp => ({ type: 'get', key });

/** What every metadata store must do; run on each implementation. */
export function storeContract(
  title: string,
  open: () => Promise<StoreUnderTest>,
  options: { abilities?: readonly Ability[]; runs?: number } = {},
): void {
  const { abilities = [], runs = 100 } = options;
  const opened = async (): Promise<Bench> => {
    const bench = new Bench(await open());
    bench.base = (await bench.range('')).revision;
    return bench;
  };

  suite(`${title}: transactions`, () => {
    test('a key remembers when it was made and when it was last put', async () => {
      const bench = await opened();
      const first = await bench.write(put('k', 'one'));
      const second = await bench.write(put('k', 'two'));
      assert.equal(second, first + 1);
      assert.deepEqual(await bench.get('k'), {
        key: 'k',
        value: 'two',
        createRevision: first,
        modRevision: second,
        lease: undefined,
      });
      await bench.write(remove('k'));
      assert.equal(await bench.get('k'), undefined);
      const fourth = await bench.write(put('k', 'three'));
      assert.equal((await bench.get('k'))?.createRevision, fourth, 'made anew, it is another key');
    });

    test('all keys of a transaction share one revision', async () => {
      const bench = await opened();
      const revision = await bench.write(put('a'), put('b'), put('c'));
      const { entries } = await bench.range('');
      assert.deepEqual(
        entries.map(({ key, modRevision }) => [key, modRevision]),
        [
          ['a', revision],
          ['b', revision],
          ['c', revision],
        ],
      );
    });

    test('compares choose the branch; reads show what was before it', async () => {
      const bench = await opened();
      const absent = { key: 'k', createRevision: 0 };
      const won = await bench.done(bench.store.txn({ compares: [absent], onSuccess: [put('k', 'mine'), get('k')] }));
      assert.equal(won.succeeded, true);
      assert.deepEqual(won.reads, [undefined]);
      const lost = await bench.done(
        bench.store.txn({ compares: [absent], onSuccess: [put('k', 'yours')], onFailure: [get('k')] }),
      );
      assert.equal(lost.succeeded, false);
      assert.equal(lost.reads[0]?.value, 'mine');
      assert.equal(lost.revision, won.revision, 'nothing was changed');
      const swapped = await bench.done(
        bench.store.txn({ compares: [{ key: 'k', modRevision: won.revision }], onSuccess: [put('k', 'next')] }),
      );
      assert.equal(swapped.succeeded, true);
      const stale = await bench.done(
        bench.store.txn({ compares: [{ key: 'k', modRevision: won.revision }], onSuccess: [put('k', 'late')] }),
      );
      assert.equal(stale.succeeded, false);
      assert.equal((await bench.get('k'))?.value, 'next');
    });

    test('one compare that fails is enough', async () => {
      const bench = await opened();
      const revision = await bench.write(put('a'));
      const { succeeded } = await bench.done(
        bench.store.txn({
          compares: [
            { key: 'a', modRevision: revision },
            { key: 'b', modRevision: revision },
          ],
          onSuccess: [put('c')],
        }),
      );
      assert.equal(succeeded, false);
      assert.equal(await bench.get('c'), undefined);
    });

    test('a transaction that changes nothing uses up no revision', async () => {
      const bench = await opened();
      const revision = await bench.write(put('a'));
      assert.equal(await bench.write(remove('none'), get('a')), revision);
      assert.equal(await bench.write(), revision);
      assert.equal(await bench.write(put('a')), revision + 1, 'a put of the same value is a change');
    });

    test('transactions asked for at once take effect one after the other, each with its revision', async () => {
      const bench = await opened();
      const asked = [1, 2, 3].map((value) => bench.store.txn({ compares: [], onSuccess: [put('k', `${value}`)] }));
      const results = await bench.done(Promise.all(asked));
      const revisions = results.map(({ revision }) => revision);
      assert.deepEqual(
        revisions.toSorted((left, right) => left - right),
        [1, 2, 3].map((index) => bench.base + index),
      );
      if (bench.under.isOrdered) assert.equal(revisions[0], bench.base + 1);
      const newest = revisions.indexOf(bench.base + 3);
      assert.equal((await bench.get('k'))?.value, `${newest + 1}`);
    });

    test('of many who want one key, one gets it', async () => {
      const bench = await opened();
      const want = { compares: [{ key: 'k', createRevision: 0 }], onSuccess: [put('k')], onFailure: [get('k')] };
      const results = await bench.done(Promise.all(Array.from({ length: 20 }, () => bench.store.txn(want))));
      assert.equal(results.filter(({ succeeded }) => succeeded).length, 1);
      assert.equal((await bench.range('')).revision, bench.base + 1);
    });

    test('a compare with a revision of the past, or of a key that is gone, does not hold', async () => {
      const bench = await opened();
      const first = await bench.write(put('k'));
      await bench.write(remove('k'));
      const third = await bench.write(put('k'));
      const holds = async (compare: Compare): Promise<boolean> =>
        (await bench.done(bench.store.txn({ compares: [compare], onSuccess: [] }))).succeeded;
      assert.equal(await holds({ key: 'k', createRevision: first }), false);
      assert.equal(await holds({ key: 'k', createRevision: third }), true);
      assert.equal(await holds({ key: 'k', modRevision: 0 }), false);
      assert.equal(await holds({ key: 'none', modRevision: third }), false);
      assert.equal(await holds({ key: 'none', createRevision: 0 }), true);
    });

    test('what one store could not do, none does', async () => {
      const bench = await opened();
      const many = Array.from({ length: TXN_OPS_MAX + 1 }, (_, index) => put(`k${index}`));
      await assert.rejects(bench.write(...many), InvalidTxn);
      await assert.rejects(bench.write(put('k'), remove('k')), InvalidTxn);
      await assert.rejects(bench.write(put('')), InvalidTxn);
      await assert.rejects(bench.write(put('k', 'x'.repeat(TXN_BYTES_MAX))), InvalidTxn);
      assert.equal((await bench.range('')).entries.length, 0);
      await bench.write(...many.slice(1));
      assert.equal((await bench.range('')).entries.length, TXN_OPS_MAX);
    });

    test('a range holds the keys under its prefix, in order', async () => {
      const bench = await opened();
      const revision = await bench.write(put('a/2'), put('b'), put('a/10'), put('a'), put('ab'));
      const { entries, revision: seen } = await bench.range('a/');
      assert.deepEqual(
        entries.map(({ key }) => key),
        ['a/10', 'a/2'],
      );
      assert.equal(seen, revision);
      assert.equal((await bench.range('zzz')).entries.length, 0);
    });

    test('any history gives what the model gives', async () => {
      const batches = fc.array(fc.array(randomTxn, { minLength: 1, maxLength: 5 }), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(batches, async (history) => {
          const bench = await opened();
          const model = new StoreModel();
          model.revision = bench.base;
          const events = bench.follow('', bench.base + 1);
          for (const batch of history.map((txns) => txns.map((txn) => atBase(txn, bench.base)))) {
            const results = await bench.all(batch);
            for (const [index, txn] of batch.entries()) {
              assert.equal(results[index]!.succeeded, model.apply(txn));
              assert.equal(results[index]!.revision, model.revision);
            }
          }
          for (const prefix of ['', 'a', 'a/', 'b/é']) {
            const { entries, revision } = await bench.range(prefix);
            assert.equal(revision, model.revision);
            assert.deepEqual(
              entries.map(({ key, value, createRevision, modRevision }) => ({
                key,
                value,
                createRevision,
                modRevision,
              })),
              model.range(prefix),
            );
          }
          await bench.until(() => events.length >= model.events.length);
          const seen = events.map(({ key, revision, entry }) => ({ key, revision, value: entry?.value }));
          // Within a revision, stores tell of keys in an order of their own.
          assert.deepEqual(seen.toSorted(byRevisionAndKey), model.events.toSorted(byRevisionAndKey));
          assert.ok(seen.every(({ revision }, index) => index === 0 || seen[index - 1]!.revision <= revision));
          await bench.done(bench.store.close());
        }),
        { numRuns: runs },
      );
    });
  });

  suite(`${title}: leases`, () => {
    test('keys of a lease that runs out vanish in one revision', async () => {
      const bench = await opened();
      const lease = await bench.done(bench.store.grantLease(6000));
      const revision = await bench.write(put('x/1', 'v', lease), put('x/2', 'v', lease), put('x/3'));
      assert.equal((await bench.get('x/1'))?.lease, lease);
      const calls: (readonly StoreEvent[])[] = [];
      bench.store.watch({
        prefix: 'x/',
        fromRevision: revision + 1,
        onEvents: (told) => calls.push(told),
        onLost: () => {},
      });
      await bench.under.pass(5000);
      assert.equal(calls.length, 0, 'too early');
      await bench.under.pass(8000);
      assert.equal(calls.length, 1, 'one call has them all');
      const events = calls[0]!.toSorted((left, right) => (left.key < right.key ? -1 : 1));
      assert.deepEqual(
        events.map((event) => [event.key, event.entry, event.revision]),
        [
          ['x/1', undefined, revision + 1],
          ['x/2', undefined, revision + 1],
        ],
      );
      assert.deepEqual(
        (await bench.range('x/')).entries.map(({ key }) => key),
        ['x/3'],
      );
    });

    test('a lease that is kept alive stays', async () => {
      const bench = await opened();
      const lease = await bench.done(bench.store.grantLease(6000));
      await bench.write(put('x', 'v', lease));
      for (let round = 0; round < 10; round++) {
        await bench.under.pass(2000);
        await bench.done(bench.store.keepAlive(lease));
      }
      assert.notEqual(await bench.get('x'), undefined);
      await bench.under.pass(13_000);
      assert.equal(await bench.get('x'), undefined);
      await assert.rejects(bench.done(bench.store.keepAlive(lease)), LeaseGone);
    });

    test('revoking a lease removes its keys at once; twice is fine', async () => {
      const bench = await opened();
      const lease = await bench.done(bench.store.grantLease(6000));
      await bench.write(put('x', 'v', lease));
      await bench.done(bench.store.revoke(lease));
      assert.equal(await bench.get('x'), undefined);
      await bench.done(bench.store.revoke(lease));
      await assert.rejects(bench.write(put('y', 'v', lease)), LeaseGone);
      assert.equal(await bench.get('y'), undefined);
    });

    test('a put without the lease takes the key off it', async () => {
      const bench = await opened();
      const lease = await bench.done(bench.store.grantLease(6000));
      await bench.write(put('x', 'leased', lease));
      await bench.write(put('x', 'free'));
      await bench.done(bench.store.revoke(lease));
      assert.equal((await bench.get('x'))?.value, 'free');
    });

    test('a put under another lease moves the key', async () => {
      const bench = await opened();
      const first = await bench.done(bench.store.grantLease(6000));
      const second = await bench.done(bench.store.grantLease(6000));
      await bench.write(put('x', 'v', first));
      await bench.write(put('x', 'v', second));
      await bench.done(bench.store.revoke(first));
      assert.notEqual(await bench.get('x'), undefined);
      await bench.done(bench.store.revoke(second));
      assert.equal(await bench.get('x'), undefined);
    });
  });

  suite(`${title}: watches`, () => {
    test('a watch shows the past from its revision on, then the present, of its prefix alone', async () => {
      const bench = await opened();
      await bench.write(put('a/1', 'early'));
      const from = await bench.write(put('a/2'), put('b/1'));
      await bench.write(remove('a/1'));
      const events = bench.follow('a/', from);
      await bench.settle();
      await bench.write(put('a/3'));
      await bench.until(() => events.length >= 3);
      assert.deepEqual(
        events.map(({ key, revision, entry }) => [key, revision - from, entry?.value]),
        [
          ['a/2', 0, 'v'],
          ['a/1', 1, undefined],
          ['a/3', 2, 'v'],
        ],
      );
    });

    test('events of one revision come together, and before its transaction resolves or later, never from inside the call', async () => {
      const bench = await opened();
      const calls: number[][] = [];
      let inside = true;
      bench.store.watch({
        prefix: '',
        fromRevision: bench.base + 1,
        onEvents: (events) => {
          assert.equal(inside, false);
          calls.push(events.map(({ revision }) => revision));
        },
        onLost: (reason) => assert.notEqual(reason, 'compacted'),
      });
      inside = false;
      for (let index = 0; index < 5; index++) {
        const txn = { compares: [], onSuccess: [put('a', `${index}`), put('b', `${index}`)] };
        inside = true;
        const asked = bench.store.txn(txn);
        inside = false;
        await bench.done(asked);
      }
      await bench.until(() => calls.flat().length >= 10);
      const flat = calls.flat();
      assert.equal(flat.length, 10);
      assert.deepEqual(
        flat.map((revision) => revision - flat[0]!),
        [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
      );
      for (const call of calls) assert.equal(call.length % 2, 0, 'a revision is never split');
    });

    test('a cancelled watch is silent', async () => {
      const bench = await opened();
      const watching = bench.store.watch({
        prefix: '',
        fromRevision: bench.base + 1,
        onEvents: () => assert.fail('events after cancel'),
        onLost: () => assert.fail('lost after cancel'),
      });
      watching.cancel();
      await bench.write(put('a'));
      await bench.done(bench.store.close());
    });

    test('a watch from a revision to come waits for it', async () => {
      const bench = await opened();
      const revision = await bench.write(put('a'));
      const events = bench.follow('', revision + 2);
      await bench.write(put('b'));
      await bench.write(put('c'));
      await bench.until(() => events.length > 0);
      assert.deepEqual(
        events.map(({ key }) => key),
        ['c'],
      );
    });

    test('several watches each see everything', async () => {
      const bench = await opened();
      const followers = ['', 'a', 'a/'].map((prefix) => bench.follow(prefix, bench.base + 1));
      await bench.write(put('a'), put('a/1'), put('b'));
      await bench.until(() => followers.every((events, index) => events.length >= 3 - index));
      assert.deepEqual(
        followers.map((events) => events.length),
        [3, 2, 1],
      );
    });

    if (abilities.includes('compact')) {
      test('a watch of history that is no longer kept is lost, one of what is to come is not', async () => {
        const bench = await opened();
        const from = await bench.write(put('a'));
        await bench.write(put('b'));
        await bench.under.compact!();
        const revision = await bench.write(put('c'));
        const lost: string[] = [];
        bench.store.watch({
          prefix: '',
          fromRevision: from,
          onEvents: unwanted,
          onLost: (reason) => lost.push(reason),
        });
        const events = bench.follow('', revision);
        await bench.until(() => lost.length > 0 && events.length > 0);
        assert.deepEqual(lost, ['compacted']);
        assert.deepEqual(
          events.map(({ key }) => key),
          ['c'],
        );
      });
    }
  });

  suite(`${title}: the end`, () => {
    test('a closed store refuses, and its watches hear of it once', async () => {
      const bench = await opened();
      const lost: string[] = [];
      const onLost = (reason: string): void => void lost.push(reason);
      bench.store.watch({ prefix: '', fromRevision: bench.base + 1, onEvents: () => {}, onLost });
      await bench.write(put('a'));
      await bench.done(bench.store.close());
      await bench.done(bench.store.close());
      await bench.until(() => lost.length > 0);
      assert.deepEqual(lost, ['unavailable']);
      await assert.rejects(bench.get('a'), StoreUnavailable);
      await assert.rejects(bench.range(''), StoreUnavailable);
      await assert.rejects(bench.write(put('a')), StoreUnavailable);
      await assert.rejects(bench.done(bench.store.grantLease(1000)), StoreUnavailable);
    });

    test('closing waits for what is under way', async () => {
      const bench = await opened();
      const written = bench.store.txn({ compares: [], onSuccess: [put('a')] });
      await bench.done(bench.store.close());
      assert.equal((await written).succeeded, true);
    });

    if (abilities.includes('goAway')) {
      test('out of reach, every call says so, watches end, and both go on when it is back', async () => {
        const bench = await opened();
        const revision = await bench.write(put('a'));
        const lost: string[] = [];
        const onLost = (reason: string): void => void lost.push(reason);
        bench.store.watch({ prefix: '', fromRevision: revision + 1, onEvents: () => {}, onLost });
        await bench.settle();
        const comeBack = bench.under.goAway!();
        await assert.rejects(bench.get('a'), StoreUnavailable);
        await assert.rejects(bench.range(''), StoreUnavailable);
        await assert.rejects(bench.write(put('a')), StoreUnavailable);
        await bench.until(() => lost.length > 0);
        assert.deepEqual(lost, ['unavailable']);
        comeBack();
        await bench.back();
        const events = bench.follow('', revision + 1);
        await bench.write(put('b'));
        await bench.until(() => events.some(({ key }) => key === 'b'));
        assert.equal((await bench.get('a'))?.createRevision, revision);
      });
    }

    if (abilities.includes('loseAnswers')) {
      test('a transaction whose answer is lost is unknown: it rejects, and it did happen', async () => {
        const bench = await opened();
        const revision = await bench.write(put('before'));
        const back = bench.under.loseAnswers!();
        await assert.rejects(bench.write(put('a'), put('b')), StoreUnavailable);
        back();
        await bench.back();
        assert.equal((await bench.get('a'))?.createRevision, revision + 1);
        assert.equal((await bench.get('b'))?.createRevision, revision + 1);
      });
    }
  });
}

function unwanted(): void {
  assert.fail('events that nobody wanted');
}

/** Small revisions in compares as those of a store that starts at `base`. */
function atBase(txn: Txn, base: number): Txn {
  const shift = (revision: number): number => (revision === 0 ? 0 : base + revision);
  const compares = txn.compares.map((compare) =>
    'createRevision' in compare
      ? { key: compare.key, createRevision: shift(compare.createRevision) }
      : { key: compare.key, modRevision: shift(compare.modRevision) },
  );
  return { ...txn, compares };
}

interface Seen {
  readonly key: string;
  readonly revision: number;
}

function byRevisionAndKey(left: Seen, right: Seen): number {
  if (left.revision !== right.revision) return left.revision - right.revision;
  return left.key < right.key ? -1 : 1;
}

/** The calls of a store, each brought to its end. */
class Bench {
  readonly under: StoreUnderTest;
  /** The store's revision while it was empty. */
  base = 0;

  constructor(under: StoreUnderTest) {
    this.under = under;
  }

  get store(): MetadataStore {
    return this.under.store;
  }

  settle(): Promise<void> {
    return this.under.pass(0);
  }

  /** Lets time pass in steps until the promise has settled. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    await this.until(() => isSettled);
    return promise;
  }

  /** Lets time pass in steps until `holds`. */
  async until(holds: () => boolean): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step++) {
      await this.under.pass(step === 0 ? 0 : (this.under.stepMs ?? 1));
      if (holds()) return;
    }
    assert.fail('it never came');
  }

  /** The store answers again. */
  async back(): Promise<void> {
    for (;;) {
      try {
        await this.get('any');
        return;
      } catch (error) {
        assert.ok(error instanceof StoreUnavailable);
      }
    }
  }

  /** One after the other, or all at once where their order is kept. */
  async all(txns: readonly Txn[]): Promise<TxnResult[]> {
    if (this.under.isOrdered) return this.done(Promise.all(txns.map((txn) => this.store.txn(txn))));
    const results: TxnResult[] = [];
    for (const txn of txns) results.push(await this.done(this.store.txn(txn)));
    return results;
  }

  async write(...onSuccess: StoreOp[]): Promise<number> {
    const { revision } = await this.done(this.store.txn({ compares: [], onSuccess }));
    return revision;
  }

  get(key: string): ReturnType<MetadataStore['get']> {
    return this.done(this.store.get(key));
  }

  range(prefix: string): ReturnType<MetadataStore['range']> {
    return this.done(this.store.range(prefix));
  }

  follow(prefix: string, fromRevision: number): StoreEvent[] {
    const seen: StoreEvent[] = [];
    this.store.watch({
      prefix,
      fromRevision,
      onEvents: (events, revision) => {
        assert.equal(revision, events.at(-1)?.revision);
        seen.push(...events);
      },
      onLost: (reason) => assert.notEqual(reason, 'compacted'),
    });
    return seen;
  }
}

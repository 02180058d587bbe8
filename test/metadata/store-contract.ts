import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import {
  InvalidTxn,
  LeaseGone,
  StoreUnavailable,
  TXN_BYTES_MAX,
  TXN_OPS_MAX,
  type MetadataStore,
  type StoreEvent,
  type StoreOp,
} from '../../src/metadata/metadata-store.ts';
import { randomTxn } from './random-txns.ts';
import { StoreModel } from './store-model.ts';

/** A fresh, empty store, and the time it lives in. */
export interface StoreUnderTest {
  readonly store: MetadataStore;
  /** Lets time pass, and all that falls due in it come to its end. */
  pass(ms: number): Promise<void>;
}

const put = (key: string, value = 'v', lease?: string): StoreOp =>
  lease === undefined ? { type: 'put', key, value } : { type: 'put', key, value, lease };
const remove = (key: string): StoreOp => ({ type: 'delete', key });
const get = (key: string): StoreOp => ({ type: 'get', key });

/** What every metadata store must do; run on each implementation. */
export function storeContract(title: string, open: () => Promise<StoreUnderTest>): void {
  const opened = async (): Promise<Bench> => new Bench(await open());

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

    test('transactions asked for at once take effect in the order they were asked', async () => {
      const bench = await opened();
      const all = Promise.all(
        [1, 2, 3].map((value) => bench.store.txn({ compares: [], onSuccess: [put('k', `${value}`)] })),
      );
      const results = await bench.done(all);
      assert.deepEqual(
        results.map(({ revision }) => revision - results[0]!.revision),
        [0, 1, 2],
      );
      assert.equal((await bench.get('k'))?.value, '3');
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
          const events = bench.follow('', 1);
          for (const batch of history) {
            const results = await bench.done(Promise.all(batch.map((txn) => bench.store.txn(txn))));
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
          const seen = events.map(({ key, revision, entry }) => ({ key, revision, value: entry?.value }));
          assert.deepEqual(seen, model.events);
          await bench.done(bench.store.close());
        }),
        { numRuns: 100 },
      );
    });
  });

  suite(`${title}: leases`, () => {
    test('keys of a lease that runs out vanish in one revision', async () => {
      const bench = await opened();
      const lease = await bench.done(bench.store.grantLease(6000));
      const revision = await bench.write(put('x/1', 'v', lease), put('x/2', 'v', lease), put('x/3'));
      assert.equal((await bench.get('x/1'))?.lease, lease);
      const events = bench.follow('x/', revision + 1);
      await bench.under.pass(5000);
      assert.equal(events.length, 0, 'too early');
      await bench.under.pass(8000);
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
        fromRevision: 1,
        onEvents: (events) => {
          assert.equal(inside, false);
          calls.push(events.map(({ revision }) => revision));
        },
        onLost: () => assert.fail('lost'),
      });
      inside = false;
      for (let index = 0; index < 5; index++) {
        const txn = { compares: [], onSuccess: [put('a', `${index}`), put('b', `${index}`)] };
        inside = true;
        const asked = bench.store.txn(txn);
        inside = false;
        await bench.done(asked);
      }
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
        fromRevision: 1,
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
      assert.deepEqual(
        events.map(({ key }) => key),
        ['c'],
      );
    });
  });

  suite(`${title}: the end`, () => {
    test('a closed store refuses, and its watches hear of it once', async () => {
      const bench = await opened();
      const lost: string[] = [];
      bench.store.watch({ prefix: '', fromRevision: 1, onEvents: () => {}, onLost: (reason) => lost.push(reason) });
      await bench.write(put('a'));
      await bench.done(bench.store.close());
      await bench.done(bench.store.close());
      await bench.settle();
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
  });
}

/** The calls of a store, each brought to its end. */
class Bench {
  readonly under: StoreUnderTest;

  constructor(under: StoreUnderTest) {
    this.under = under;
  }

  get store(): MetadataStore {
    return this.under.store;
  }

  settle(): Promise<void> {
    return this.under.pass(0);
  }

  async done<T>(promise: Promise<T>): Promise<T> {
    // Whoever asked handles a rejection; it may come while time passes.
    promise.catch(() => {});
    await this.settle();
    return promise;
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

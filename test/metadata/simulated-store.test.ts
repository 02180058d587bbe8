import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { StoreUnavailable, type StoreEvent, type StoreOp, type Txn } from '../../src/metadata/metadata-store.ts';
import { MetadataView } from '../../src/metadata/metadata-view.ts';
import { SIMULATED_CALL_TIMEOUT_MS, type SimulatedConnection } from '../../src/metadata/simulated-connection.ts';
import { SimulatedStore } from '../../src/metadata/simulated-store.ts';
import { RECONCILE_MS, RETRY_LAST_MS } from '../../src/metadata/store-follower.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';
import { storeContract, type StoreUnderTest } from './store-contract.ts';

const put = (key: string, value = 'v', lease?: string): StoreOp =>
  lease === undefined ? { type: 'put', key, value } : { type: 'put', key, value, lease };
const config = (name: string, value: string): StoreOp => put(`c/topic/${name}`, JSON.stringify({ value }));
const txn = (...onSuccess: StoreOp[]): Txn => ({ compares: [], onSuccess });

function make(seed = 1): { time: VirtualTime; server: SimulatedStore } {
  const time = new VirtualTime();
  return { time, server: new SimulatedStore({ time, random: new SeededRandom(seed) }) };
}

function underTest(delay: readonly [number, number]): () => Promise<StoreUnderTest> {
  return () => {
    const { time, server } = make();
    const store = server.connect();
    store.delay(...delay);
    return Promise.resolve({
      store,
      pass: (ms) => time.run(ms),
      stepMs: 20,
      compact: () => Promise.resolve(server.compact()),
      goAway: () => {
        store.cut('requests');
        return () => store.heal();
      },
      loseAnswers: () => {
        store.cut('answers');
        return () => store.heal();
      },
    });
  };
}

const abilities = ['compact', 'goAway', 'loseAnswers'] as const;
storeContract('simulated store', underTest([0, 0]), { abilities });
storeContract('simulated store with delays that let calls overtake each other', underTest([1, 50]), { abilities });

async function done<T>(time: VirtualTime, promise: Promise<T>, ms = 0): Promise<T> {
  promise.catch(() => {});
  await time.run(ms);
  return promise;
}

function follow(store: SimulatedConnection, fromRevision: number): { keys: string[]; lost: string[] } {
  const seen = { keys: [] as string[], lost: [] as string[] };
  store.watch({
    prefix: '',
    fromRevision,
    onEvents: (events: readonly StoreEvent[]) => seen.keys.push(...events.map(({ key }) => key)),
    onLost: (reason) => seen.lost.push(reason),
  });
  return seen;
}

suite('simulated store: links', () => {
  test('a cut link costs its own client only', async () => {
    const { time, server } = make();
    const [cut, whole] = [server.connect(), server.connect()];
    cut.cut('requests');
    const refused = cut.txn(txn(put('a')));
    assert.equal((await done(time, whole.txn(txn(put('b'))))).revision, 1);
    await assert.rejects(done(time, refused, SIMULATED_CALL_TIMEOUT_MS), StoreUnavailable);
    assert.deepEqual(
      server.copy().entries.map(({ key }) => key),
      ['b'],
    );
  });

  test('a stalled link serves late what its caller gave up', async () => {
    const { time, server } = make();
    const [zombie, other] = [server.connect(), server.connect()];
    zombie.stall();
    const late = zombie.txn({ compares: [{ key: 'k', createRevision: 0 }], onSuccess: [put('k', 'late')] });
    await assert.rejects(done(time, late, SIMULATED_CALL_TIMEOUT_MS), StoreUnavailable);
    await done(time, other.txn(txn(put('k', 'other'), put('l'))));
    const harmless = zombie.txn(txn(put('m', 'zombie')));
    zombie.heal();
    assert.equal((await done(time, harmless)).succeeded, true);
    assert.equal((await done(time, other.get('k')))?.value, 'other', 'the compare fenced it');
    assert.equal((await done(time, other.get('m')))?.value, 'zombie');
  });

  test('a short stall ends no watch; a cut that lost events does, once healed; a long one by itself', async () => {
    const { time, server } = make();
    const [watcher, writer] = [server.connect(), server.connect()];
    const seen = follow(watcher, 1);
    await time.settle();
    watcher.stall();
    await done(time, writer.txn(txn(put('a'))), 1000);
    assert.deepEqual(seen.keys, []);
    watcher.heal();
    await time.run(2 * SIMULATED_CALL_TIMEOUT_MS);
    assert.deepEqual(seen, { keys: ['a'], lost: [] });

    watcher.cut('answers');
    await done(time, writer.txn(txn(put('b'))), 1000);
    watcher.heal();
    await done(time, writer.txn(txn(put('c'))));
    assert.deepEqual(seen, { keys: ['a'], lost: ['unavailable'] });

    const again = follow(watcher, 4);
    await time.settle();
    watcher.cut('requests');
    await time.run(SIMULATED_CALL_TIMEOUT_MS);
    assert.deepEqual(again.lost, ['unavailable']);
  });

  test('events of a watch keep their order whatever the delay', async () => {
    const { time, server } = make(7);
    const [watcher, writer] = [server.connect(), server.connect()];
    watcher.delay(1, 500);
    const seen = follow(watcher, 1);
    const expected = Array.from({ length: 50 }, (_, index) => `${index}`);
    for (const key of expected) await done(time, writer.txn(txn(put(key))), 10);
    await time.run(1000);
    assert.deepEqual(seen.keys, expected);
  });

  test('a killed client hears nothing more; its lease runs out', async () => {
    const { time, server } = make();
    const [victim, other] = [server.connect(), server.connect()];
    const lease = await done(time, victim.grantLease(6000));
    await done(time, victim.txn(txn(put('b/1', 'v', lease))));
    const seen = follow(victim, 1);
    victim.kill();
    await time.run(5999);
    assert.notEqual(await done(time, other.get('b/1')), undefined);
    await time.run(1);
    assert.equal(await done(time, other.get('b/1')), undefined);
    assert.deepEqual(seen, { keys: [], lost: [] });
  });
});

suite('simulated store: the store itself', () => {
  test('while it is out no lease ends, and each starts anew when it is back', async () => {
    const { time, server } = make();
    const store = server.connect();
    const lease = await done(time, store.grantLease(6000));
    await done(time, store.txn(txn(put('x', 'v', lease))));
    await time.run(4000);
    server.goOut();
    await time.run(60_000);
    server.comeBack();
    await time.run(5000);
    assert.equal(server.copy().entries.length, 1);
    await time.run(1000);
    assert.equal(server.copy().entries.length, 0);
  });

  test('what it took in while it was out may be served when it is back: unknown is unknown', async () => {
    const outcomes = new Set<boolean>();
    for (let seed = 0; seed < 40; seed++) {
      const { time, server } = make(seed);
      const store = server.connect();
      server.goOut();
      await assert.rejects(done(time, store.txn(txn(put('x'))), SIMULATED_CALL_TIMEOUT_MS), StoreUnavailable);
      server.comeBack();
      await time.settle();
      outcomes.add(server.copy().entries.length === 1);
    }
    assert.deepEqual(outcomes, new Set([true, false]));
  });

  test('all leases can be lost at once', async () => {
    const { time, server } = make();
    const stores = [1, 2, 3].map(() => server.connect());
    for (const [index, store] of stores.entries()) {
      const lease = await done(time, store.grantLease(6000));
      await done(time, store.txn(txn(put(`b/${index}`, 'v', lease), put(`live/${index}`, 'v', lease))));
    }
    server.expireAll();
    assert.equal(server.copy().entries.length, 0);
    assert.equal(server.revision, 6, 'each in a revision of its own');
  });

  test('put back to an old copy it shows an old revision, without the keys of leases', async () => {
    const { time, server } = make();
    const store = server.connect();
    const lease = await done(time, store.grantLease(6000));
    await done(time, store.txn(txn(put('leased', 'v', lease), put('kept'))));
    const old = server.copy();
    await done(time, store.txn(txn(put('young'))));
    await done(time, store.txn(txn(put('younger'))));
    const seen = follow(store, 4);
    await time.settle();
    server.restore(old);
    await time.settle();
    assert.deepEqual(seen.lost, ['unavailable']);
    assert.deepEqual(
      server.copy().entries.map(({ key }) => key),
      ['kept'],
    );
    assert.equal(server.revision, 2);
  });
});

/** Random writes by one client under random faults of both, seen through the view of another. */
async function stormyRun(seed: number): Promise<{ trace: string; isSame: boolean }> {
  const random = new SeededRandom(seed);
  const time = new VirtualTime();
  const server = new SimulatedStore({ time, random });
  const [writer, reader] = [server.connect(), server.connect()];
  reader.delay(0, 20);
  const view = await done(time, MetadataView.open(reader, silent, time), 100);
  const trace: string[] = [];
  view.subscribe((image) => trace.push(`${time.monotonicMs().toFixed(3)} ${image.revision}`));
  const faults = [
    (store: SimulatedConnection) => store.cut('requests'),
    (store: SimulatedConnection) => store.cut('answers'),
    (store: SimulatedConnection) => store.stall(),
    (store: SimulatedConnection) => store.dropDeletions(1),
    (store: SimulatedConnection) => store.breakWatches(),
    () => server.compact(),
    () => server.goOut(),
    (store: SimulatedConnection) => store.heal(),
    () => server.comeBack(),
  ];
  for (let step = 0; step < 120; step++) {
    const name = `t${random.below(8)}`;
    const change: StoreOp =
      random.below(3) === 0 ? { type: 'delete', key: `c/topic/${name}` } : config(name, `${step}`);
    writer.txn(txn(change)).catch(() => {});
    if (random.below(4) === 0) faults[random.below(faults.length)]!(random.below(2) === 0 ? writer : reader);
    await time.run(random.below(1500));
  }
  server.comeBack();
  for (const store of [writer, reader]) store.heal();
  await time.run(SIMULATED_CALL_TIMEOUT_MS + RETRY_LAST_MS + 2 * RECONCILE_MS);
  const stored = server.copy().entries.map(({ key }) => key.slice('c/'.length));
  const isSame = JSON.stringify([...view.image.configs.keys()].toSorted()) === JSON.stringify(stored);
  view.close();
  return { trace: trace.join('\n'), isSame };
}

suite('simulated store: a view under faults', () => {
  test('comes back to what the store holds, whatever happened', async () => {
    for (let seed = 0; seed < 60; seed++) assert.equal((await stormyRun(seed)).isSame, true, `seed ${seed}`);
  });

  test('the same seed gives the same run', async () => {
    const [first, second, other] = [await stormyRun(5), await stormyRun(5), await stormyRun(6)];
    assert.equal(first.trace, second.trace);
    assert.notEqual(first.trace, other.trace);
  });
});

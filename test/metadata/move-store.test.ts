import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkContents } from '../../src/metadata/check-contents.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import { InvalidExport, readExport, writeExport } from '../../src/metadata/export-file.ts';
import { buildImage } from '../../src/metadata/image-builder.ts';
import type { StoreOp } from '../../src/metadata/metadata-store.ts';
import { EPOCH_JUMP, importInto, jumpEpochs, MoveRefused } from '../../src/metadata/move-store.ts';
import { storeIdentity, type MetaRecord } from '../../src/metadata/records.ts';
import { storeKeys } from '../../src/metadata/store-keys.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';

const put = (key: string, record: object, lease?: string): StoreOp => ({
  type: 'put',
  key,
  value: JSON.stringify(record),
  ...(lease === undefined ? {} : { lease }),
});
const description = { incarnation: 'i', endpoints: [], rack: null, logDirs: [] };
const partition = {
  leader: 1,
  leaderEpoch: 4,
  partitionEpoch: 9,
  replicas: [1],
  isr: [1],
  elr: [],
  lastKnownElr: [],
  adding: [],
  removing: [],
  recovering: false,
};
const META = { clusterId: 'C', format: 1, features: { 'metadata.version': 30 } };

class Bench {
  readonly disk = new MemoryDisk();
  readonly time = new VirtualTime();
  readonly store: EmbeddedStore;

  constructor() {
    this.disk.makeDirectory('/data');
    const { disk, time } = this;
    this.store = EmbeddedStore.open({ disk, directory: '/data/m', clock: time, timers: time, logger: silent });
  }

  async done<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await this.time.run(1);
    return promise;
  }

  write(...onSuccess: StoreOp[]): Promise<unknown> {
    return this.done(this.store.txn({ compares: [], onSuccess }));
  }

  async meta(): Promise<MetaRecord> {
    return JSON.parse((await this.done(this.store.get('meta')))!.value) as MetaRecord;
  }

  /** A small cluster at revision 6 whose broker stopped. */
  async fill(): Promise<void> {
    const lease = await this.done(this.store.grantLease(6000));
    await this.write(put('meta', META), put('pid', { next: 5000 }));
    await this.write(put('b/1', description, lease), put('bs/1', { ...description, epoch: null }));
    await this.write(put('p/T/0', partition), put('t/a', { id: 'T', partitions: 1 }));
    await this.write(put('c/topic/a', { 'retention.ms': '5' }));
    await this.write(put('c/topic/a', { 'retention.ms': '6' }));
    await this.done(this.store.revoke(lease));
  }
}

async function exported(): Promise<string> {
  const bench = new Bench();
  await bench.fill();
  return writeExport(await bench.done(bench.store.range('')));
}

suite('moving a store', () => {
  test('an import brings the same cluster, and revisions go on above the former ones', async () => {
    const source = new Bench();
    await source.fill();
    const range = await source.done(source.store.range(''));
    const target = new Bench();
    await target.done(importInto(target.store, readExport(writeExport(range)), { storeId: 'S2', force: false }));
    const moved = await target.done(target.store.range(''));
    assert.deepEqual(
      moved.entries.filter(({ key }) => !['meta', 'bs/1'].includes(key)).map(({ key, value }) => [key, value]),
      range.entries.filter(({ key }) => !['meta', 'bs/1'].includes(key)).map(({ key, value }) => [key, value]),
    );
    assert.ok(moved.entries.every(({ createRevision }) => createRevision > range.revision));
    assert.deepEqual(storeIdentity(await target.meta()), { id: 'S2', lineage: [{ id: 'C', revision: 6 }] });
    assert.equal(buildImage(moved.entries, moved.revision).topics.get('a')?.partitions[0]?.leaderEpoch, 4);
    const state = moved.entries.find(({ key }) => key === 'bs/1')!;
    assert.equal((JSON.parse(state.value) as { epoch: number }).epoch, 2, 'what stood for its revision is written out');
  });

  test('a cluster that moved twice names both stores that it was in', async () => {
    const [first, second] = [new Bench(), new Bench()];
    await first.done(importInto(first.store, readExport(await exported()), { storeId: 'S2', force: false }));
    const again = readExport(writeExport(await first.done(first.store.range(''))));
    await second.done(importInto(second.store, again, { storeId: 'S3', force: false }));
    const { lineage } = storeIdentity(await second.meta());
    assert.deepEqual(
      lineage.map(({ id }) => id),
      ['C', 'S2'],
    );
  });

  test('a store that holds something is replaced with --force only, and never under a running broker', async () => {
    const bench = new Bench();
    await bench.fill();
    await bench.write(put('c/topic/old', { x: '1' }));
    const file = readExport(await exported());
    await assert.rejects(
      bench.done(importInto(bench.store, file, { storeId: 'S2', force: false })),
      /not empty.*--force/,
    );
    await bench.done(importInto(bench.store, file, { storeId: 'S2', force: true }));
    assert.equal(await bench.done(bench.store.get('c/topic/old')), undefined);
    assert.ok((await bench.meta()).store !== undefined);
    const lease = await bench.done(bench.store.grantLease(6000));
    await bench.write(put('b/1', description, lease));
    await assert.rejects(bench.done(importInto(bench.store, file, { storeId: 'S3', force: true })), /registered: 1/);
    await assert.rejects(bench.done(jumpEpochs(bench.store, 'S3')), /registered: 1/);
  });

  test('an import cut short at any transaction leaves what no broker takes for a cluster, and can be run again', async () => {
    const file = readExport(await exported());
    for (let allowed = 1; allowed < 3; allowed++) {
      const bench = new Bench();
      const txn = bench.store.txn.bind(bench.store);
      let count = 0;
      bench.store.txn = (asked) => (++count > allowed ? Promise.reject(new Error('cut')) : txn(asked));
      await assert.rejects(bench.done(importInto(bench.store, file, { storeId: 'S2', force: false })), /cut/);
      const { entries, revision } = await bench.done(bench.store.range(''));
      assert.throws(() => buildImage(entries, revision), /import.*not finished/);
      bench.store.txn = txn;
      await bench.done(importInto(bench.store, file, { storeId: 'S2', force: true }));
      const whole = await bench.done(bench.store.range(''));
      assert.equal(buildImage(whole.entries, whole.revision).clusterId, 'C');
    }
  });

  test('more than a transaction holds is brought over', async () => {
    const source = new Bench();
    await source.fill();
    for (let index = 0; index < 300; index++) await source.write(put(`c/topic/t${index}`, { x: 'y'.repeat(9000) }));
    const target = new Bench();
    const file = readExport(writeExport(await source.done(source.store.range(''))));
    await target.done(importInto(target.store, file, { storeId: 'S2', force: false }));
    assert.equal((await target.done(target.store.range('c/'))).entries.length, 301);
  });

  test('a jump takes epochs, revisions and producer ids beyond what a lost future may have used', async () => {
    const bench = new Bench();
    await bench.fill();
    const { partitions, revision } = await bench.done(jumpEpochs(bench.store, 'S2'));
    assert.equal(partitions, 1);
    assert.ok(revision > EPOCH_JUMP);
    const { entries } = await bench.done(bench.store.range(''));
    const image = buildImage(entries, revision);
    const jumped = image.partition('a', 0)!;
    assert.deepEqual([jumped.leaderEpoch, jumped.partitionEpoch], [EPOCH_JUMP + 4, EPOCH_JUMP + 9]);
    assert.ok(image.nextProducerId > 1_000_000_000);
    assert.deepEqual(storeIdentity(await bench.meta()).lineage, [{ id: 'C', revision: Number.MAX_SAFE_INTEGER }]);
  });

  test('a store without a cluster is neither exported nor does it jump', async () => {
    const bench = new Bench();
    assert.throws(() => writeExport({ entries: [], revision: 0 }), InvalidExport);
    await assert.rejects(bench.done(jumpEpochs(bench.store, 'S2')), MoveRefused);
  });
});

suite('an export file', () => {
  test('every change of it is noticed', async () => {
    const text = await exported();
    for (const broken of [
      text.replace('retention', 'detention'),
      text.slice(0, text.length / 2),
      text.slice(text.indexOf('\n') + 1),
      `${text}{}\n`,
      '',
      'hello\n',
    ]) {
      assert.throws(() => readExport(broken), InvalidExport);
    }
  });
});

suite('contents of a store', () => {
  const whole = [
    ['meta', META],
    ['bs/1', { ...description, epoch: 3 }],
    ['t/a', { id: 'T', partitions: 1 }],
    ['p/T/0', partition],
  ] as const;
  const contents = (...changed: (readonly [string, unknown])[]): { key: string; value: string }[] => {
    const all = new Map<string, unknown>([...whole, ...changed]);
    return [...all]
      .filter(([, record]) => record !== undefined)
      .map(([key, record]) => ({ key, value: JSON.stringify(record) }));
  };

  test('what is whole has no faults; nor has an empty store', () => {
    assert.deepEqual(checkContents(contents()), []);
    assert.deepEqual(checkContents([]), []);
  });

  test('every kind of key that there is, is known', () => {
    const { broker, brokerState, suspicion, expulsion, liveBroker, directories, topic, partition: part } = storeKeys;
    const some: string[] = [
      storeKeys.meta,
      storeKeys.importing,
      storeKeys.controller,
      storeKeys.producerIds,
      ...[broker, brokerState, liveBroker, expulsion, directories].map((key) => key(1)),
      ...[topic, storeKeys.deletedTopic, storeKeys.quota, storeKeys.scram, storeKeys.acl].map((key) => key('a')),
      suspicion(1, 2),
      part('T', 0),
      storeKeys.config({ type: 'topic', name: 'a' }),
    ];
    assert.equal(new Set(some).size, Object.keys(storeKeys).length);
    const faults = checkContents(some.map((key) => ({ key, value: '{}' })));
    const strange = faults.filter((fault) => fault.includes('a kind of entry'));
    assert.deepEqual(strange, ['importing: a kind of entry that Posthorn does not have'], 'which no whole store has');
  });

  for (const [title, change, fault] of [
    ['an unknown kind', ['zork', {}], /zork: a kind of entry/],
    ['a record that is no object', ['pid', 5], /pid: is no JSON object/],
    ['a field of another type', ['pid', { next: '5' }], /pid: next is not whole/],
    ['no cluster', ['meta', undefined], /meta: missing/],
    ['a partition that is missing', ['t/a', { id: 'T', partitions: 2 }], /partition 1 is missing/],
    ['a replica that nobody knows', ['p/T/0', { ...partition, replicas: [1, 7] }], /no broker 7 is known/],
    ['in sync without being a replica', ['p/T/0', { ...partition, isr: [1, 2] }], /isr names 2/],
    ['a leader that is not in sync', ['p/T/0', { ...partition, isr: [] }], /leader 1 is not in sync/],
    ['in sync and eligible at once', ['p/T/0', { ...partition, elr: [1] }], /overlap/],
    ['no replicas', ['p/T/0', { ...partition, leader: -1, replicas: [], isr: [] }], /no replicas/],
    ['a replica twice', ['p/T/0', { ...partition, replicas: [1, 1] }], /twice/],
    ['a negative epoch', ['p/T/0', { ...partition, leaderEpoch: -1 }], /negative/],
  ] as const) {
    test(title, () => {
      const faults = checkContents(contents(change));
      assert.equal(faults.length, 1, faults.join('; '));
      assert.match(faults[0]!, fault);
    });
  }
});

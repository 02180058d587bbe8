import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import * as fc from 'fast-check';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { EmbeddedStore, StoreLocked } from '../../src/metadata/embedded-store.ts';
import { StoreUnavailable, type StoreOp, type Txn, type Watch } from '../../src/metadata/metadata-store.ts';
import { StoreDamaged } from '../../src/metadata/store-files.ts';
import { HISTORY_EVENTS_MAX } from '../../src/metadata/watch-history.ts';
import { type Disk, DiskError } from '../../src/runtime/disk.ts';
import { MemoryDisk, type Unsynced } from '../../src/runtime/memory-disk.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';
import { randomTxn } from './random-txns.ts';
import { storeContract } from './store-contract.ts';
import { StoreModel } from './store-model.ts';

const DIRECTORY = '/data/metadata';
const WAL = join(DIRECTORY, 'wal-00000000000000000000');
const SNAPSHOT = join(DIRECTORY, 'snapshot');

function open(
  disk: Disk,
  time: VirtualTime,
  options: { walBytesMax?: number; directory?: string } = {},
): EmbeddedStore {
  return EmbeddedStore.open({ disk, directory: DIRECTORY, clock: time, timers: time, logger: silent, ...options });
}

const put = (key: string, value = 'v', lease?: string): StoreOp =>
  lease === undefined ? { type: 'put', key, value } : { type: 'put', key, value, lease };
const txn = (...onSuccess: StoreOp[]): Txn => ({ compares: [], onSuccess });

async function write(store: EmbeddedStore, time: VirtualTime, ...ops: StoreOp[]): Promise<number> {
  const asked = store.txn(txn(...ops));
  asked.catch(() => {});
  await time.settle();
  return (await asked).revision;
}

async function keys(store: EmbeddedStore, time: VirtualTime): Promise<string[]> {
  const asked = store.range('');
  await time.settle();
  return (await asked).entries.map(({ key }) => key);
}

async function close(store: EmbeddedStore, time: VirtualTime): Promise<void> {
  const closing = store.close();
  await time.settle();
  await closing;
}

function freshDisk(): MemoryDisk {
  const disk = new MemoryDisk({ crashable: true });
  disk.makeDirectory('/data');
  disk.syncDirectory('/');
  return disk;
}

storeContract('embedded store in memory', async () => {
  const time = new VirtualTime();
  return { store: open(freshDisk(), time), pass: (ms) => time.run(ms), isOrdered: true };
});

storeContract('embedded store with a snapshot after every write', async () => {
  const time = new VirtualTime();
  return { store: open(freshDisk(), time, { walBytesMax: 1 }), pass: (ms) => time.run(ms), isOrdered: true };
});

suite('embedded store on files', () => {
  const root = mkdtempSync(join(tmpdir(), 'posthorn-store-'));
  after(() => rmSync(root, { recursive: true, force: true }));

  test('what was written is there after a restart, snapshots included', async () => {
    const time = new VirtualTime();
    const directory = join(root, 'metadata');
    for (let round = 0; round < 5; round++) {
      const store = open(nodeDisk, time, { directory, walBytesMax: 300 });
      const before = store.revision;
      const asked = Promise.all([1, 2, 3].map((index) => store.txn(txn(put(`r${round}/${index}`, 'x'.repeat(40))))));
      time.advance(0);
      assert.deepEqual(
        (await asked).map(({ revision }) => revision - before),
        [1, 2, 3],
      );
      const range = await store.range('');
      assert.equal(range.entries.length, 3 * (round + 1));
      await store.close();
    }
  });
});

suite('embedded store: restarts', () => {
  test('keys on the leases of a process that is gone are removed at open', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    const lease = await store.grantLease(6000);
    await write(store, time, put('b/1', 'v', lease), put('live/1', 'v', lease), put('t/x'));
    const again = open(disk.kill(), time);
    assert.deepEqual(await keys(again, time), ['t/x']);
    assert.equal(await write(again, time, put('b/1')), 3, 'their removal used up one revision');
  });

  test('an empty store writes nothing before its first transaction, and a killed one opens again', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    open(disk, time);
    const again = disk.kill();
    assert.deepEqual(
      again.list(DIRECTORY).filter(({ name }) => name !== 'lock'),
      [],
    );
    assert.equal(await write(open(again, time), time, put('a')), 1);
  });

  test('revisions go on where they were', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time, { walBytesMax: 200 });
    for (let index = 0; index < 20; index++) await write(store, time, put('k', `${index}`));
    await close(store, time);
    assert.ok(disk.list(DIRECTORY).filter(({ name }) => name.startsWith('wal-')).length <= 1);
    const again = open(disk, time, { walBytesMax: 200 });
    const asked = again.get('k');
    await time.settle();
    assert.deepEqual(await asked, { key: 'k', value: '19', createRevision: 1, modRevision: 20, lease: undefined });
    assert.equal(await write(again, time, put('k', 'on')), 21);
  });

  test('a directory has one owner', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    assert.throws(() => open(disk, time), StoreLocked);
    await close(store, time);
    await close(open(disk, time), time);
  });

  test('a watch from before the start is told to read anew', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    await write(store, time, put('a'));
    await close(store, time);
    const again = open(disk, time);
    const lost: string[] = [];
    again.watch({ prefix: '', fromRevision: 1, onEvents: () => assert.fail(), onLost: (reason) => lost.push(reason) });
    await time.settle();
    assert.deepEqual(lost, ['compacted']);
  });

  test('the history that is kept for watches is bounded', async () => {
    const time = new VirtualTime();
    const store = open(freshDisk(), time);
    const perTxn = 100;
    for (let index = 0; index <= HISTORY_EVENTS_MAX / perTxn; index++) {
      await write(store, time, ...Array.from({ length: perTxn }, (_, key) => put(`${key}`)));
    }
    const lost: string[] = [];
    const revisions: number[] = [];
    const follow = (fromRevision: number): void => {
      store.watch({
        prefix: '',
        fromRevision,
        onEvents: (events) => revisions.push(...events.map(({ revision }) => revision)),
        onLost: (reason) => lost.push(reason),
      });
    };
    follow(1);
    follow(store.revision);
    await time.settle();
    assert.deepEqual(lost, ['compacted']);
    assert.equal(revisions.length, perTxn);
  });
});

suite('embedded store: group commit', () => {
  test('transactions of one turn share one sync', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    await write(store, time, put('first'));
    disk.fail({ call: 'sync', nth: 2, code: 'EIO' });
    const asked = Promise.all(Array.from({ length: 500 }, (_, index) => store.txn(txn(put(`${index}`)))));
    await time.settle();
    assert.equal((await asked).length, 500);
    await assert.rejects(write(store, time, put('second sync')), StoreUnavailable);
  });

  test('nothing is shown before it is on disk', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    await write(store, time, put('a'));
    const events: string[] = [];
    store.watch({
      prefix: '',
      fromRevision: 2,
      onEvents: (batch) => events.push(...batch.map(({ key }) => key)),
      onLost: () => {},
    });
    await time.settle();
    disk.fail({ call: 'sync', code: 'EIO' });
    const written = store.txn(txn(put('b')));
    const read = store.get('b');
    written.catch(() => {});
    read.catch(() => {});
    await time.settle();
    await assert.rejects(written, StoreUnavailable);
    await assert.rejects(read, StoreUnavailable);
    assert.deepEqual(events, []);
  });
});

suite('embedded store: snapshots', () => {
  test('the log stays short under writes that never pause', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const walBytesMax = 2000;
    const store = open(disk, time, { walBytesMax });
    const asked: Promise<unknown>[] = [];
    const seen: number[] = [];
    const onEvents: Watch['onEvents'] = (events) => void seen.push(...events.map(({ revision }) => revision));
    store.watch({ prefix: '', fromRevision: 1, onEvents, onLost: () => assert.fail() });
    let longest = 0;
    for (let index = 0; index < 500; index++) {
      asked.push(store.txn(txn(put(`${index % 10}`, `${index}`))));
      for (const step of goOn(time, 1 + (index % 2))) await step;
      const logs = disk.list(DIRECTORY).filter(({ name }) => name.startsWith('wal-'));
      assert.ok(logs.length <= 1);
      longest = Math.max(longest, logs[0]?.size ?? 0);
    }
    await time.settle();
    assert.equal((await Promise.all(asked)).length, 500);
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, index) => index + 1),
      'each change is shown, once and in order',
    );
    assert.ok(longest < 2 * walBytesMax, `${longest} bytes`);
    const again = open(disk.kill(), time, { walBytesMax });
    assert.deepEqual(
      await keys(again, time),
      Array.from({ length: 10 }, (_, index) => `${index}`),
    );
    assert.equal(again.revision, 500);
  });
});

suite('embedded store: failures', () => {
  for (const [call, code] of [
    ['write', 'EIO'],
    ['sync', 'EIO'],
    ['open', 'EMFILE'],
  ] as const) {
    test(`${code} at ${call} takes the store offline; what was acknowledged stays`, async () => {
      const time = new VirtualTime();
      const disk = freshDisk();
      const store = open(disk, time);
      if (call !== 'open') await write(store, time, put('acknowledged'));
      const lost: string[] = [];
      store.watch({ prefix: '', fromRevision: 2, onEvents: () => {}, onLost: (reason) => lost.push(reason) });
      disk.fail({ call, code, path: 'wal-', writtenBytes: 17 });
      await assert.rejects(write(store, time, put('refused')), (error) => {
        assert.ok(error instanceof StoreUnavailable);
        assert.ok(error.cause instanceof DiskError && error.cause.code === code);
        return true;
      });
      await assert.rejects(write(store, time, put('after')), StoreUnavailable, 'it never comes back by itself');
      assert.deepEqual(lost, ['unavailable']);
      await close(store, time);
      const found = await keys(open(disk, time), time);
      assert.equal(found.includes('acknowledged'), call !== 'open');
      assert.equal(found.includes('after'), false);
      if (call !== 'sync') assert.equal(found.includes('refused'), false, 'half a record is cut');
    });
  }

  for (const [what, fault] of [
    ['before the first byte', { call: 'write', writtenBytes: 0 }],
    ['within a record', { call: 'write', writtenBytes: 17 }],
    ['behind a whole record of several', { call: 'write', writtenBytes: 100 }],
    ['when the log is made', { call: 'open' }],
  ] as const) {
    test(`without space ${what}, the write is taken back and refused, and the next succeeds`, async () => {
      const time = new VirtualTime();
      const disk = freshDisk();
      const store = open(disk, time);
      if (fault.call === 'write') await write(store, time, put('a', 'before'), put('gone'));
      const base = store.revision;
      const seen: string[] = [];
      const onEvents: Watch['onEvents'] = (events) => seen.push(...events.map(({ key }) => key));
      store.watch({ prefix: '', fromRevision: base + 1, onEvents, onLost: () => assert.fail() });
      disk.fail({ ...fault, code: 'ENOSPC', path: 'wal-' });
      const refused = [put('a', 'refused'), put('b'), { type: 'delete', key: 'gone' } as const].map((op) =>
        store.txn(txn(op)),
      );
      const reading = store.get('a');
      for (const each of [...refused, reading]) each.catch(() => {});
      await time.settle();
      for (const each of [...refused, reading]) {
        await assert.rejects(each, (error) => error instanceof StoreUnavailable && /disk space/.test(error.message));
      }
      assert.deepEqual(await keys(store, time), fault.call === 'write' ? ['a', 'gone'] : []);
      assert.equal(await write(store, time, put('c')), base + 1, 'the revision was not used up');
      assert.deepEqual(seen, ['c']);
      const again = open(disk.crash('kept', new SeededRandom(1)), time);
      assert.deepEqual(await keys(again, time), fault.call === 'write' ? ['a', 'c', 'gone'] : ['c']);
    });
  }

  test('without space nothing refused comes back after losing power', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    await write(store, time, put('a'));
    disk.fail({ call: 'write', code: 'ENOSPC', path: 'wal-', writtenBytes: 100 });
    await assert.rejects(write(store, time, put('refused'), put('too')), StoreUnavailable);
    for (const mode of ['dropped', 'kept', 'torn'] as const) {
      assert.deepEqual(await keys(open(disk.crash(mode, new SeededRandom(2)), time), time), ['a']);
    }
  });

  test('keys of a lease that ended while there was no space go once there is', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    const lease = await store.grantLease(6000);
    await write(store, time, put('leased', 'v', lease), put('kept'));
    disk.fail({ call: 'write', code: 'ENOSPC', path: 'wal-', writtenBytes: 0 });
    await time.run(6000);
    assert.deepEqual(await keys(store, time), ['kept', 'leased']);
    await time.run(1000);
    assert.deepEqual(await keys(store, time), ['kept']);
    await close(store, time);
    assert.equal(time.pending, 0);
  });

  test('without space for a snapshot the log grows on', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time, { walBytesMax: 500 });
    disk.fail({ call: 'write', code: 'ENOSPC', path: 'snapshot' });
    for (let index = 0; index < 40; index++) await write(store, time, put(`${100 + index}`, 'x'.repeat(50)));
    assert.deepEqual(
      disk.list(DIRECTORY).filter(({ name }) => name.startsWith('snapshot.')),
      [],
    );
    assert.equal((await keys(open(disk.kill(), time), time)).length, 40);
  });

  test('raised revisions go on from there, after a restart too', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    await write(store, time, put('a'));
    const raising = store.raiseRevision(1000);
    await time.settle();
    await raising;
    assert.equal(await write(store, time, put('b')), 1001);
    await store.raiseRevision(5);
    const again = open(disk.kill(), time);
    assert.equal(await write(again, time, put('c')), 1002);
    assert.deepEqual(await keys(again, time), ['a', 'b', 'c']);
  });

  test('a snapshot that cannot be written loses nothing', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time, { walBytesMax: 500 });
    disk.fail({ call: 'rename', code: 'EIO' });
    let acknowledged = 0;
    await assert.rejects(async () => {
      for (let index = 0; index < 100; index++) {
        await write(store, time, put(`${100 + index}`, 'x'.repeat(50)));
        acknowledged++;
      }
    }, StoreUnavailable);
    await close(store, time);
    assert.equal((await keys(open(disk, time), time)).length, acknowledged);
  });
});

suite('embedded store: power loss', () => {
  const batches = fc.array(fc.array(randomTxn, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 10 });
  const modes = fc.constantFrom<Unsynced>('dropped', 'kept', 'torn', 'mixed');

  test('each acknowledged transaction survives; each other one is there as a whole or not at all, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        modes,
        fc.integer(),
        fc.constantFrom(1, 200, 1_000_000),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 10 }),
        async (history, mode, seed, walBytesMax, pauses) => {
          const time = new VirtualTime();
          const disk = freshDisk();
          const store = open(disk, time, { walBytesMax });
          // States after each transaction, by how many took effect.
          const model = new StoreModel();
          const states: string[] = [stateOf(model.range(''))];
          let acknowledged = 0;
          for (const [index, batch] of history.entries()) {
            for (const each of batch) {
              const asked = store.txn(each);
              model.apply(each);
              states.push(stateOf(model.range('')));
              const position = states.length - 1;
              asked.then(
                () => (acknowledged = Math.max(acknowledged, position)),
                () => {},
              );
            }
            for (const step of goOn(time, pauses[index % pauses.length]!)) await step;
          }
          const found = disk.crash(mode, new SeededRandom(seed));
          const atCrash = acknowledged;
          const { entries } = await open(found, new VirtualTime(), { walBytesMax }).range('');
          const state = stateOf(entries);
          const possible = states.slice(atCrash);
          assert.ok(possible.includes(state), `after ${mode}: ${state} is none of ${possible.join(' | ')}`);
        },
      ),
      { numRuns: 600 },
    );
  });

  test('crash upon crash, each state goes on from the one before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(batches, modes, fc.nat(8)), { minLength: 2, maxLength: 4 }),
        fc.integer(),
        async (lives, seed) => {
          const random = new SeededRandom(seed);
          let disk = freshDisk();
          let model = new StoreModel();
          for (const [history, mode, steps] of lives) {
            const time = new VirtualTime();
            const store = open(disk, time, { walBytesMax: 300 });
            for (const each of history.slice(1).flat()) {
              const asked = store.txn(each);
              model.apply(each);
              await time.settle();
              await asked;
            }
            const possible = [model.copy()];
            for (const each of history[0]!) {
              store.txn(each).catch(() => {});
              possible.push(possible.at(-1)!.copy());
              possible.at(-1)!.apply(each);
            }
            for (const step of goOn(time, steps)) await step;
            disk = disk.crash(mode, random);
            const survivor = open(disk, new VirtualTime(), { walBytesMax: 300 });
            const state = stateOf((await survivor.range('')).entries);
            const now = possible.find(
              (each) => stateOf(each.range('')) === state && each.revision === survivor.revision,
            );
            assert.ok(now !== undefined, `after ${mode}: ${state}`);
            model = now;
            disk = disk.kill();
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('what one restart showed, the next one shows', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer(), fc.nat(8), async (history, seed, steps) => {
        const time = new VirtualTime();
        const disk = freshDisk();
        const store = open(disk, time);
        for (const each of history.flat()) store.txn(each).catch(() => {});
        for (const step of goOn(time, steps)) await step;
        // Killed, not cut off: what was written is in the system's cache, and on disk only once the next start made it so.
        const killed = disk.kill();
        const shown = stateOf((await open(killed, time).range('')).entries);
        const lost = killed.crash('dropped', new SeededRandom(seed));
        assert.equal(stateOf((await open(lost, time).range('')).entries), shown);
      }),
      { numRuns: 200 },
    );
  });
});

suite('embedded store: damage', () => {
  test('a flipped bit in what was synced is reported with its place, wherever it is', async () => {
    const { disk } = await filled();
    const size = disk.readFile(WAL, 1_000_000).length;
    const recordBytes = size / 10;
    for (let position = 0; position < size - recordBytes; position += 3) {
      const { disk: other, time } = await filled();
      flip(other, WAL, position);
      assert.throws(
        () => open(other, time),
        (error) => {
          assert.ok(error instanceof StoreDamaged);
          assert.equal(error.path, WAL);
          assert.equal(error.position, position - (position % recordBytes), 'the start of the record');
          return true;
        },
      );
    }
  });

  test('a torn end is cut and the rest is used', async () => {
    const { disk } = await filled();
    const size = disk.readFile(WAL, 1_000_000).length;
    for (let cut = 1; cut < size / 10; cut += 5) {
      const { disk: other, time } = await filled();
      const file = other.open(WAL, 'existing');
      file.truncate(size - cut);
      file.close();
      const store = open(other, time);
      assert.equal((await keys(store, time)).length, 9);
      await write(store, time, put('new'));
      await close(store, time);
      assert.equal((await keys(open(other, time), time)).length, 10);
    }
  });

  test('a write that reached the disk in the wrong order is a torn end, and none of it comes back', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time);
    await write(store, time, put('synced', 'value'));
    const before = disk.readFile(WAL, 1_000_000).length;
    for (const key of ['first!', 'second']) store.txn(txn(put(key, 'value'))).catch(() => {});
    time.advance(0);
    const found = disk.kill();
    flip(found, WAL, before + 30);
    const again = open(found, time);
    assert.deepEqual(await keys(again, time), ['synced']);
    await write(again, time, put('third!', 'value'));
    assert.deepEqual(await keys(open(found.kill(), time), time), ['synced', 'third!']);
  });

  test('zeroes at the end, as a file system may leave them, are cut', async () => {
    const { disk, time } = await filled();
    const file = disk.open(WAL, 'existing');
    file.write(new Uint8Array(4096), file.size());
    file.close();
    assert.equal((await keys(open(disk, time), time)).length, 10);
  });

  test('after a close in order, damage to the very last record is known for what it is', async () => {
    const { disk, time } = await filled();
    const store = open(disk, time);
    const size = disk.readFile(WAL, 1_000_000).length;
    await close(store, time);
    flip(disk, WAL, size - 3);
    assert.throws(() => open(disk, time), StoreDamaged);
  });

  test('a damaged or missing snapshot is reported', async () => {
    const time = new VirtualTime();
    const disk = freshDisk();
    const store = open(disk, time, { walBytesMax: 200 });
    for (let index = 0; index < 20; index++) await write(store, time, put(`k${index}`, 'value'));
    await write(store, time, put('last'));
    await close(store, time);
    const size = disk.readFile(SNAPSHOT, 1_000_000).length;
    for (const position of [0, 5, 20, size - 1]) {
      flip(disk, SNAPSHOT, position);
      assert.throws(() => open(disk, time), StoreDamaged);
      flip(disk, SNAPSHOT, position);
    }
    await close(open(disk, time), time);
    disk.remove(SNAPSHOT);
    assert.throws(() => open(disk, time), StoreDamaged);
  });
});

function stateOf(
  entries: readonly { key: string; value: string; createRevision: number; modRevision: number }[],
): string {
  return JSON.stringify(
    entries.map(({ key, value, createRevision, modRevision }) => [key, value, createRevision, modRevision]),
  );
}

/** Does the work at hand; each promise returned, awaited, lets others go one step on. So a crash can come between any two. */
function goOn(time: VirtualTime, steps: number): Promise<void>[] {
  if (steps > 0) time.advance(0);
  return Array.from({ length: Math.max(0, steps - 1) }, () => Promise.resolve());
}

async function filled(): Promise<{ disk: MemoryDisk; time: VirtualTime }> {
  const time = new VirtualTime();
  const disk = freshDisk();
  const store = open(disk, time);
  for (let index = 0; index < 10; index++) await write(store, time, put(`k${index}`, 'value'));
  return { disk: disk.kill(), time };
}

function flip(disk: MemoryDisk, path: string, position: number): void {
  const content = disk.readFile(path, 1_000_000);
  content[position]! ^= 0x40;
  disk.open(path, 'existing').write(content, 0);
}

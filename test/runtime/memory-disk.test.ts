import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';

const random = new SeededRandom(1);
const bytes = (text: string): Buffer => Buffer.from(text);
const text = (disk: MemoryDisk, path: string): string => disk.readFile(path, 1_000_000).toString();

/** A disk with /d/log holding "synced", all of it durable. */
function given(): { disk: MemoryDisk; log: ReturnType<MemoryDisk['open']> } {
  const disk = new MemoryDisk({ crashable: true });
  disk.makeDirectory('/d');
  disk.syncDirectory('/');
  const log = disk.open('/d/log', 'create');
  log.write(bytes('synced'), 0);
  log.syncNow();
  disk.syncDirectory('/d');
  return { disk, log };
}

test('power loss takes what was not synced', () => {
  const { disk, log } = given();
  log.write(bytes(' lost'), 6);
  assert.equal(text(disk, '/d/log'), 'synced lost');
  assert.equal(text(disk.crash('dropped', random), '/d/log'), 'synced');
});

test('an overwrite and a truncation that were not synced are undone', () => {
  const { disk, log } = given();
  log.write(bytes('SYN'), 0);
  log.truncate(2);
  assert.equal(text(disk.crash('dropped', random), '/d/log'), 'synced');
});

test('power loss may leave everything, or half of the last write', () => {
  const { disk, log } = given();
  log.write(bytes(' one'), 6);
  log.write(bytes(' two'), 10);
  assert.equal(text(disk.crash('kept', random), '/d/log'), 'synced one two');
  const torn = text(disk.crash('torn', random), '/d/log');
  assert.ok(torn.startsWith('synced one') && torn.length < 14, torn);
});

test('mixed power loss reaches every outcome, and the same one for the same seed', () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const { disk, log } = given();
    log.write(bytes('AB'), 6);
    log.write(bytes('CD'), 8);
    const found = text(disk.crash('mixed', new SeededRandom(seed)), '/d/log');
    assert.equal(found, text(disk.crash('mixed', new SeededRandom(seed)), '/d/log'));
    outcomes.add(found);
  }
  for (const outcome of ['synced', 'syncedAB', 'syncedA', 'syncedABCD', 'syncedABC', 'synced\0\0CD', 'syncedA\0C']) {
    assert.ok(outcomes.has(outcome), outcome);
  }
});

test('a name is durable only after the sync of its directory', () => {
  const { disk } = given();
  const file = disk.open('/d/new', 'create');
  file.write(bytes('data'), 0);
  file.syncNow();
  assert.equal(disk.crash('dropped', random).exists('/d/new'), false);
  const { disk: other } = given();
  other.open('/d/new', 'create').close();
  other.syncDirectory('/d');
  assert.equal(text(other.crash('dropped', random), '/d/new'), '');
});

test('a rename survives whole or not at all', () => {
  const { disk } = given();
  disk.rename('/d/log', '/d/renamed');
  const after = disk.crash('dropped', random);
  assert.deepEqual(
    after.list('/d').map(({ name }) => name),
    ['log'],
  );
  const { disk: other } = given();
  other.makeDirectory('/e');
  other.syncDirectory('/');
  other.rename('/d/log', '/e/log');
  other.syncDirectory('/e');
  const found = other.crash('dropped', random);
  assert.deepEqual([found.exists('/d/log'), text(found, '/e/log')], [false, 'synced']);
});

test('syncing a directory brings along the earlier change of another one that it rests on', () => {
  const { disk } = given();
  disk.makeDirectory('/e');
  disk.syncDirectory('/');
  disk.open('/d/fresh', 'create').close();
  disk.rename('/d/fresh', '/e/fresh');
  disk.syncDirectory('/e');
  disk.syncDirectory('/d');
  const found = disk.crash('dropped', random);
  assert.deepEqual([found.exists('/d/fresh'), found.exists('/e/fresh')], [false, true]);
});

test('one disk can lose power many times over, each time from the same state', () => {
  const { disk, log } = given();
  disk.rename('/d/log', '/d/renamed');
  log.write(bytes('!'), 6);
  assert.equal(text(disk.crash('kept', random), '/d/renamed'), 'synced!');
  assert.equal(text(disk.crash('dropped', random), '/d/log'), 'synced');
  const names = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const found = disk.crash('mixed', new SeededRandom(seed));
    names.add(
      found
        .list('/d')
        .map(({ name }) => name)
        .join(),
    );
  }
  assert.deepEqual([...names].toSorted(), ['log', 'renamed']);
});

test('a removal that was not synced is undone', () => {
  const { disk } = given();
  disk.remove('/d');
  assert.equal(text(disk.crash('dropped', random), '/d/log'), 'synced');
  const { disk: other } = given();
  other.remove('/d');
  assert.equal(other.crash('kept', random).exists('/d'), false);
});

test('a replaced file is the old one or the new one, whatever survives', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { disk } = given();
    disk.replaceFile('/d/checkpoint', bytes('old'));
    disk.fail({ call: 'sync', path: '/d', nth: 2, code: 'EIO' });
    assert.throws(() => disk.replaceFile('/d/checkpoint', bytes('new!')), { code: 'EIO' });
    assert.match(text(disk.crash('mixed', new SeededRandom(seed)), '/d/checkpoint'), /^(old|new!)$/);
  }
});

test('a sync covers what was written before it, and nothing if the power goes before it is done', async () => {
  const { disk, log } = given();
  log.write(bytes('1'), 6);
  const sync = log.sync();
  log.write(bytes('2'), 7);
  await sync;
  assert.equal(text(disk.crash('dropped', random), '/d/log'), 'synced1');
  const { disk: other, log: file } = given();
  file.write(bytes('1'), 6);
  const broken = file.sync();
  const found = other.crash('dropped', random);
  await assert.rejects(broken, { code: 'EIO' });
  assert.equal(text(found, '/d/log'), 'synced');
});

test('what a failed sync did not write never becomes durable, though a later sync succeeds', async () => {
  const { disk, log } = given();
  log.write(bytes('1'), 6);
  disk.fail({ call: 'sync', code: 'EIO' });
  await assert.rejects(log.sync(), { name: 'DiskError', code: 'EIO' });
  log.write(bytes('2'), 7);
  await log.sync();
  assert.equal(text(disk, '/d/log'), 'synced12');
  assert.equal(text(disk.crash('dropped', random), '/d/log'), 'synced\u00002');
});

test('kill -9 keeps what was written, frees locks, and stops the dead process from writing', async () => {
  const { disk, log } = given();
  assert.ok(disk.lock('/d/.lock'));
  log.write(bytes(' and not'), 6);
  const next = disk.kill();
  assert.throws(() => log.write(bytes('x'), 0), { code: 'EIO' });
  assert.throws(() => disk.open('/d/log', 'read'), { code: 'EIO' });
  assert.equal(text(next, '/d/log'), 'synced and not');
  assert.ok(next.lock('/d/.lock'));
  assert.equal(text(next.crash('dropped', random), '/d/log'), 'synced', 'nothing was synced by dying');
});

test('planned failures hit the calls they name', () => {
  const { disk, log } = given();
  disk.fail({ call: 'write', nth: 2, times: 2, code: 'ENOSPC', writtenBytes: 3 });
  log.write(bytes('a'), 6);
  assert.throws(() => log.write(bytes('bcdef'), 7), { code: 'ENOSPC', path: '/d/log' });
  assert.equal(text(disk, '/d/log'), 'syncedabcd', 'a part was written');
  assert.throws(() => log.writeAll([bytes('xy'), bytes('zw')], 10), { code: 'ENOSPC' });
  assert.equal(text(disk, '/d/log'), 'syncedabcdxyz');
  log.write(bytes('!'), 13);
  disk.fail({ call: 'open', path: 'other', code: 'EMFILE' });
  disk.open('/d/log', 'read').close();
  assert.throws(() => disk.open('/d/other', 'create'), { code: 'EMFILE' });
  disk.fail({ call: 'rename', code: 'EIO' });
  assert.throws(() => disk.rename('/d/log', '/d/x'), { code: 'EIO' });
  assert.ok(disk.exists('/d/log'));
});

test('a full disk refuses, and removing gives room', () => {
  const disk = new MemoryDisk({ capacityBytes: 100 });
  const file = disk.open('/a', 'create');
  file.write(Buffer.alloc(60), 0);
  assert.throws(() => disk.open('/b', 'create').write(Buffer.alloc(41), 0), { code: 'ENOSPC' });
  file.write(Buffer.alloc(60), 0);
  assert.deepEqual(disk.space('/'), { totalBytes: 100, freeBytes: 40 });
  disk.remove('/a');
  assert.equal(disk.space('/').freeBytes, 40, 'still open');
  file.close();
  assert.equal(disk.space('/').freeBytes, 100);
  const sparse = disk.open('/c', 'create');
  sparse.write(Buffer.alloc(50), 50);
  assert.equal(disk.usedBytes, 100);
  sparse.truncate(10);
  assert.equal(disk.usedBytes, 10);
  sparse.close();
  disk.open('/d', 'create').write(Buffer.alloc(90), 0);
  disk.rename('/d', '/c');
  assert.equal(disk.usedBytes, 90, 'what is renamed over is gone');
});

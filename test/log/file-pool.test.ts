import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilePool } from '../../src/log/segments/file-pool.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';

function pool(openMax: number): FilePool {
  return new FilePool(new MemoryDisk(), openMax);
}

test('at most so many files are open; one that is needed again is opened again', () => {
  const files = pool(2);
  const all = ['/a', '/b', '/c'].map((path) => files.file(path, 'create'));
  for (const file of all) file.use().write(Buffer.from(file.path), 0);
  assert.equal(files.openCount, 2);
  for (const file of all) {
    const bytes = new Uint8Array(2);
    file.use().read(bytes, 0, 2, 0);
    assert.equal(Buffer.from(bytes).toString(), file.path);
  }
  assert.equal(files.openCount, 2);
});

test('pinned files stay open, even when that passes the limit, and the pool shrinks again', () => {
  const files = pool(2);
  const all = ['/a', '/b', '/c', '/d'].map((path) => files.file(path, 'create'));
  for (const file of all) file.pin();
  assert.equal(files.openCount, 4);
  for (const file of all) file.unpin();
  files.file('/e', 'create').use();
  assert.equal(files.openCount, 2);
});

test('a file closed while pinned is closed when it is let go', () => {
  const files = pool(2);
  const file = files.file('/a', 'create');
  file.pin();
  file.close();
  assert.equal(files.openCount, 1);
  file.unpin();
  assert.equal(files.openCount, 0);
});

test('a file that is gone is not made again by looking at it', () => {
  const disk = new MemoryDisk();
  const files = new FilePool(disk, 1);
  const file = files.file('/a', 'create');
  file.use();
  files.file('/b', 'create').use();
  disk.remove('/a');
  assert.throws(() => file.use(), /ENOENT/);
  assert.equal(disk.exists('/a'), false);
});

test('without handles left others make room', () => {
  const disk = new MemoryDisk();
  const files = new FilePool(disk, 10);
  const [first, second] = ['/a', '/b'].map((path) => files.file(path, 'create'));
  first!.use();
  disk.fail({ call: 'open', code: 'EMFILE' });
  second!.use();
  assert.equal(files.openCount, 1);
  disk.fail({ call: 'open', code: 'EMFILE', times: 3 });
  assert.throws(() => files.file('/c', 'create').use(), /EMFILE/);
});

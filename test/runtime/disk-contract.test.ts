import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { type Disk, DiskError } from '../../src/runtime/disk.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';

function fails(call: () => unknown, code: string): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof DiskError, String(error));
    assert.equal(error.code, code);
    assert.notEqual(error.path, '');
    return true;
  });
}

function contract(title: string, disk: Disk, root: string): void {
  suite(title, () => {
    disk.makeDirectory(root);
    let count = 0;
    const fresh = (): string => join(root, `case-${count++}`);
    const text = (path: string): string => disk.readFile(path, 1000).toString();

    test('what is written is read, at its position', () => {
      const path = fresh();
      const file = disk.open(path, 'create');
      assert.equal(file.path, path);
      file.write(Buffer.from('hello world'), 0);
      file.write(Buffer.from('W'), 6);
      const into = Buffer.alloc(8, '.');
      assert.equal(file.read(into, 1, 5, 6), 5);
      assert.equal(into.toString(), '.World..');
      assert.equal(file.read(into, 0, 8, 9), 2, 'only what is there');
      assert.equal(file.read(into, 0, 8, 11), 0, 'nothing at the end');
      assert.equal(file.read(into, 0, 8, 1000), 0, 'nothing beyond it');
      assert.equal(file.size(), 11);
      file.close();
    });

    test('many chunks are written as one, empty ones among them', () => {
      const file = disk.open(fresh(), 'create');
      const chunks = Array.from({ length: 3000 }, (_, index) => Buffer.alloc(index % 5, index % 251));
      file.write(Buffer.alloc(7), 0);
      file.writeAll(chunks, 7);
      const expected = Buffer.concat(chunks);
      assert.equal(file.size(), 7 + expected.length);
      const read = Buffer.alloc(expected.length);
      assert.equal(file.read(read, 0, read.length, 7), read.length);
      assert.deepEqual(read, expected);
      file.writeAll([], 0);
      file.writeAll([Buffer.alloc(0), Buffer.alloc(0)], 0);
      assert.equal(file.size(), 7 + expected.length);
      file.close();
    });

    test('a file of several MiB keeps its content; holes read as zeros', async () => {
      const file = disk.open(fresh(), 'create');
      const block = Buffer.alloc(700_001, 7);
      file.write(block, 0);
      file.write(block, 2_000_000);
      const read = Buffer.alloc(3_000_000, 9);
      assert.equal(await file.readAsync(read, 0, read.length, 0), 2_700_001);
      assert.ok(read.subarray(0, 700_001).equals(block));
      assert.ok(read.subarray(700_001, 2_000_000).every((byte) => byte === 0));
      assert.ok(read.subarray(2_000_000, 2_700_001).equals(block));
      file.close();
    });

    test('truncating cuts and extends with zeros', () => {
      const path = fresh();
      const file = disk.open(path, 'create');
      file.write(Buffer.from('abcdef'), 0);
      file.truncate(3);
      assert.equal(text(path), 'abc');
      file.truncate(5);
      assert.equal(text(path), 'abc\0\0');
      file.truncate(0);
      assert.equal(file.size(), 0);
      file.close();
    });

    test('modes of opening', () => {
      const path = fresh();
      fails(() => disk.open(path, 'existing'), 'ENOENT');
      fails(() => disk.open(path, 'read'), 'ENOENT');
      fails(() => disk.open(join(path, 'below'), 'create'), 'ENOENT');
      disk.open(path, 'create').close();
      const file = disk.open(path, 'existing');
      file.write(Buffer.from('x'), 0);
      file.close();
      const again = disk.open(path, 'create');
      assert.equal(again.size(), 1, 'creating keeps what is there');
      again.close();
      const readOnly = disk.open(path, 'read');
      assert.equal(readOnly.size(), 1);
      fails(() => readOnly.write(Buffer.from('y'), 0), 'EBADF');
      fails(() => readOnly.writeAll([Buffer.from('y'), Buffer.from('z')], 0), 'EBADF');
      readOnly.close();
      fails(() => disk.open(root, 'create'), 'EISDIR');
    });

    test('a closed file refuses all', async () => {
      const file = disk.open(fresh(), 'create');
      file.close();
      file.close();
      fails(() => file.read(Buffer.alloc(1), 0, 1, 0), 'EBADF');
      fails(() => file.write(Buffer.alloc(1), 0), 'EBADF');
      fails(() => file.size(), 'EBADF');
      fails(() => file.truncate(0), 'EBADF');
      fails(() => file.syncNow(), 'EBADF');
      await assert.rejects(file.sync(), { name: 'DiskError', code: 'EBADF' });
      await assert.rejects(file.readAsync(Buffer.alloc(1), 0, 1, 0), { name: 'DiskError', code: 'EBADF' });
    });

    test('syncing resolves, also when the file is closed meanwhile', async () => {
      const file = disk.open(fresh(), 'create');
      file.write(Buffer.from('x'), 0);
      file.syncNow();
      const syncs = [file.sync(), file.sync()];
      file.close();
      await Promise.all(syncs);
    });

    test('whole files are replaced and read up to a size', () => {
      const path = fresh();
      fails(() => disk.readFile(path, 10), 'ENOENT');
      disk.replaceFile(path, Buffer.from('first, longer'));
      disk.replaceFile(path, Buffer.from('second'));
      assert.equal(text(path), 'second');
      fails(() => disk.readFile(path, 5), 'EFBIG');
      disk.replaceFile(path, Buffer.alloc(0));
      assert.equal(disk.readFile(path, 0).length, 0);
      const before = disk.list(root).filter(({ name }) => name.startsWith(path.slice(root.length + 1)));
      assert.equal(before.length, 1, 'no temporary file stays');
      fails(() => disk.replaceFile(join(path, 'below'), Buffer.alloc(1)), 'ENOTDIR');
    });

    test('directories are made, listed in order and removed', () => {
      const directory = fresh();
      assert.equal(disk.exists(directory), false);
      fails(() => disk.list(directory), 'ENOENT');
      disk.makeDirectory(join(directory, 'b', 'deep'));
      disk.makeDirectory(join(directory, 'b'));
      disk.replaceFile(join(directory, 'c'), Buffer.from('123'));
      disk.replaceFile(join(directory, 'B'), Buffer.alloc(0));
      disk.replaceFile(join(directory, 'b', 'deep', 'file'), Buffer.from('1'));
      const listed = disk.list(directory);
      assert.deepEqual(
        listed.map(({ name, isDirectory, size }) => ({ name, isDirectory, size })),
        [
          { name: 'B', isDirectory: false, size: 0 },
          { name: 'b', isDirectory: true, size: 0 },
          { name: 'c', isDirectory: false, size: 3 },
        ],
      );
      assert.ok(
        listed.every(({ modifiedMs }) => modifiedMs === undefined || Math.abs(Date.now() - modifiedMs) < 60_000),
      );
      fails(() => disk.makeDirectory(join(directory, 'c')), 'EEXIST');
      disk.syncDirectory(directory);
      fails(() => disk.syncDirectory(join(directory, 'none')), 'ENOENT');
      disk.remove(join(directory, 'c'));
      disk.remove(join(directory, 'b'));
      disk.remove(join(directory, 'missing'));
      assert.deepEqual(disk.list(directory).length, 1);
      disk.remove(directory);
      assert.equal(disk.exists(directory), false);
    });

    test('renaming moves and replaces', () => {
      const [from, to, directory] = [fresh(), fresh(), fresh()];
      fails(() => disk.rename(from, to), 'ENOENT');
      disk.replaceFile(from, Buffer.from('new'));
      disk.replaceFile(to, Buffer.from('old'));
      disk.rename(from, to);
      assert.equal(text(to), 'new');
      assert.equal(disk.exists(from), false);
      disk.makeDirectory(join(directory, 'full'));
      disk.rename(directory, `${directory}-deleted`);
      assert.deepEqual(
        disk.list(`${directory}-deleted`).map(({ name }) => name),
        ['full'],
      );
      disk.makeDirectory(directory);
      fails(() => disk.rename(directory, `${directory}-deleted`), 'ENOTEMPTY');
      fails(() => disk.rename(to, directory), 'EISDIR');
      fails(() => disk.rename(directory, to), 'ENOTDIR');
    });

    test('a removed file lives on for those who have it open', () => {
      const path = fresh();
      const file = disk.open(path, 'create');
      file.write(Buffer.from('still here'), 0);
      disk.remove(path);
      assert.equal(disk.exists(path), false);
      const into = Buffer.alloc(10);
      file.read(into, 0, 10, 0);
      assert.equal(into.toString(), 'still here');
      file.close();
    });

    test('free space is a part of all space', () => {
      const { totalBytes, freeBytes } = disk.space(root);
      assert.ok(freeBytes > 1_000_000);
      assert.ok(totalBytes >= freeBytes);
      fails(() => disk.space(join(root, 'none')), 'ENOENT');
    });

    test('a lock is held once until released', () => {
      const path = fresh();
      const lock = disk.lock(path);
      assert.ok(lock);
      assert.equal(disk.lock(path), undefined);
      assert.ok(disk.lock(fresh()), 'another path is another lock');
      lock.release();
      lock.release();
      const again = disk.lock(path);
      assert.ok(again);
      lock.release();
      assert.equal(disk.lock(path), undefined, 'an old lock releases nothing');
      again.release();
      fails(() => disk.lock(join(root, 'none', 'lock')), 'ENOENT');
    });
  });
}

const root = mkdtempSync(join(tmpdir(), 'posthorn-disk-'));
after(() => rmSync(root, { recursive: true }));
contract('disk of the system', nodeDisk, root);
contract('disk in memory', new MemoryDisk(), '/data');
contract('disk in memory that can crash', new MemoryDisk({ crashable: true }), '/data');

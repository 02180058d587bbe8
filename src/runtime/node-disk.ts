import * as fs from 'node:fs';
import * as paths from 'node:path';
import { type DirectoryEntry, type Disk, DiskError } from './disk.ts';
import { diskErrorOf, NodeFile } from './node-file.ts';
import { takeLock } from './node-lock.ts';
import { nodeThreads } from './node-threads.ts';

const OPEN_FLAGS = { create: fs.constants.O_RDWR | fs.constants.O_CREAT, existing: 'r+', read: 'r' } as const;

/** Suffix of the file that {@link Disk.replaceFile} writes first. One left behind by a crash is overwritten. */
const REPLACEMENT_SUFFIX = '.tmp';

/** The file system, through blocking calls. */
export const nodeDisk: Disk = {
  threads: nodeThreads,
  open: (path, mode) => calling(path, () => new NodeFile(path, fs.openSync(path, OPEN_FLAGS[mode], 0o644))),
  readFile: (path, bytesMax) => calling(path, () => readWhole(path, bytesMax)),
  replaceFile: (path, content) =>
    calling(path, () => {
      const replacement = path + REPLACEMENT_SUFFIX;
      const fd = fs.openSync(replacement, 'w', 0o644);
      const file = new NodeFile(replacement, fd);
      try {
        file.write(content, 0);
        fs.fsyncSync(fd);
      } finally {
        file.close();
      }
      fs.renameSync(replacement, path);
      syncDirectory(paths.dirname(path));
    }),
  exists: (path) => fs.existsSync(path),
  list: (path) => calling(path, () => list(path)),
  makeDirectory: (path) => calling(path, () => makeDirectory(path)),
  rename: (from, to) => calling(from, () => fs.renameSync(from, to)),
  remove: (path) => calling(path, () => fs.rmSync(path, { recursive: true, force: true })),
  syncDirectory: (path) => calling(path, () => syncDirectory(path)),
  syncDirectoryLater,
  space: (path) =>
    calling(path, () => {
      const { blocks, bavail, bsize } = fs.statfsSync(path);
      return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
    }),
  lock: (path) => calling(path, () => takeLock(path)),
};

/** Turns what Node throws into {@link DiskError}. */
function calling<Result>(path: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw diskErrorOf(error, path);
  }
}

function readWhole(path: string, bytesMax: number): Buffer {
  const fd = fs.openSync(path, 'r');
  const file = new NodeFile(path, fd);
  try {
    const size = file.size();
    if (size > bytesMax) throw new DiskError('EFBIG', path, `${path} has ${size} bytes, at most ${bytesMax} expected`);
    const content = Buffer.allocUnsafe(size);
    return content.subarray(0, file.read(content, 0, size, 0));
  } finally {
    file.close();
  }
}

/** With those above it. Node's own recursion does not end where a directory is that takes no others, as below /proc. */
function makeDirectory(path: string): void {
  try {
    fs.mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && fs.statSync(path).isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    makeDirectory(paths.dirname(path));
    fs.mkdirSync(path);
  }
}

function list(path: string): DirectoryEntry[] {
  const found: DirectoryEntry[] = [];
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isDirectory()) {
      found.push({ name, isDirectory: true, size: 0 });
      continue;
    }
    const stat = fs.statSync(paths.join(path, name), { throwIfNoEntry: false });
    // A file removed since it was listed is not there.
    if (stat !== undefined) found.push({ name, isDirectory: false, size: stat.size, modifiedMs: stat.mtimeMs });
  }
  return found.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

async function syncDirectoryLater(path: string): Promise<void> {
  const fd = calling(path, () => fs.openSync(path, 'r'));
  try {
    await new Promise<void>((resolve, reject) => {
      fs.fsync(fd, (error) => (error === null ? resolve() : reject(diskErrorOf(error, path))));
    });
  } finally {
    fs.closeSync(fd);
  }
}

function syncDirectory(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

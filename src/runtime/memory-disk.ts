import { assert } from '../base/assert.ts';
import { type DirectoryEntry, type Disk, DiskError, type DiskFile, type DiskSpace } from './disk.ts';
import { type DiskFault, DiskFaults } from './disk-faults.ts';
import { MemoryFile } from './memory-file.ts';
import { type Entry, MemoryDirectory, MemoryNames, type Place } from './memory-names.ts';
import { MemoryNode, type Survival } from './memory-node.ts';
import type { Random } from './random.ts';

export interface MemoryDiskOptions {
  /** Bytes of content that fit, ENOSPC beyond. 1 TiB if left out: as good as no limit. */
  readonly capacityBytes?: number;
  /** Keeps what {@link MemoryDisk.crash} needs: a second copy of everything. For tests. */
  readonly crashable?: boolean;
}

/**
 * What power loss leaves of the writes and names that were not synced: none of them; all; all but the end of each file's
 * last write; or of each write all, nothing or a part, and the names up to some point, as the random numbers have it.
 */
export type Unsynced = 'dropped' | 'kept' | 'torn' | 'mixed';

const CAPACITY_DEFAULT = 2 ** 40;

/**
 * A disk in memory: for brokers that keep nothing, and for tests that must see what a crash leaves. As strict as POSIX
 * allows a disk to be: a file's data is durable only after its sync, its name only after the sync of its directory.
 */
export class MemoryDisk implements Disk {
  readonly #options: MemoryDiskOptions;
  readonly #names: MemoryNames;
  readonly #locked = new Set<Entry>();
  readonly #faults = new DiskFaults();
  #usedBytes = 0;
  /** Taken by others. */
  #othersBytes = 0;
  #isAlive = true;

  constructor(options: MemoryDiskOptions = {}, names = new MemoryNames(options.crashable ?? false)) {
    this.#options = options;
    this.#names = names;
    this.#usedBytes = adopt(names.root);
  }

  /** Plans a failure. */
  fail(fault: DiskFault): void {
    this.#faults.plan(fault);
  }

  /** For a look at what is there: calls within `work` do not fail, whatever is planned. */
  withoutFailures(work: () => void): void {
    this.#faults.without(work);
  }

  /** Others fill the disk until only so many bytes are left; undefined when they have taken their things away. */
  leave(freeBytes: number | undefined): void {
    this.#othersBytes = freeBytes === undefined ? 0 : Math.max(0, this.#capacityBytes - this.#usedBytes - freeBytes);
  }

  /** Bytes of content held. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The process is killed: its locks and open files are gone, what it wrote is there. Returns the disk as then found. */
  kill(): MemoryDisk {
    this.#isAlive = false;
    return new MemoryDisk(this.#options, this.#names);
  }

  /**
   * The power goes. Returns the disk as then found, by itself; this one works no more, but can be asked again, for what
   * else might have been found. Needs `crashable`.
   */
  crash(unsynced: Unsynced, random: Random): MemoryDisk {
    assert(this.#options.crashable, 'a disk that loses power is made crashable');
    this.#isAlive = false;
    const keptOf = (count: number): number => {
      if (unsynced === 'dropped') return 0;
      return unsynced === 'mixed' ? Math.floor(random.next() * (count + 1)) : count;
    };
    const root = this.#names.survivor(keptOf, survivalOf(unsynced, random));
    return new MemoryDisk(this.#options, new MemoryNames(true, root));
  }

  open(path: string, mode: 'create' | 'existing' | 'read'): DiskFile {
    this.#check();
    this.#faults.check('open', path);
    const place = this.#place(path);
    let entry = place.directory.entries.get(place.name);
    if (entry instanceof MemoryDirectory) throw failure('EISDIR', path);
    if (entry === undefined) {
      if (mode !== 'create') throw failure('ENOENT', path);
      entry = new MemoryNode(this.#options.crashable ?? false);
      this.#names.link(place, entry);
    }
    return new MemoryFile(path, entry, this.#state, mode !== 'read');
  }

  readFile(path: string, bytesMax: number): Buffer {
    const file = this.open(path, 'read');
    try {
      const size = file.size();
      if (size > bytesMax) throw failure('EFBIG', path);
      const content = Buffer.allocUnsafe(size);
      file.read(content, 0, size, 0);
      return content;
    } finally {
      file.close();
    }
  }

  replaceFile(path: string, content: Uint8Array): void {
    const replacement = `${path}.tmp`;
    const file = this.open(replacement, 'create');
    try {
      file.truncate(0);
      file.write(content, 0);
      file.syncNow();
    } finally {
      file.close();
    }
    this.rename(replacement, path);
    this.syncDirectory(path.slice(0, path.lastIndexOf('/')));
  }

  exists(path: string): boolean {
    this.#check();
    return this.#entry(path) !== undefined;
  }

  list(path: string): DirectoryEntry[] {
    this.#check();
    this.#faults.check('list', path);
    const names = [...this.#directory(path).entries];
    return names
      .map(([name, entry]) => {
        const isDirectory = entry instanceof MemoryDirectory;
        return { name, isDirectory, size: isDirectory ? 0 : entry.content.size };
      })
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  makeDirectory(path: string): void {
    this.#check();
    let directory = this.#names.root;
    for (const name of partsOf(path)) {
      let entry = directory.entries.get(name);
      if (entry === undefined) {
        entry = new MemoryDirectory();
        this.#names.link({ directory, name }, entry);
      }
      if (!(entry instanceof MemoryDirectory)) throw failure('EEXIST', path);
      directory = entry;
    }
  }

  rename(from: string, to: string): void {
    this.#check();
    this.#faults.check('rename', from);
    const source = this.#place(from);
    const entry = source.directory.entries.get(source.name);
    if (entry === undefined) throw failure('ENOENT', from);
    const target = this.#place(to);
    const replaced = target.directory.entries.get(target.name);
    if (replaced === entry) return;
    if (replaced instanceof MemoryDirectory) {
      if (!(entry instanceof MemoryDirectory)) throw failure('EISDIR', from);
      if (replaced.entries.size > 0) throw failure('ENOTEMPTY', from);
    } else if (replaced !== undefined && entry instanceof MemoryDirectory) {
      throw failure('ENOTDIR', from);
    }
    this.#names.rename(source, target, entry);
    if (replaced instanceof MemoryNode) this.#unlinked(replaced);
  }

  remove(path: string): void {
    this.#check();
    this.#faults.check('remove', path);
    const entry = this.#entry(path);
    if (entry !== undefined) this.#remove(this.#place(path), entry);
  }

  syncDirectory(path: string): void {
    this.#check();
    this.#faults.check('sync', path);
    this.#names.makeDurable(this.#directory(path));
  }

  async syncDirectoryLater(path: string): Promise<void> {
    this.#check();
    // Durable only some time after the call, as a file's data is.
    await Promise.resolve();
    this.syncDirectory(path);
  }

  space(path: string): DiskSpace {
    this.#check();
    if (this.#entry(path) === undefined) throw failure('ENOENT', path);
    return { totalBytes: this.#capacityBytes, freeBytes: this.#freeBytes };
  }

  lock(path: string): { release(): void } | undefined {
    this.open(path, 'create').close();
    const entry = this.#entry(path);
    if (entry === undefined || this.#locked.has(entry)) return undefined;
    this.#locked.add(entry);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#locked.delete(entry);
        isHeld = false;
      },
    };
  }

  get #capacityBytes(): number {
    return this.#options.capacityBytes ?? CAPACITY_DEFAULT;
  }

  get #freeBytes(): number {
    return this.#capacityBytes - this.#usedBytes - this.#othersBytes;
  }

  /** This disk, as its open files see it. */
  readonly #state = ((disk: MemoryDisk) => ({
    faults: disk.#faults,
    get isAlive() {
      return disk.#isAlive;
    },
    charge: (bytes: number, path: string) => disk.#charge(bytes, path),
    dropped: (node: MemoryNode) => disk.#dropped(node),
  }))(this);

  #check(): void {
    if (!this.#isAlive) throw new DiskError('EIO', '/', 'the process is gone');
  }

  #charge(bytes: number, path: string): void {
    if (bytes > this.#freeBytes) throw failure('ENOSPC', path);
    this.#usedBytes += bytes;
  }

  #remove(place: Place, entry: Entry): void {
    if (entry instanceof MemoryDirectory) {
      for (const [name, child] of entry.entries) this.#remove({ directory: entry, name }, child);
    }
    this.#names.unlink(place, entry);
    if (entry instanceof MemoryNode) this.#unlinked(entry);
  }

  #unlinked(node: MemoryNode): void {
    node.isLinked = false;
    this.#dropped(node);
  }

  #dropped(node: MemoryNode): void {
    if (!node.isLinked && node.openCount === 0) this.#usedBytes -= node.content.size;
  }

  #entry(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#names.root;
    for (const name of partsOf(path)) {
      entry = entry instanceof MemoryDirectory ? entry.entries.get(name) : undefined;
    }
    return entry;
  }

  #directory(path: string): MemoryDirectory {
    const entry = this.#entry(path);
    if (entry === undefined) throw failure('ENOENT', path);
    if (!(entry instanceof MemoryDirectory)) throw failure('ENOTDIR', path);
    return entry;
  }

  #place(path: string): Place {
    const end = path.lastIndexOf('/');
    return { directory: this.#directory(path.slice(0, end)), name: path.slice(end + 1) };
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function failure(code: string, path: string): DiskError {
  return new DiskError(code, path, `${code}: ${path}`);
}

/** Forgets the open files of the process before, and sums up the content. */
function adopt(directory: MemoryDirectory): number {
  let bytes = 0;
  for (const entry of directory.entries.values()) {
    if (entry instanceof MemoryNode) entry.openCount = 0;
    bytes += entry instanceof MemoryNode ? entry.content.size : adopt(entry);
  }
  return bytes;
}

function survivalOf(unsynced: Unsynced, random: Random): Survival {
  const part = (bytes: number): number => Math.floor(random.next() * bytes);
  switch (unsynced) {
    case 'dropped':
      return () => [];
    case 'kept':
      return (changes) => changes.map((change) => ({ change, keptBytes: Infinity }));
    case 'torn':
      return (changes) =>
        changes.map((change, index) => {
          const isTorn = index === changes.length - 1 && change.kind === 'write';
          return { change, keptBytes: isTorn ? part(change.bytes.length) : Infinity };
        });
    case 'mixed':
      return (changes) =>
        changes.flatMap((change) => {
          const fate = Math.floor(random.next() * 3);
          if (fate === 0) return [];
          return [
            { change, keptBytes: fate === 1 || change.kind === 'truncate' ? Infinity : part(change.bytes.length) },
          ];
        });
    default:
      return unsynced satisfies never;
  }
}

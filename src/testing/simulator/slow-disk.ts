import type { Timers } from '../../runtime/clock.ts';
import type { Disk, DiskFile } from '../../runtime/disk.ts';
import type { MemoryDisk } from '../../runtime/memory-disk.ts';
import type { Random } from '../../runtime/random.ts';

/** How long a sync takes at least and at most, in milliseconds; may change while the disk is in use. */
export interface DiskPace {
  syncMs: readonly [least: number, most: number];
}

export interface SlowDiskParts {
  readonly disk: MemoryDisk;
  readonly timers: Timers;
  readonly random: Random;
  readonly pace: DiskPace;
}

/** A disk whose syncs and reads beside the main thread take virtual time: what loses power meanwhile may have been synced or not. */
export function slowDisk({ disk, timers, random, pace }: SlowDiskParts): Disk {
  const wait = (part: number): Promise<void> => {
    const [least, most] = pace.syncMs;
    const ms = (least + random.next() * (most - least)) * part;
    return new Promise((resolve) => void timers.set(ms, resolve));
  };
  const slowly = async (sync: () => Promise<void>): Promise<void> => {
    const before = random.next();
    await wait(before);
    await sync();
    await wait(1 - before);
  };
  const slowFile = (file: DiskFile): DiskFile => {
    // A file is closed for good when the syncs under way have ended, as the kernel sees to it.
    let underWay = 0;
    let isClosed = false;
    const used = async <T>(work: () => Promise<T>): Promise<T> => {
      underWay++;
      try {
        return await work();
      } finally {
        underWay--;
        if (isClosed && underWay === 0) file.close();
      }
    };
    return {
      path: file.path,
      read: (into, offset, length, position) => file.read(into, offset, length, position),
      readAsync: (into, offset, length, position) =>
        used(async () => {
          await wait(1);
          return file.readAsync(into, offset, length, position);
        }),
      write: (bytes, position) => file.write(bytes, position),
      writeAll: (chunks, position) => file.writeAll(chunks, position),
      size: () => file.size(),
      truncate: (size) => file.truncate(size),
      sync: () => used(() => slowly(() => file.sync())),
      syncNow: () => file.syncNow(),
      close: () => {
        isClosed = true;
        if (underWay === 0) file.close();
      },
    };
  };
  return {
    open: (path, mode) => slowFile(disk.open(path, mode)),
    readFile: (path, bytesMax) => disk.readFile(path, bytesMax),
    replaceFile: (path, content) => disk.replaceFile(path, content),
    exists: (path) => disk.exists(path),
    list: (path) => disk.list(path),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    syncDirectoryLater: (path) => slowly(() => disk.syncDirectoryLater(path)),
    space: (path) => disk.space(path),
    lock: (path) => disk.lock(path),
  };
}

import type { Disk, DiskFile } from '../../src/runtime/disk.ts';

/** The process ends here. */
export class Cut extends Error {
  override name = 'Cut';
}

export interface CuttingDisk extends Disk {
  /** How many calls that change something still succeed. */
  left: number;
}

/** A disk that ends the process once as many calls as were granted have changed something; none at first is refused. */
export function cuttingDisk(disk: Disk, left = Number.POSITIVE_INFINITY): CuttingDisk {
  const counted = { left };
  const count = (): void => {
    if (counted.left <= 0) throw new Cut('the process has ended');
    counted.left--;
  };
  const fileOf = (file: DiskFile): DiskFile => ({
    path: file.path,
    read: (into, offset, length, position) => file.read(into, offset, length, position),
    readAsync: (into, offset, length, position) => file.readAsync(into, offset, length, position),
    write: (bytes, position) => (count(), file.write(bytes, position)),
    writeAll: (chunks, position) => (count(), file.writeAll(chunks, position)),
    size: () => file.size(),
    truncate: (size) => (count(), file.truncate(size)),
    sync: () => (count(), file.sync()),
    syncNow: () => (count(), file.syncNow()),
    close: () => file.close(),
  });
  return Object.assign(counted, {
    open: (path: string, mode: 'create' | 'existing' | 'read') => {
      if (mode === 'create') count();
      return fileOf(disk.open(path, mode));
    },
    readFile: (path: string, bytesMax: number) => disk.readFile(path, bytesMax),
    replaceFile: (path: string, content: Uint8Array) => (count(), disk.replaceFile(path, content)),
    exists: (path: string) => disk.exists(path),
    list: (path: string) => disk.list(path),
    makeDirectory: (path: string) => disk.makeDirectory(path),
    rename: (from: string, to: string) => (count(), disk.rename(from, to)),
    remove: (path: string) => (count(), disk.remove(path)),
    syncDirectory: (path: string) => (count(), disk.syncDirectory(path)),
    syncDirectoryLater: (path: string) => (count(), disk.syncDirectoryLater(path)),
    space: (path: string) => disk.space(path),
    lock: (path: string) => disk.lock(path),
  });
}

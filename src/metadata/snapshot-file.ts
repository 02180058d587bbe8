import { dirname } from 'node:path';
import { isNoSpace, type Disk } from '../runtime/disk.ts';

/**
 * Puts a snapshot in the place of the one before. Where there is no space for it, the old one stays and nothing is left
 * behind; any other failure, and any once the new one may be in place, throws DiskError.
 */
export function replaceSnapshot(disk: Disk, path: string, bytes: Uint8Array): 'replaced' | 'no space' {
  const unfinished = `${path}.new`;
  try {
    writeSynced(disk, unfinished, bytes);
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    disk.remove(unfinished);
    return 'no space';
  }
  disk.rename(unfinished, path);
  disk.syncDirectory(dirname(path));
  return 'replaced';
}

function writeSynced(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, 'create');
  try {
    file.truncate(0);
    file.write(bytes, 0);
    file.syncNow();
  } finally {
    file.close();
  }
}

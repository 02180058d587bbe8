import type { Disk } from './disk.ts';

/**
 * Makes a directory and those above it that are missing, each durably: what is synced into a directory later is only as
 * safe as its own name, and power loss takes a whole tree whose topmost name was not synced. Throws DiskError.
 */
export function makeDurableDirectory(disk: Disk, path: string): void {
  if (disk.exists(path)) return;
  const parent = path.slice(0, Math.max(1, path.lastIndexOf('/')));
  if (parent !== path) makeDurableDirectory(disk, parent);
  disk.makeDirectory(path);
  disk.syncDirectory(parent);
}

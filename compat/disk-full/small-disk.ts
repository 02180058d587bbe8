import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system of its own. */
export interface SmallDisk {
  readonly kind: string;
  readonly path: string;
  /** From now on nothing on it can be written or read (EIO), as on a device that is gone. Only ext4 can. */
  fail(): void;
  remove(): void;
}

/** The EXT4_IOC_SHUTDOWN of Linux, without a flush of its journal. */
const SHUT_DOWN = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))`;

function ran(command: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`;
}

/** Mounts an ext4 file system in a file or, where that cannot be, one in memory. Answers why, where it may do neither. */
export function smallDisk(megabytes: number): SmallDisk | { readonly reason: string } {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-small-'));
  const path = join(home, 'disk');
  mkdirSync(path);
  const fail = (): void => {
    const reason = ran('python3', ['-c', SHUT_DOWN, path]);
    if (reason !== undefined) throw new Error(reason);
  };
  const remove = (): void => {
    ran('umount', [path]);
    rmSync(home, { recursive: true, force: true });
  };
  const image = join(home, 'image');
  writeFileSync(image, '');
  truncateSync(image, megabytes * 1024 * 1024);
  const noExt4 = ran('mkfs.ext4', ['-q', '-F', '-m', '0', image]) ?? ran('mount', ['-o', 'loop', image, path]);
  if (noExt4 === undefined) return { kind: 'ext4 in a file', path, fail, remove };
  const noTmpfs = ran('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  if (noTmpfs === undefined) return { kind: `tmpfs (${noExt4})`, path, fail, remove };
  rmSync(home, { recursive: true, force: true });
  return { reason: `${noExt4}; ${noTmpfs}` };
}

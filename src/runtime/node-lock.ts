import * as fs from 'node:fs';
import { lazyPackage } from './packages.ts';
import { takePidLock } from './pid-lock.ts';

/** Exit code of flock(1) when another holds the lock. */
const HELD = 1;

/** Opens a file and takes its lock in one call, where the system can (macOS and the BSDs). */
const O_EXLOCK = 0x20;

const EXLOCK_PLATFORMS: readonly string[] = ['darwin', 'freebsd', 'openbsd'];

/**
 * Takes the exclusive lock `path`; undefined when another open file, of this or another process, has it.
 *
 * The kernel keeps the lock with the open file, so it vanishes with the process, however that dies, and holds between
 * containers that share a directory. Node has no call for it; flock(1) takes it on the descriptor it inherits from us
 * and exits, and the lock stays with us (3 ms). Where there is no flock(1): see {@link takePidLock}, which is weaker.
 * The file itself stays: removing it would let two processes hold locks on two files of one name.
 */
export function takeLock(path: string): { release(): void } | undefined {
  if (EXLOCK_PLATFORMS.includes(process.platform)) return lockOnOpen(path);
  const fd = fs.openSync(path, 'a+', 0o644);
  const status = flock(fd);
  if (status === 0) return heldBy(fd);
  fs.closeSync(fd);
  return status === HELD ? undefined : takePidLock(path);
}

function lockOnOpen(path: string): { release(): void } | undefined {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = fs.constants;
  try {
    return heldBy(fs.openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_EXLOCK, 0o644));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

function heldBy(fd: number): { release(): void } {
  let isHeld = true;
  return {
    release() {
      if (isHeld) fs.closeSync(fd);
      isHeld = false;
    },
  };
}

const childProcess = lazyPackage('node:child_process');

/** Exit code of flock(1); null when it could not be run. */
function flock(fd: number): number | null {
  const { spawnSync } = childProcess() as typeof import('node:child_process');
  return spawnSync('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] }).status;
}

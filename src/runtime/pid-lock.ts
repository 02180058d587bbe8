import * as fs from 'node:fs';

/** Rounds of finding a dead owner's lock and losing the race for it, after which the lock counts as held. */
const ATTEMPTS_MAX = 10;

/** Lock files that this process holds: to the start time in the file they would look like our own. */
const held = new Set<string>();

/**
 * A lock for systems without flock(1): the file `path`.pid that names the owner. It outlives a killed owner, so an owner
 * that is gone (no such process, or one of that number that was started at another time) is displaced. Known weakness:
 * it cannot see owners in other process id namespaces, that is, in other containers.
 */
export function takePidLock(path: string): { release(): void } | undefined {
  const lockPath = `${path}.pid`;
  const ownId = identity(process.pid);
  if (held.has(lockPath)) return undefined;
  const ownPath = `${lockPath}.${process.pid}`;
  fs.writeFileSync(ownPath, ownId);
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (linked(ownPath, lockPath)) {
        held.add(lockPath);
        return { release: () => release(lockPath) };
      }
      const owner = contentOf(lockPath);
      if (owner === undefined) continue;
      if (owner !== ownId && isAlive(owner)) return undefined;
      displace(lockPath, owner);
    }
    return undefined;
  } finally {
    fs.rmSync(ownPath, { force: true });
  }
}

function release(lockPath: string): void {
  if (held.delete(lockPath)) fs.rmSync(lockPath, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead owner's file away; puts it back if by then it is another owner's. */
function displace(lockPath: string, deadOwner: string): void {
  const moved = `${lockPath}.dead.${process.pid}`;
  try {
    fs.renameSync(lockPath, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (contentOf(moved) !== deadOwner) linked(moved, lockPath);
  fs.rmSync(moved, { force: true });
}

function contentOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(owner: string): boolean {
  const pid = Number.parseInt(owner, 10);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return identity(pid) === owner || !fs.existsSync('/proc/self/stat');
}

/** Process id and, where the system tells it, the start time, which no later process of that id shares. */
function identity(pid: number): string {
  const stat = contentOf(`/proc/${pid}/stat`);
  // The second field, the name in parentheses, may hold anything; the start time is the 20th after it.
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid} ${startTime ?? ''}\n`;
}

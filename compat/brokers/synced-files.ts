import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded into a broker with `--import`: in the file SYNCED_FILES it writes down what each sync that succeeded has made durable,
 * before the broker hears of it: how long a file was, or which names were in a directory. Cuts, new names and removals are written
 * down as well. lossy-disk.ts takes away what is not in there when the power goes.
 */
const journal = fs.openSync(process.env['SYNCED_FILES']!, 'a');
const { fsync, fdatasync, fsyncSync, fdatasyncSync, ftruncateSync, renameSync, rmSync } = fs;

/** One line of the journal. */
export type Noted =
  | { readonly path: string; readonly size: number }
  | { readonly path: string; readonly names: readonly string[] }
  | { readonly path: string; readonly cutTo: number }
  | { readonly path: string; readonly renamedTo: string }
  | { readonly path: string; readonly isGone: true };

function note(noted: Noted | undefined): void {
  if (noted !== undefined) fs.writeSync(journal, `${JSON.stringify(noted)}\n`);
}

function pathOf(fd: number): string {
  return fs.readlinkSync(`/proc/self/fd/${fd}`);
}

/** What a sync that begins now is going to cover; undefined for a disk that is gone. */
function covered(fd: number): Noted | undefined {
  try {
    const path = pathOf(fd);
    const stat = fs.fstatSync(fd);
    return stat.isDirectory() ? { path, names: fs.readdirSync(path) } : { path, size: stat.size };
  } catch {
    return undefined;
  }
}

function later(sync: typeof fsync): (fd: number, done: fs.NoParamCallback) => void {
  return (fd, done) => {
    const noted = covered(fd);
    sync(fd, (error) => {
      if (error === null) note(noted);
      done(error);
    });
  };
}

function now(sync: typeof fsyncSync): (fd: number) => void {
  return (fd) => {
    const noted = covered(fd);
    sync(fd);
    note(noted);
  };
}

Object.assign(fs, {
  fsync: later(fsync),
  fdatasync: later(fdatasync),
  fsyncSync: now(fsyncSync),
  fdatasyncSync: now(fdatasyncSync),
  ftruncateSync: (fd: number, size: number) => {
    note({ path: pathOf(fd), cutTo: size });
    ftruncateSync(fd, size);
  },
  renameSync: (from: string, to: string) => {
    renameSync(from, to);
    note({ path: from, renamedTo: to });
  },
  rmSync: (path: string, options?: fs.RmOptions) => {
    note({ path, isGone: true });
    rmSync(path, options);
  },
});
syncBuiltinESMExports();

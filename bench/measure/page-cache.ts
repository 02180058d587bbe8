import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { diskQuiet } from './disk-quiet.ts';

/** Of the files' bytes so much may still be in memory. */
const LEFT_MAX = 0.02;
const FILES_PER_CALL = 100;
const run = promisify(execFile);

/**
 * Takes the logs below a directory out of the page cache, so that who reads them has to ask the device. Files that a process has
 * open are taken out as well. Throws when they are still there: a cold reading would be none.
 */
export async function dropFromCache(directory: string): Promise<void> {
  const files = await logsBelow(directory);
  await diskQuiet();
  // Without rights over the machine the kernel drops the pages of one file on advice; dd can ask for that.
  for (const file of files) await run('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  if ((await shareInCache(files)) <= LEFT_MAX) return;
  await writeFile('/proc/sys/vm/drop_caches', '3').catch(() => {});
  const left = await shareInCache(files);
  if (left > LEFT_MAX) throw new Error(`${(left * 100).toFixed(0)} percent of the logs stay in the page cache`);
}

async function logsBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true });
  return found.filter((path) => path.endsWith('.log')).map((path) => join(directory, path));
}

async function shareInCache(files: readonly string[]): Promise<number> {
  let resident = 0;
  let size = 0;
  for (let at = 0; at < files.length; at += FILES_PER_CALL) {
    const columns = ['--bytes', '--noheadings', '--raw', '--output', 'RES,SIZE'];
    const { stdout } = await run('fincore', [...columns, ...files.slice(at, at + FILES_PER_CALL)]);
    for (const line of stdout.trim().split('\n')) {
      const [bytes = 0, all = 0] = line.trim().split(/\s+/).map(Number);
      resident += bytes;
      size += all;
    }
  }
  return size === 0 ? 0 : resident / size;
}

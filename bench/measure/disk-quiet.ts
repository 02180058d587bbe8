import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Waits until the kernel has written what earlier measurements left dirty, so that none pays for another's bytes. */
export async function diskQuiet(): Promise<void> {
  await promisify(execFile)('sync', []);
}

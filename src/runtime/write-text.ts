import * as fs from 'node:fs';

/**
 * Writes to a descriptor before it returns, so that nothing is lost however the process ends; a reader that has gone
 * away is no error: the answer is false then. Unlike `process.stdout` it costs no stream, which takes 3 ms to set up.
 */
export function writeText(fd: number, text: string | Uint8Array): boolean {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
      // A full pipe: its reader is slow. Wait a millisecond rather than spin.
      Atomics.wait(pause, 0, 0, 1);
    }
  }
  return true;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

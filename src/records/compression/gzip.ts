import type * as Zlib from 'node:zlib';
import { Malformed } from '../../base/malformed.ts';
import { lazyPackage } from '../../runtime/packages.ts';

const CHUNK_BYTES_MAX = 256 * 1024;
const CHUNK_BYTES_MIN = 4 * 1024;
/** Gzip packs a byte into no less than about a thousandth; most batches stay far below eight times. */
const RATIO_EXPECTED = 8;

const zlib = lazyPackage('node:zlib') as () => typeof Zlib;

/** @param level 1 to 9, or -1 for zlib's default, as `compression.gzip.level`. */
export function gzip(bytes: Uint8Array, level: number): Buffer {
  return zlib().gzipSync(bytes, { level, chunkSize: chunkBytes(bytes.length) });
}

/** Unpacks one or several gzip members. Throws {@link Malformed} on damage and beyond `bytesMax`. */
export function gunzip(bytes: Uint8Array, bytesMax: number): Buffer {
  const options = { maxOutputLength: Math.max(bytesMax, 1), chunkSize: chunkBytes(bytes.length * RATIO_EXPECTED) };
  const { gunzipSync } = zlib();
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    throw new Malformed(`gzip: ${zlibReason(error, bytesMax)}`);
  }
}

/** One chunk for the whole output where that is small: zlib's 16 KiB would mean many calls and a joining copy. */
function chunkBytes(expected: number): number {
  return Math.min(Math.max(expected, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX);
}

/** What went wrong in a call of node:zlib that was given a bound. */
export function zlibReason(error: unknown, bytesMax: number): string {
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return `more than ${bytesMax} bytes`;
  return (error as Error).message;
}

import { createRequire } from 'node:module';
import type Zlib from 'node:zlib';
import { Malformed } from '../../base/malformed.ts';

const require = createRequire(import.meta.url);

let loaded: typeof Zlib | undefined;

/** node:zlib, loaded at first need: start-up does not pay for it. */
export function zlib(): typeof Zlib {
  return (loaded ??= require('node:zlib') as typeof Zlib);
}

/** @param level 1 to 9, or -1 for zlib's default, as `compression.gzip.level`. */
export function gzip(bytes: Uint8Array, level: number): Buffer {
  return zlib().gzipSync(bytes, { level });
}

/** Unpacks one or several gzip members. Throws {@link Malformed} on damage and beyond `bytesMax`. */
export function gunzip(bytes: Uint8Array, bytesMax: number): Buffer {
  try {
    return zlib().gunzipSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    throw new Malformed(`gzip: ${reason(error, bytesMax)}`);
  }
}

function reason(error: unknown, bytesMax: number): string {
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return `more than ${bytesMax} bytes`;
  return (error as Error).message;
}

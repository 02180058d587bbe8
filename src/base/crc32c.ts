import { createRequire } from 'node:module';
import type { crc32c as NativeCrc32c } from '@node-rs/crc32';

const NATIVE_FROM_BYTES = 256;

/** The native module takes 4 ms to load: not before so much has been summed without it, so never for a start. */
const LOAD_AFTER_BYTES = 16_384;

let native: typeof NativeCrc32c | undefined;
let summedBytes = 0;

const table = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f6_3b78 : value >>> 1;
  table[index] = value >>> 0;
}

/**
 * CRC-32C of `bytes`, continuing `initial`. Short input is summed here: a native call costs more than it saves
 * below about 256 bytes.
 */
export function crc32c(bytes: Uint8Array, initial = 0): number {
  if (bytes.length >= NATIVE_FROM_BYTES) {
    if (native !== undefined) return native(bytes, initial) >>> 0;
    summedBytes += bytes.length;
    if (summedBytes >= LOAD_AFTER_BYTES) return (native = loadNative())(bytes, initial) >>> 0;
  }
  let crc = ~initial;
  for (let index = 0; index < bytes.length; index++) crc = (crc >>> 8) ^ table[(crc ^ bytes[index]!) & 0xff]!;
  return ~crc >>> 0;
}

function loadNative(): typeof NativeCrc32c {
  const { crc32c: loaded } = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: typeof NativeCrc32c };
  return loaded;
}

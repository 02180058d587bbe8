import { crc32c as nativeCrc32c } from '@node-rs/crc32';

const NATIVE_FROM_BYTES = 256;

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
  if (bytes.length >= NATIVE_FROM_BYTES) return nativeCrc32c(bytes, initial) >>> 0;
  let crc = ~initial;
  for (let index = 0; index < bytes.length; index++) crc = (crc >>> 8) ^ table[(crc ^ bytes[index]!) & 0xff]!;
  return ~crc >>> 0;
}

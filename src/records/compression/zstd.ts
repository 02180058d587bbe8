import type * as Zlib from 'node:zlib';
import { Malformed } from '../../base/malformed.ts';
import { lazyPackage } from '../../runtime/packages.ts';
import { zlibReason } from './gzip.ts';
import { zstdCompress, zstdDecompress, ZstdError } from './zstd-wasm.ts';
import { zstdSizeBound } from './zstd-frame.ts';

const CHUNK_BYTES_MIN = 4 * 1024;
const CHUNK_BYTES_MAX = 256 * 1024;
const DESTINATION_TOO_SMALL = 70;
/** ZSTD_c_compressionLevel of zstd's own numbering, which node:zlib shares. */
const PARAMETER_LEVEL = 100;

/** What node:zlib has from Node 22.15 on; the types here are those of Node 20. */
interface NodeZstd {
  zstdCompressSync?: (bytes: Uint8Array, options: { params: Record<number, number>; chunkSize: number }) => Buffer;
  zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer;
}

const zlib = lazyPackage('node:zlib') as () => typeof Zlib & NodeZstd;

/** @param level -131072 to 22, as `compression.zstd.level`. */
export function zstd(bytes: Uint8Array, level: number): Uint8Array {
  const { zstdCompressSync } = zlib();
  if (zstdCompressSync === undefined) return zstdCompress(bytes, level);
  return zstdCompressSync(bytes, { params: { [PARAMETER_LEVEL]: level }, chunkSize: chunkBytes(bytes.length) });
}

/** Unpacks one or several frames. Throws {@link Malformed} on damage and beyond `bytesMax`. */
export function unzstd(bytes: Uint8Array, bytesMax: number): Uint8Array {
  // Walked on either way: it refuses a frame that is cut off, which node:zlib takes for a shorter one.
  const bound = zstdSizeBound(bytes);
  const { zstdDecompressSync } = zlib();
  try {
    if (zstdDecompressSync === undefined) return zstdDecompress(bytes, Math.min(bound, bytesMax));
    return zstdDecompressSync(bytes, { maxOutputLength: bytesMax, chunkSize: chunkBytes(bound) });
  } catch (error) {
    throw new Malformed(`zstd: ${reason(error, bound, bytesMax)}`);
  }
}

function chunkBytes(expected: number): number {
  return Math.min(Math.max(expected, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX);
}

function reason(error: unknown, bound: number, bytesMax: number): string {
  if (error instanceof ZstdError && error.number === DESTINATION_TOO_SMALL && bound > bytesMax) {
    return `more than ${bytesMax} bytes`;
  }
  return zlibReason(error, bytesMax);
}

import type * as Zlib from 'node:zlib';
import { Malformed } from '../../base/malformed.ts';
import { lazyPackage } from '../../runtime/packages.ts';
import { zlibReason } from './gzip.ts';
import { JoinedBlocks } from './joined-blocks.ts';
import { startZstd, zstdCompress, zstdDecompress, ZstdError } from './zstd-wasm.ts';
import { zstdFrames, type ZstdFrame } from './zstd-frame.ts';

/**
 * Node's own zstd sets up anew for each call: for a batch of 16 KiB it takes twice the time of the WebAssembly one,
 * from some 64 KiB on it is as fast or faster.
 */
const NATIVE_FROM_BYTES = 64 * 1024;
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
  if (zstdCompressSync === undefined || bytes.length < NATIVE_FROM_BYTES) return zstdCompress(bytes, level);
  return zstdCompressSync(bytes, { params: { [PARAMETER_LEVEL]: level }, chunkSize: chunkBytes(bytes.length) });
}

/** Unpacks one or several frames. Throws {@link Malformed} on damage and beyond `bytesMax`. */
export function unzstd(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const frames = zstdFrames(bytes);
  const { zstdDecompressSync } = zlib();
  if (zstdDecompressSync === undefined || bytes.length < NATIVE_FROM_BYTES)
    return unpackWithWasm(bytes, frames, bytesMax);
  const joined = new JoinedBlocks('zstd', bytesMax);
  for (const { start, end, bound } of frames) {
    try {
      // Frame by frame: node:zlib stops after the first one.
      const options = { maxOutputLength: Math.max(joined.room, 1), chunkSize: chunkBytes(bound) };
      joined.add(zstdDecompressSync(bytes.subarray(start, end), options));
    } catch (error) {
      if (error instanceof Malformed) throw error;
      throw new Malformed(`zstd: ${zlibReason(error, bytesMax)}`);
    }
  }
  return joined.join();
}

function unpackWithWasm(bytes: Uint8Array, frames: readonly ZstdFrame[], bytesMax: number): Uint8Array {
  let bound = 0;
  for (const frame of frames) bound += frame.bound;
  startZstd();
  try {
    return zstdDecompress(bytes, Math.min(bound, bytesMax));
  } catch (error) {
    const tooLarge = error instanceof ZstdError && error.number === DESTINATION_TOO_SMALL && bound > bytesMax;
    throw new Malformed(`zstd: ${tooLarge ? `more than ${bytesMax} bytes` : (error as Error).message}`);
  }
}

function chunkBytes(expected: number): number {
  return Math.min(Math.max(expected, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX);
}

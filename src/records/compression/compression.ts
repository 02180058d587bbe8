import { Malformed } from '../../base/malformed.ts';
import { Codec } from '../batch.ts';
import { gunzip, gzip } from './gzip.ts';
import { lz4Frame, unframeLz4 } from './lz4.ts';
import { snappyXerial, unsnappy } from './snappy.ts';
import { unzstd, zstd } from './zstd.ts';

const GZIP_LEVEL = -1;
const ZSTD_LEVEL = 3;

/**
 * Levels as Kafka's topic settings name them; what is left out has Kafka's default. Snappy has none, and neither has
 * LZ4 here: Kafka's default (9) is LZ4's fast mode, the only one there is, so `compression.lz4.level` has no effect.
 */
export interface CompressionLevels {
  /** `compression.gzip.level`: 1-9, or -1 (default). */
  readonly gzip?: number;
  /** `compression.zstd.level`: -131072 to 22, default 3. */
  readonly zstd?: number;
}

/** Packs the records of a batch as Kafka's clients do. */
export function compress(codec: Codec, bytes: Uint8Array, levels: CompressionLevels = {}): Uint8Array {
  switch (codec) {
    case Codec.none:
      return bytes;
    case Codec.gzip:
      return gzip(bytes, levels.gzip ?? GZIP_LEVEL);
    case Codec.snappy:
      return snappyXerial(bytes);
    case Codec.lz4:
      return lz4Frame(bytes);
    case Codec.zstd:
      return zstd(bytes, levels.zstd ?? ZSTD_LEVEL);
    default:
      return codec satisfies never;
  }
}

/**
 * Unpacks the records of a batch. Throws {@link Malformed} when they are damaged or would be larger than `bytesMax`;
 * never holds more than twice that (the blocks, and the blocks joined). The result may be a view of `bytes`.
 */
export function decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Uint8Array {
  switch (codec) {
    case Codec.none:
      if (bytes.length > bytesMax) throw new Malformed(`more than ${bytesMax} bytes`);
      return bytes;
    case Codec.gzip:
      return gunzip(bytes, bytesMax);
    case Codec.snappy:
      return unsnappy(bytes, bytesMax);
    case Codec.lz4:
      return unframeLz4(bytes, bytesMax);
    case Codec.zstd:
      return unzstd(bytes, bytesMax);
    default:
      return codec satisfies never;
  }
}

/** Loads what `codec` needs now instead of at its first batch. Takes some ten milliseconds; never required. */
export function preload(codec: Codec): void {
  decompress(codec, compress(codec, new Uint8Array(1)), 1);
}

import { Malformed } from '../../base/malformed.ts';
import { Codec } from '../batch.ts';
import { gunzip, gzip } from './gzip.ts';

/** Levels as Kafka's topic settings name them; what is left out has Kafka's default. Snappy has none. */
export interface CompressionLevels {
  /** `compression.gzip.level`: 1-9, or -1 (default). */
  readonly gzip?: number;
  /** `compression.lz4.level`: 1-17, default 9. */
  readonly lz4?: number;
  /** `compression.zstd.level`: -131072 to 22, default 3. */
  readonly zstd?: number;
}

/** Packs the records of a batch as Kafka's clients do. */
export function compress(codec: Codec, bytes: Uint8Array, levels: CompressionLevels = {}): Uint8Array {
  switch (codec) {
    case Codec.none:
      return bytes;
    case Codec.gzip:
      return gzip(bytes, levels.gzip ?? -1);
    case Codec.snappy:
    case Codec.lz4:
    case Codec.zstd:
      throw new Malformed(`compression ${codec} is not available`);
    default:
      return codec satisfies never;
  }
}

/**
 * Unpacks the records of a batch. Throws {@link Malformed} when they are damaged or would be larger than `bytesMax`;
 * never holds more than that and one block.
 */
export function decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Uint8Array {
  switch (codec) {
    case Codec.none:
      if (bytes.length > bytesMax) throw new Malformed(`more than ${bytesMax} bytes`);
      return bytes;
    case Codec.gzip:
      return gunzip(bytes, bytesMax);
    case Codec.snappy:
    case Codec.lz4:
    case Codec.zstd:
      throw new Malformed(`compression ${codec} is not available`);
    default:
      return codec satisfies never;
  }
}

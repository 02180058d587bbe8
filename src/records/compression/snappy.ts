import type * as Snappy from 'snappy';
import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { Malformed } from '../../base/malformed.ts';
import { lazyPackage } from '../../runtime/packages.ts';
import { JoinedBlocks } from './joined-blocks.ts';

/**
 * Snappy in the two shapes that Kafka's clients write: framed by snappy-java (Xerial: a 16-byte header, then blocks
 * with their lengths before them), and raw, as librdkafka does. Kafka's reader tells them apart by the header.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;
const XERIAL_BLOCK_BYTES = 32 * 1024;
const MAGIC_AS_LENGTH = 0x8253_4e41;
/** A copy element takes 3 bytes and makes at most 64; a one-byte-offset copy 2 bytes and at most 11. */
const RATIO_MAX = 22;
/** The results are copied into JavaScript's own memory: handing over native memory is several times slower. */
const COPIED = { copyOutputData: true } as const;
const COPIED_BUFFER = { asBuffer: true, copyOutputData: true } as const;

const snappy = lazyPackage('snappy') as () => typeof Snappy;

/** Packs in Xerial framing, in blocks of 32 KiB, as the Java producer does. */
export function snappyXerial(bytes: Uint8Array): Buffer {
  const writer = new ByteWriter(bytes.length >>> 1);
  writer.raw(XERIAL_MAGIC);
  writer.int32(XERIAL_VERSION);
  writer.int32(XERIAL_VERSION);
  for (let start = 0; start < bytes.length; start += XERIAL_BLOCK_BYTES) {
    const block = snappyRaw(bytes.subarray(start, start + XERIAL_BLOCK_BYTES));
    writer.int32(block.length);
    writer.raw(block);
  }
  return writer.finish();
}

/** Packs as one raw block. */
export function snappyRaw(bytes: Uint8Array): Buffer {
  return snappy().compressSync(bytes, COPIED);
}

/** Unpacks either shape. Throws {@link Malformed} on damage and beyond `bytesMax`. */
export function unsnappy(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const joined = new JoinedBlocks('snappy', bytesMax);
  if (!isXerial(bytes)) {
    joined.add(unpackBlock(bytes, joined));
    return joined.join();
  }
  const reader = new ByteReader(bytes, XERIAL_HEADER_BYTES);
  while (reader.remaining > 0) {
    const length = reader.uint32();
    if (length === MAGIC_AS_LENGTH) {
      // Streams may follow one another, each with its header.
      reader.take(XERIAL_HEADER_BYTES - 4);
      continue;
    }
    joined.add(unpackBlock(reader.slice(length), joined));
  }
  return joined.join();
}

function isXerial(bytes: Uint8Array): boolean {
  if (bytes.length < XERIAL_HEADER_BYTES) return false;
  for (let index = 0; index < XERIAL_MAGIC.length; index++) if (bytes[index] !== XERIAL_MAGIC[index]) return false;
  return true;
}

/** The length a block declares is believed only as far as the format lets its bytes unpack. */
function unpackBlock(block: Uint8Array, joined: JoinedBlocks): Uint8Array {
  const declared = new ByteReader(block).uvarint();
  if (declared > joined.room) joined.overflow();
  if (declared > block.length * RATIO_MAX) throw new Malformed(`snappy: ${declared} bytes out of ${block.length}`);
  const { uncompressSync } = snappy();
  try {
    return uncompressSync(block, COPIED_BUFFER) as Buffer;
  } catch (error) {
    throw new Malformed(`snappy: ${(error as Error).message}`);
  }
}

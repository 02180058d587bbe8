import type * as Lz4 from 'lz4-napi';
import { ByteWriter } from '../../base/byte-writer.ts';
import { Malformed } from '../../base/malformed.ts';
import { lazyPackage } from '../../runtime/packages.ts';
import { JoinedBlocks } from './joined-blocks.ts';
import { xxhash32 } from './xxhash32.ts';

/**
 * LZ4 frames as Kafka writes and reads them (Lz4BlockOutputStream, Lz4BlockInputStream): one frame, independent
 * blocks, checksums of blocks and content optional. The frame is ours, the blocks are lz4-napi's: its own frame
 * functions are several times slower and know no bound.
 */
const FRAME_MAGIC = 0x184d_2204;
const FLAG = {
  version: 0xc0,
  independent: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
} as const;
const FLAG_VERSION_1 = 0x40;
const FLAG_RESERVED = 0x03;
const BLOCK_STORED = 0x8000_0000;
const BLOCK_64K = 4;
const BLOCK_64K_BYTES = 65_536;
/** No byte of an LZ4 block unpacks to more than this. */
const RATIO_MAX = 255;
/** First guess at how far a block unpacks: lz4-napi zeroes all it is allowed to fill. */
const RATIO_EXPECTED = 8;
const SIZE_PREFIX_BYTES = 4;
const INPUT_BYTES_KEPT = 256 * 1024;

const lz4 = lazyPackage('lz4-napi') as () => typeof Lz4;

let input = Buffer.alloc(0);

/** Packs into one frame of independent 64 KiB blocks. lz4-napi has one, fast level only; others are not offered. */
export function lz4Frame(bytes: Uint8Array): Buffer {
  const writer = new ByteWriter(bytes.length >>> 1);
  writeFrameStart(writer);
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < source.length; start += BLOCK_64K_BYTES) {
    const block = source.subarray(start, start + BLOCK_64K_BYTES);
    const packed = lz4().compressSync(block).subarray(SIZE_PREFIX_BYTES);
    const stored = packed.length >= block.length;
    writeUint32(writer, stored ? BLOCK_STORED | block.length : packed.length);
    writer.raw(stored ? block : packed);
  }
  writeUint32(writer, 0);
  return writer.finish();
}

function writeFrameStart(writer: ByteWriter): void {
  writeUint32(writer, FRAME_MAGIC);
  const descriptor = [FLAG_VERSION_1 | FLAG.independent, BLOCK_64K << 4];
  for (const byte of descriptor) writer.int8(byte);
  writer.int8((xxhash32(Uint8Array.from(descriptor)) >>> 8) & 0xff);
}

function writeUint32(writer: ByteWriter, value: number): void {
  const start = writer.reserve(4);
  writer.view.setUint32(start, value, true);
}

/** Unpacks one frame. Throws {@link Malformed} on damage, on what Kafka's reader refuses, and beyond `bytesMax`. */
export function unframeLz4(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frame = readFrameStart(bytes, view);
  const joined = new JoinedBlocks('lz4', bytesMax);
  let position = frame.blocksStart;
  const trailerBytes = frame.blockChecksums ? 4 : 0;
  for (;;) {
    if (bytes.length - position < 4) throw new Malformed('lz4: frame without an end');
    const header = view.getUint32(position, true);
    position += 4;
    if (header === 0) break;
    const size = header & ~BLOCK_STORED;
    if (size > frame.blockBytesMax) throw new Malformed(`lz4: block of ${size} bytes`);
    const end = position + size;
    if (end + trailerBytes > bytes.length) throw new Malformed('lz4: block cut off');
    if (frame.blockChecksums && view.getUint32(end, true) !== xxhash32(bytes, position, end)) {
      throw new Malformed('lz4: block checksum does not match');
    }
    const block = bytes.subarray(position, end);
    joined.add(header >= BLOCK_STORED ? block : unpackBlock(block, frame.blockBytesMax, joined));
    position = end + trailerBytes;
  }
  const content = joined.join();
  if (frame.contentChecksum) {
    if (bytes.length - position < 4) throw new Malformed('lz4: content checksum cut off');
    if (view.getUint32(position, true) !== xxhash32(content))
      throw new Malformed('lz4: content checksum does not match');
    position += 4;
  }
  if (position !== bytes.length) throw new Malformed(`lz4: ${bytes.length - position} bytes after the frame`);
  return content;
}

interface FrameStart {
  readonly blockBytesMax: number;
  readonly blockChecksums: boolean;
  readonly contentChecksum: boolean;
  readonly blocksStart: number;
}

function readFrameStart(bytes: Uint8Array, view: DataView): FrameStart {
  if (bytes.length < 7 || view.getUint32(0, true) !== FRAME_MAGIC) throw new Malformed('lz4: not a frame');
  const flags = bytes[4]!;
  if ((flags & FLAG.version) !== FLAG_VERSION_1) throw new Malformed('lz4: unknown frame version');
  if ((flags & FLAG_RESERVED) !== 0) throw new Malformed('lz4: reserved flags or a dictionary');
  if ((flags & FLAG.independent) === 0) throw new Malformed('lz4: dependent blocks');
  const sizeCode = bytes[5]! >>> 4;
  if ((bytes[5]! & 0x0f) !== 0 || sizeCode < BLOCK_64K || sizeCode > 7) throw new Malformed('lz4: unknown block size');
  const checksumAt = (flags & FLAG.contentSize) === 0 ? 6 : 14;
  if (bytes.length <= checksumAt) throw new Malformed('lz4: frame header cut off');
  if (bytes[checksumAt] !== ((xxhash32(bytes, 4, checksumAt) >>> 8) & 0xff)) {
    throw new Malformed('lz4: header checksum does not match');
  }
  return {
    blockBytesMax: 2 ** (2 * sizeCode + 8),
    blockChecksums: (flags & FLAG.blockChecksum) !== 0,
    contentChecksum: (flags & FLAG.contentChecksum) !== 0,
    blocksStart: checksumAt + 1,
  };
}

/**
 * Unpacks a block into at most what the frame's block size, the format and the bound allow. Tried with a smaller
 * capacity first, since the capacity is cleared before it is used.
 */
function unpackBlock(block: Uint8Array, blockBytesMax: number, joined: JoinedBlocks): Uint8Array {
  const allowed = Math.min(blockBytesMax, block.length * RATIO_MAX);
  const capacity = Math.min(allowed, joined.room);
  const expected = Math.min(capacity, Math.max(block.length * RATIO_EXPECTED, BLOCK_64K_BYTES));
  const { uncompressSync } = lz4();
  const prefixed = prefix(block);
  if (expected < capacity) {
    try {
      return uncompressSync(sized(prefixed, expected));
    } catch {
      // Larger than expected, or damaged: the second try tells.
    }
  }
  try {
    return uncompressSync(sized(prefixed, capacity));
  } catch (error) {
    const message = (error as Error).message;
    if (capacity < allowed && message.includes('too small')) joined.overflow();
    throw new Malformed(`lz4: ${message}`);
  }
}

/** The block behind room for the size that lz4-napi wants before it, in a buffer used again and again. */
function prefix(block: Uint8Array): Buffer {
  const size = SIZE_PREFIX_BYTES + block.length;
  let target = input;
  if (target.length < size) {
    target = Buffer.allocUnsafeSlow(size <= INPUT_BYTES_KEPT ? INPUT_BYTES_KEPT : size);
    if (size <= INPUT_BYTES_KEPT) input = target;
  }
  target.set(block, SIZE_PREFIX_BYTES);
  return target.subarray(0, size);
}

function sized(prefixed: Buffer, capacity: number): Buffer {
  prefixed.writeUInt32LE(capacity, 0);
  return prefixed;
}

import { Malformed } from '../../base/malformed.ts';

const FRAME_MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const SKIPPABLE_MASK = 0xffff_fff0;
const BLOCK_BYTES_MAX = 128 * 1024;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const FLAG_CHECKSUM = 0x04;
const FLAG_SINGLE_SEGMENT = 0x20;
const BlockType = { raw: 0, rle: 1, packed: 2 } as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

/** A frame of content, and the most that it can unpack to by its structure alone. */
export interface ZstdFrame {
  readonly start: number;
  readonly end: number;
  readonly bound: number;
}

/**
 * The frames in `bytes`, skippable ones left out. Their blocks are hopped over: each says how long it is, and none
 * makes more than 128 KiB. Kafka's Java clients do not declare the content's size, so this is what sizes the output.
 * Throws {@link Malformed} for anything but whole frames.
 */
export function zstdFrames(bytes: Uint8Array): ZstdFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: ZstdFrame[] = [];
  let position = 0;
  if (bytes.length === 0) throw new Malformed('zstd: no frame');
  while (position < bytes.length) {
    need(bytes, position, 5);
    const magic = view.getUint32(position, true);
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      need(bytes, position, 8);
      const skipped = 8 + view.getUint32(position + 4, true);
      need(bytes, position, skipped);
      position += skipped;
      continue;
    }
    if (magic !== FRAME_MAGIC) throw new Malformed('zstd: not a frame');
    const frame = frameAt(bytes, position);
    frames.push(frame);
    position = frame.end;
  }
  return frames;
}

function frameAt(bytes: Uint8Array, start: number): ZstdFrame {
  const descriptor = bytes[start + 4]!;
  let position = start + 5 + headerRestBytes(descriptor);
  let bound = 0;
  let last = false;
  while (!last) {
    need(bytes, position, BLOCK_HEADER_BYTES);
    const header = bytes[position]! | (bytes[position + 1]! << 8) | (bytes[position + 2]! << 16);
    last = (header & 1) === 1;
    const size = header >>> 3;
    const type = (header >>> 1) & 3;
    if (type > BlockType.packed || size > BLOCK_BYTES_MAX) throw new Malformed('zstd: damaged block header');
    const stored = type === BlockType.rle ? 1 : size;
    need(bytes, position, BLOCK_HEADER_BYTES + stored);
    position += BLOCK_HEADER_BYTES + stored;
    bound += type === BlockType.packed ? BLOCK_BYTES_MAX : size;
  }
  if ((descriptor & FLAG_CHECKSUM) !== 0) {
    need(bytes, position, CHECKSUM_BYTES);
    position += CHECKSUM_BYTES;
  }
  return { start, end: position, bound };
}

function headerRestBytes(descriptor: number): number {
  const singleSegment = (descriptor & FLAG_SINGLE_SEGMENT) !== 0;
  const sizeCode = descriptor >>> 6;
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  return (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3]! + sizeBytes;
}

function need(bytes: Uint8Array, position: number, count: number): void {
  if (count > bytes.length - position) throw new Malformed('zstd: frame cut off');
}

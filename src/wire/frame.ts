import { ByteWriter } from '../base/byte-writer.ts';

/** In front of every frame stands its size, big-endian, itself not counted. */
export const SIZE_BYTES = 4;

/** A frame to be written, with room for its size. */
export function openFrame(): ByteWriter {
  const writer = new ByteWriter();
  writer.reserve(SIZE_BYTES);
  return writer;
}

/** The bytes of a frame from {@link openFrame}, its size filled in. */
export function closedFrame(writer: ByteWriter): Uint8Array[] {
  writer.view.setInt32(0, writer.size - SIZE_BYTES);
  return writer.chunks();
}

import { assert } from './assert.ts';

const CAPACITY_MIN = 256;

/** Writes big-endian fields into one growing buffer. `finish()` hands the bytes over; the writer is not used after it. */
export class ByteWriter {
  bytes: Buffer;
  view: DataView;
  position = 0;
  readonly #splices: { position: number; bytes: Uint8Array }[] = [];
  #splicedBytes = 0;

  /** @param room to begin with, or the memory to write to as long as it suffices. */
  constructor(room: number | Buffer = CAPACITY_MIN) {
    this.bytes = typeof room === 'number' ? Buffer.allocUnsafe(Math.max(room, CAPACITY_MIN)) : room;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /**
   * Makes room for `count` more bytes, moves past them, and returns where they start. May replace `bytes` and `view`:
   * take them after the call, never in the same expression.
   */
  reserve(count: number): number {
    const start = this.position;
    const needed = start + count;
    if (needed > this.bytes.length) this.#grow(needed);
    this.position = needed;
    return start;
  }

  int8(value: number): void {
    const start = this.reserve(1);
    this.view.setInt8(start, value);
  }

  int16(value: number): void {
    const start = this.reserve(2);
    this.view.setInt16(start, value);
  }

  uint16(value: number): void {
    const start = this.reserve(2);
    this.view.setUint16(start, value);
  }

  int32(value: number): void {
    const start = this.reserve(4);
    this.view.setInt32(start, value);
  }

  uint32(value: number): void {
    const start = this.reserve(4);
    this.view.setUint32(start, value);
  }

  int64(value: number): void {
    // The text is made only when it is needed: this runs per record.
    if (!Number.isSafeInteger(value)) assert(false, `not a safe 64-bit number: ${value}`);
    const start = this.reserve(8);
    this.view.setInt32(start, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(start + 4, value >>> 0);
  }

  float64(value: number): void {
    const start = this.reserve(8);
    this.view.setFloat64(start, value);
  }

  uvarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.int8(rest);
  }

  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  varlong(value: number): void {
    let rest = value < 0 ? -value - 1 : value;
    let byte = (rest % 64) * 2 + (value < 0 ? 1 : 0);
    rest = Math.floor(rest / 64);
    while (rest > 0) {
      this.int8(byte | 0x80);
      byte = rest % 128;
      rest = Math.floor(rest / 128);
    }
    this.int8(byte);
  }

  raw(source: Uint8Array): void {
    const start = this.reserve(source.length);
    this.bytes.set(source, start);
  }

  /** Writes `text` as UTF-8 without a length and returns its size in bytes. */
  utf8(text: string): number {
    const length = Buffer.byteLength(text);
    const start = this.reserve(length);
    this.bytes.write(text, start, length, 'utf8');
    return length;
  }

  /** Puts `source` here without copying it: it becomes a chunk of its own in {@link chunks}. */
  splice(source: Uint8Array): void {
    if (source.length === 0) return;
    this.#splices.push({ position: this.position, bytes: source });
    this.#splicedBytes += source.length;
  }

  /** All bytes so far, spliced ones included. */
  get size(): number {
    return this.position + this.#splicedBytes;
  }

  /** The bytes in order, as views: what was written in between, and each splice as it was given. */
  chunks(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let from = 0;
    for (const { position, bytes } of this.#splices) {
      if (position > from) chunks.push(this.bytes.subarray(from, position));
      chunks.push(bytes);
      from = position;
    }
    if (this.position > from) chunks.push(this.bytes.subarray(from, this.position));
    return chunks;
  }

  /** The bytes as one buffer; copies only when something was spliced. */
  finish(): Buffer {
    return this.#splices.length === 0 ? this.bytes.subarray(0, this.position) : Buffer.concat(this.chunks());
  }

  #grow(needed: number): void {
    const bigger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(bigger, 0, 0, this.position);
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer, bigger.byteOffset, bigger.byteLength);
  }
}

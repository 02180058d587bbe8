import { Malformed } from './malformed.ts';

/**
 * Reads big-endian fields from a view of bytes, in place. Every read is bounded by `end`: a field that
 * would pass it throws {@link Malformed}, so no declared length is ever trusted before its bytes are there.
 * 64-bit integers are plain numbers; one outside ±2^53 throws.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Claims `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.position;
    if (count < 0 || count > this.end - start) {
      throw new Malformed(`${count} bytes wanted at ${start}, ${this.end - start} left`);
    }
    this.position = start + count;
    return start;
  }

  int8(): number {
    return this.view.getInt8(this.take(1));
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }

  int16(): number {
    return this.view.getInt16(this.take(2));
  }

  uint16(): number {
    return this.view.getUint16(this.take(2));
  }

  int32(): number {
    return this.view.getInt32(this.take(4));
  }

  uint32(): number {
    return this.view.getUint32(this.take(4));
  }

  int64(): number {
    const start = this.take(8);
    const value = this.view.getInt32(start) * 0x1_0000_0000 + this.view.getUint32(start + 4);
    if (!Number.isSafeInteger(value)) throw new Malformed(`64-bit number out of range at ${start}`);
    return value;
  }

  float64(): number {
    return this.view.getFloat64(this.take(8));
  }

  /** Unsigned base-128 number of at most 32 bits. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.uint8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw new Malformed(`varint too long at ${this.position}`);
  }

  /** Zigzag base-128 number of at most 32 bits. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zigzag base-128 number of at most 64 bits. */
  varlong(): number {
    let value = 0;
    let factor = 1;
    let odd = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.uint8();
      if (index === 0) {
        odd = byte & 1;
        value = (byte & 0x7f) >>> 1;
        factor = 64;
      } else {
        value += (byte & 0x7f) * factor;
        factor *= 128;
      }
      if (byte < 0x80) {
        const result = odd === 1 ? -value - 1 : value;
        if (!Number.isSafeInteger(result)) break;
        return result;
      }
    }
    throw new Malformed(`varlong too long at ${this.position}`);
  }

  /** A view of the next `length` bytes, not a copy. */
  slice(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The next `length` bytes as UTF-8. */
  utf8(length: number): string {
    const start = this.take(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString('utf8');
  }
}

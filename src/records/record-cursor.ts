import { Malformed } from '../base/malformed.ts';

/** Shortest record: length, attributes, two deltas, null key, null value, no headers. */
export const RECORD_BYTES_MIN = 7;

/**
 * Walks the records of an uncompressed region by position, one reused object for all: after `next()` the fields tell
 * where key, value and headers of the record lie in `bytes`. Every length is held against the record's own end and
 * that against the region's; whatever does not fit throws {@link Malformed} (Kafka's DefaultRecord.readFrom).
 * `count` is the record count of the batch header; a region with fewer or more records throws.
 */
export class RecordCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly count: number;
  /** How many records have been read. */
  index = 0;
  /** Where the current record starts, its length field included. */
  recordStart = 0;
  /** Where the current record ends. */
  recordEnd: number;
  attributes = 0;
  timestampDelta = 0;
  offsetDelta = 0;
  keyStart = 0;
  /** -1 for a null key. */
  keyLength = -1;
  valueStart = 0;
  /** -1 for a null value. */
  valueLength = -1;
  headerCount = 0;
  /** Where the first header starts. */
  headersStart = 0;

  #position: number;
  #limit = 0;

  constructor(bytes: Uint8Array, count: number, start = 0, end = bytes.length) {
    if (count < 0) throw new Malformed(`record count ${count}`);
    this.bytes = bytes;
    this.end = end;
    this.count = count;
    this.recordEnd = start;
    this.#position = start;
  }

  /** Reads the next record; false after the last one. */
  next(): boolean {
    if (this.index === this.count) {
      if (this.recordEnd !== this.end) {
        throw new Malformed(`${this.end - this.recordEnd} bytes left after the last of ${this.count} records`);
      }
      return false;
    }
    this.#position = this.recordEnd;
    this.#limit = this.end;
    this.recordStart = this.recordEnd;
    const length = this.#varint();
    if (length < 0 || length > this.end - this.#position) throw new Malformed(`record length ${length}`);
    const recordEnd = this.#position + length;
    this.#limit = recordEnd;
    if (length === 0) throw new Malformed('empty record');
    this.attributes = this.bytes[this.#position++]!;
    this.timestampDelta = this.#varlong();
    this.offsetDelta = this.#varint();
    this.keyLength = this.#skip('key');
    this.keyStart = this.keyLength < 0 ? this.#position : this.#position - this.keyLength;
    this.valueLength = this.#skip('value');
    this.valueStart = this.valueLength < 0 ? this.#position : this.#position - this.valueLength;
    this.#headers();
    if (this.#position !== recordEnd) {
      throw new Malformed(`record of ${length} bytes has ${recordEnd - this.#position} too many`);
    }
    this.recordEnd = recordEnd;
    this.index++;
    return true;
  }

  /** The key as a view; null when there is none. */
  key(): Uint8Array | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  /** The value as a view; null when there is none. */
  value(): Uint8Array | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  /** The headers in order; keys may repeat (KIP-82). */
  headers(): RecordHeader[] {
    const headers: RecordHeader[] = [];
    const resumeAt = this.#position;
    this.#position = this.headersStart;
    this.#limit = this.recordEnd;
    for (let index = 0; index < this.headerCount; index++) {
      const keyLength = this.#skip('header key');
      const key = utf8(this.bytes, this.#position - keyLength, keyLength);
      const valueLength = this.#skip('header value');
      const value = valueLength < 0 ? null : this.bytes.subarray(this.#position - valueLength, this.#position);
      headers.push({ key, value });
    }
    this.#position = resumeAt;
    return headers;
  }

  #headers(): void {
    const count = this.#varint();
    if (count < 0 || count > this.#limit - this.#position) throw new Malformed(`header count ${count}`);
    this.headerCount = count;
    this.headersStart = this.#position;
    for (let index = 0; index < count; index++) {
      if (this.#skip('header key') < 0) throw new Malformed('null header key');
      this.#skip('header value');
    }
  }

  /** Reads a length and passes over that many bytes; any negative length means null, as in Kafka. */
  #skip(what: string): number {
    const length = this.#varint();
    if (length < 0) return -1;
    if (length > this.#limit - this.#position) throw new Malformed(`${what} length ${length} passes the record's end`);
    this.#position += length;
    return length;
  }

  #varint(): number {
    const { bytes } = this;
    let position = this.#position;
    if (position < this.#limit) {
      const first = bytes[position]!;
      if (first < 0x80) {
        this.#position = position + 1;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    let raw = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (position >= this.#limit) throw new Malformed(`number cut off at ${position}`);
      const byte = bytes[position++]!;
      if (shift === 28 && byte > 0x0f) break;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#position = position;
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw new Malformed(`varint too long at ${position}`);
  }

  #varlong(): number {
    const { bytes } = this;
    let position = this.#position;
    let high = 0;
    let factor = 64;
    let first = 0;
    for (let index = 0; index < 10; index++) {
      if (position >= this.#limit) throw new Malformed(`number cut off at ${position}`);
      const byte = bytes[position++]!;
      if (index === 0) {
        first = byte;
      } else {
        high += (byte & 0x7f) * factor;
        factor *= 128;
      }
      if (byte < 0x80) {
        this.#position = position;
        const magnitude = high + ((first & 0x7f) >>> 1);
        const value = (first & 1) === 1 ? -magnitude - 1 : magnitude;
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new Malformed(`varlong too long at ${position}`);
  }
}

/** A record header: key and value of any bytes, the value possibly null. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

function utf8(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
}

import { assert } from '../base/assert.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { ZERO_UUID } from '../base/uuid.ts';
import { UnsupportedVersion } from './unsupported-version.ts';
import { STRING_BYTES_MAX } from './wire-decoding.ts';

/**
 * The writing steps that compiled encoders are made of. A value that does not fit its field is a fault of this
 * program and fails an assertion.
 */

/** Up to this many characters a loop beats the native calls. */
const SHORT_TEXT = 24;

export function badValue(name: string, value: unknown): never {
  assert(false, `${name} cannot hold ${describe(value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

/** The value has no place in this version, and the field must not be dropped in silence. */
export function unsupported(name: string, version: number): never {
  throw new UnsupportedVersion(`${name} has a value that version ${version} cannot carry`);
}

export function writeString(w: ByteWriter, text: string, name: string): void {
  if (typeof text !== 'string') badValue(name, text);
  const start = w.reserve(2);
  const length = writeText(w, text, name);
  w.view.setInt16(start, length);
}

export function writeCompactString(w: ByteWriter, text: string, name: string): void {
  if (typeof text !== 'string') badValue(name, text);
  if (text.length <= SHORT_TEXT) {
    const start = w.reserve(1);
    // At most three bytes for each of 24 characters: the length stays a varint of one byte.
    const size = writeText(w, text, name);
    w.bytes[start] = size + 1;
    return;
  }
  w.uvarint(Buffer.byteLength(text) + 1);
  writeText(w, text, name);
}

/** Writes the bytes alone and returns how many they are. */
function writeText(w: ByteWriter, text: string, name: string): number {
  const { length } = text;
  if (length <= SHORT_TEXT) {
    const start = w.reserve(length);
    const { bytes } = w;
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) break;
      bytes[start + index] = code;
    }
    if (index === length) return length;
    w.position = start;
  }
  const size = w.utf8(text);
  if (size > STRING_BYTES_MAX) badValue(name, `a string of ${size} bytes`);
  return size;
}

export function writeBytes(w: ByteWriter, value: Uint8Array, name: string): void {
  if (!(value instanceof Uint8Array)) badValue(name, value);
  w.int32(value.length);
  w.raw(value);
}

export function writeCompactBytes(w: ByteWriter, value: Uint8Array, name: string): void {
  if (!(value instanceof Uint8Array)) badValue(name, value);
  w.uvarint(value.length + 1);
  w.raw(value);
}

type Records = Uint8Array | readonly Uint8Array[];

function recordsSize(value: Records, name: string): number {
  if (value instanceof Uint8Array) return value.length;
  if (!Array.isArray(value)) badValue(name, value);
  let size = 0;
  for (const part of value as readonly Uint8Array[]) size += part.length;
  return size;
}

function spliceRecords(w: ByteWriter, value: Records): void {
  if (value instanceof Uint8Array) return w.splice(value);
  for (const part of value) w.splice(part);
}

export function writeRecords(w: ByteWriter, value: Records, name: string): void {
  w.int32(recordsSize(value, name));
  spliceRecords(w, value);
}

export function writeCompactRecords(w: ByteWriter, value: Records, name: string): void {
  w.uvarint(recordsSize(value, name) + 1);
  spliceRecords(w, value);
}

export function setInt64(view: DataView, position: number, value: number): void {
  view.setInt32(position, Math.floor(value / 0x1_0000_0000));
  view.setUint32(position + 4, value >>> 0);
}

export function setUuid(w: ByteWriter, position: number, value: string, name: string): void {
  if (value === ZERO_UUID) {
    w.bytes.fill(0, position, position + 16);
    return;
  }
  if (typeof value !== 'string' || value.length !== 22) badValue(name, value);
  if (w.bytes.write(value, position, 16, 'base64url') !== 16) badValue(name, value);
}

/** Opens a tagged value: its size is not known yet, one byte is kept for it. */
export function startTag(w: ByteWriter): number {
  return w.reserve(1);
}

/** Closes a tagged value opened at `start`: writes its size, moving the value when the size needs more bytes. */
export function endTag(w: ByteWriter, start: number): void {
  const size = w.position - start - 1;
  if (size < 0x80) {
    w.bytes[start] = size;
    return;
  }
  let sizeBytes = 1;
  for (let rest = size; rest > 0x7f; rest >>>= 7) sizeBytes++;
  w.reserve(sizeBytes - 1);
  w.bytes.copyWithin(start + sizeBytes, start + 1, start + 1 + size);
  const end = w.position;
  w.position = start;
  w.uvarint(size);
  w.position = end;
}

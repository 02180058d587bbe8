import type { ByteReader } from '../base/byte-reader.ts';
import { Malformed } from '../base/malformed.ts';
import { textOf } from './text-cache.ts';

/**
 * The reading steps that compiled decoders are made of. Each checks what it was told by the peer before it acts on
 * it, and throws Malformed otherwise.
 */

/** Kafka's longest string, in bytes, in either encoding. */
export const STRING_BYTES_MAX = 0x7fff;

/**
 * What the arrays of one message may hold in all: 16 Mi numbers, or 2 Mi structs, strings or byte fields (each of
 * which costs eight). Bounds the heap that a frame can claim when its elements are smaller than their objects.
 */
export const ELEMENT_BUDGET = 1 << 24;
export const OBJECT_COST = 8;

/** An absent byte field. */
export const NO_BYTES = new Uint8Array(0);

let elementsLeft = ELEMENT_BUDGET;

export function startMessage(): void {
  elementsLeft = ELEMENT_BUDGET;
}

/** Checks that `count` elements can be in the bytes that are left, before anything is made for them. */
export function checkCount(r: ByteReader, count: number, elementBytes: number, cost: number): number {
  if (count * elementBytes > r.end - r.position) {
    throw new Malformed(`array of ${count} at ${r.position}, ${r.end - r.position} bytes left`);
  }
  elementsLeft -= count * cost;
  if (elementsLeft < 0) throw new Malformed(`more than ${ELEMENT_BUDGET} array elements in one message`);
  return count;
}

/** Count of an array with a 32-bit count; -1 for null. */
export function arrayCount(r: ByteReader, elementBytes: number, cost: number): number {
  const count = r.int32();
  return count < 0 ? -1 : checkCount(r, count, elementBytes, cost);
}

/** Count of a compact array; -1 for null. */
export function compactArrayCount(r: ByteReader, elementBytes: number, cost: number): number {
  const count = r.uvarint() - 1;
  return count < 0 ? -1 : checkCount(r, count, elementBytes, cost);
}

export function stringOrNull(r: ByteReader): string | null {
  const length = r.int16();
  if (length < 0) return null;
  const start = r.take(length);
  return textOf(r.bytes, start, start + length);
}

export function compactStringOrNull(r: ByteReader): string | null {
  const length = r.uvarint() - 1;
  if (length < 0) return null;
  if (length > STRING_BYTES_MAX) throw new Malformed(`string of ${length} bytes at ${r.position}`);
  const start = r.take(length);
  return textOf(r.bytes, start, start + length);
}

/** A byte field or record batches: a view. */
export function bytesOrNull(r: ByteReader): Uint8Array | null {
  const length = r.int32();
  return length < 0 ? null : r.slice(length);
}

export function compactBytesOrNull(r: ByteReader): Uint8Array | null {
  const length = r.uvarint() - 1;
  return length < 0 ? null : r.slice(length);
}

export function int64At(view: DataView, position: number): number {
  const value = view.getInt32(position) * 0x1_0000_0000 + view.getUint32(position + 4);
  if (!Number.isSafeInteger(value)) throw new Malformed(`64-bit number out of range at ${position}`);
  return value;
}

/** Steps over a tagged section of which no tag is known. */
export function skipTags(r: ByteReader): void {
  for (let left = r.uvarint(); left > 0; left--) skipTag(r, r.uvarint());
}

/** Steps over the value of a tag that this version does not know. */
export function skipTag(r: ByteReader, _tag: number): void {
  r.take(r.uvarint());
}

export function nullRefused(name: string, r: ByteReader): never {
  throw new Malformed(`null for ${name} before ${r.position}`);
}

/**
 * Strings seen lately, by their bytes: clients repeat the same topic, group and client names in every request.
 * A hit allocates nothing and yields a string whose hash is already known, so that map look-ups by it are cheap.
 * Direct-mapped and bounded: {@link SLOTS} strings of at most {@link LENGTH_MAX} ASCII characters; a collision
 * replaces. Holds no state that anybody can observe.
 */
const SLOTS = 2048;
const LENGTH_MAX = 64;

const slots: string[] = Array.from({ length: SLOTS }, () => '');

/** The bytes from `start` to `end` as UTF-8 text; what is not valid UTF-8 becomes U+FFFD, as in Kafka. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return '';
  if (length > LENGTH_MAX) return decoded(bytes, start, end);
  let hash = length;
  let union = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    union |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (union > 0x7f) return decoded(bytes, start, end);
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const known = slots[slot]!;
  if (known.length === length && sameText(known, bytes, start)) return known;
  return (slots[slot] = decoded(bytes, start, end));
}

function sameText(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

function decoded(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

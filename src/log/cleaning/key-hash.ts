/** Words of a hash. */
export const HASH_WORDS = 4;

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;
const BLOCK_BYTES = 16;

/**
 * A 128-bit hash of a key (MurmurHash3's x86 form) into `into`, without an allocation. Kafka takes MD5 here; what counts is
 * the number of bits: among 10^9 keys that did not choose each other two collide with a chance of about 10^-21, far below that
 * of a disk error nobody notices. Who chooses keys to collide writes to the topic, and could as well write tombstones.
 */
export function hashKey(bytes: Uint8Array, start: number, length: number, into: Int32Array): void {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const blocksEnd = start + length - (length % BLOCK_BYTES);
  for (let at = start; at < blocksEnd; at += BLOCK_BYTES) {
    h1 ^= scramble(wordAt(bytes, at), C1, 15, C2);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= scramble(wordAt(bytes, at + 4), C2, 16, C3);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= scramble(wordAt(bytes, at + 8), C3, 17, C4);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= scramble(wordAt(bytes, at + 12), C4, 18, C1);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const end = start + length;
  h4 ^= scramble(tailAt(bytes, blocksEnd + 12, end), C4, 18, C1);
  h3 ^= scramble(tailAt(bytes, blocksEnd + 8, end), C3, 17, C4);
  h2 ^= scramble(tailAt(bytes, blocksEnd + 4, end), C2, 16, C3);
  h1 ^= scramble(tailAt(bytes, blocksEnd, end), C1, 15, C2);
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = mix((h2 + h1) | 0);
  h3 = mix((h3 + h1) | 0);
  h4 = mix((h4 + h1) | 0);
  h1 = mix(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  into[0] = h1;
  into[1] = h2 + h1;
  into[2] = h3 + h1;
  into[3] = h4 + h1;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** What is left of a last block from `at` on, at most a word. */
function tailAt(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let index = Math.min(end, at + 4) - 1; index >= at; index--) word = (word << 8) | bytes[index]!;
  return word;
}

function scramble(word: number, before: number, turn: number, after: number): number {
  return Math.imul(rotate(Math.imul(word, before), turn), after);
}

function rotate(word: number, turn: number): number {
  return (word << turn) | (word >>> (32 - turn));
}

function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const PRIME_1 = 0x9e37_79b1;
const PRIME_2 = 0x85eb_ca77;
const PRIME_3 = 0xc2b2_ae3d;
const PRIME_4 = 0x27d4_eb2f;
const PRIME_5 = 0x1656_67b1;
const STRIPE_BYTES = 16;

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function int32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function round(accumulator: number, lane: number): number {
  return Math.imul(rotateLeft((accumulator + Math.imul(lane, PRIME_2)) | 0, 13), PRIME_1);
}

/** xxHash32 with seed 0, the checksum of LZ4 frames, of the bytes from `start` to `end`. */
export function xxhash32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let position = start;
  let hash = PRIME_5 | 0;
  if (end - start >= STRIPE_BYTES) {
    let one = (PRIME_1 + PRIME_2) | 0;
    let two = PRIME_2 | 0;
    let three = 0;
    let four = -PRIME_1 | 0;
    for (; end - position >= STRIPE_BYTES; position += STRIPE_BYTES) {
      one = round(one, int32(bytes, position));
      two = round(two, int32(bytes, position + 4));
      three = round(three, int32(bytes, position + 8));
      four = round(four, int32(bytes, position + 12));
    }
    hash = (rotateLeft(one, 1) + rotateLeft(two, 7) + rotateLeft(three, 12) + rotateLeft(four, 18)) | 0;
  }
  hash = (hash + (end - start)) | 0;
  for (; end - position >= 4; position += 4) {
    hash = Math.imul(rotateLeft((hash + Math.imul(int32(bytes, position), PRIME_3)) | 0, 17), PRIME_4);
  }
  for (; position < end; position++) {
    hash = Math.imul(rotateLeft((hash + Math.imul(bytes[position]!, PRIME_5)) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

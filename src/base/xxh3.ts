/**
 * The hash XXH3 with 64 bits and seed 0, as a signed number: Kafka keeps it in the records of groups, over the metadata of the
 * topics that they subscribe to. Made for a few kilobytes now and then; not fast.
 */
export function xxh3(input: Uint8Array): bigint {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const { length } = bytes;
  let hash: bigint;
  if (length <= 16) hash = hashTiny(bytes);
  else if (length <= 128) hash = hashShort(bytes);
  else if (length <= 240) hash = hashMedium(bytes);
  else hash = hashLong(bytes);
  return BigInt.asIntN(64, hash);
}

const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);

const MASK = 0xffff_ffff_ffff_ffffn;
const LOW = 0xffff_ffffn;
const PRIME32_1 = 0x9e37_79b1n;
const PRIME32_2 = 0x85eb_ca77n;
const PRIME32_3 = 0xc2b2_ae3dn;
const PRIME64_1 = 0x9e37_79b1_85eb_ca87n;
const PRIME64_2 = 0xc2b2_ae3d_27d4_eb4fn;
const PRIME64_3 = 0x1656_67b1_9e37_79f9n;
const PRIME64_4 = 0x85eb_ca77_c2b2_ae63n;
const PRIME64_5 = 0x27d4_eb2f_1656_67c5n;

const STRIPE_BYTES = 64;
const BLOCK_BYTES = 1024;

/** Up to 16 bytes: each length range is taken in whole. */
function hashTiny(bytes: Buffer): bigint {
  const { length } = bytes;
  if (length === 0) return mixFinal(secret(56) ^ secret(64));
  if (length <= 3) {
    const [first, middle, last] = [bytes[0]!, bytes[length >> 1]!, bytes[length - 1]!];
    const combined = BigInt(((first << 16) | (middle << 24) | last | (length << 8)) >>> 0);
    return mixFinal(combined ^ BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0));
  }
  if (length <= 8) {
    const head = BigInt(bytes.readUInt32LE(0));
    const tail = BigInt(bytes.readUInt32LE(length - 4));
    return mixStrongly((tail + (head << 32n)) ^ secret(8) ^ secret(16), BigInt(length));
  }
  const low = word(bytes, 0) ^ secret(24) ^ secret(32);
  const high = word(bytes, length - 8) ^ secret(40) ^ secret(48);
  return avalanche(BigInt(length) + swapped(low) + high + folded(low, high));
}

/** 17 to 128 bytes: pairs from both ends towards the middle. */
function hashShort(bytes: Buffer): bigint {
  const { length } = bytes;
  let sum = BigInt(length) * PRIME64_1;
  for (let pair = Math.floor((length - 1) / 32); pair >= 0; pair--) {
    sum += mixed(bytes, 16 * pair, 32 * pair);
    sum += mixed(bytes, length - 16 * (pair + 1), 32 * pair + 16);
  }
  return avalanche(sum);
}

/** 129 to 240 bytes. */
function hashMedium(bytes: Buffer): bigint {
  const { length } = bytes;
  let sum = BigInt(length) * PRIME64_1;
  for (let round = 0; round < 8; round++) sum += mixed(bytes, 16 * round, 16 * round);
  sum = avalanche(sum);
  for (let round = 8; round < length >> 4; round++) sum += mixed(bytes, 16 * round, 16 * (round - 8) + 3);
  return avalanche(sum + mixed(bytes, length - 16, 119));
}

/** More than 240 bytes: stripes of eight words go into eight sums, which are scrambled after each block. */
function hashLong(bytes: Buffer): bigint {
  const { length } = bytes;
  const sums = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
  const blocks = Math.floor((length - 1) / BLOCK_BYTES);
  for (let block = 0; block < blocks; block++) {
    addStripes(sums, bytes, block * BLOCK_BYTES, BLOCK_BYTES / STRIPE_BYTES);
    for (let lane = 0; lane < 8; lane++) {
      const sum = sums[lane]!;
      sums[lane] = ((sum ^ (sum >> 47n) ^ secret(128 + 8 * lane)) * PRIME32_1) & MASK;
    }
  }
  const rest = blocks * BLOCK_BYTES;
  addStripes(sums, bytes, rest, Math.floor((length - 1 - rest) / STRIPE_BYTES));
  addStripe(sums, bytes, length - STRIPE_BYTES, 121);
  let hash = BigInt(length) * PRIME64_1;
  for (let pair = 0; pair < 4; pair++) {
    hash += folded(sums[2 * pair]! ^ secret(11 + 16 * pair), sums[2 * pair + 1]! ^ secret(19 + 16 * pair));
  }
  return avalanche(hash);
}

function addStripes(sums: bigint[], bytes: Buffer, position: number, count: number): void {
  for (let stripe = 0; stripe < count; stripe++) {
    addStripe(sums, bytes, position + stripe * STRIPE_BYTES, 8 * stripe);
  }
}

function addStripe(sums: bigint[], bytes: Buffer, position: number, secretPosition: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = word(bytes, position + 8 * lane);
    const keyed = value ^ secret(secretPosition + 8 * lane);
    sums[lane ^ 1] = (sums[lane ^ 1]! + value) & MASK;
    sums[lane] = (sums[lane]! + (keyed & LOW) * (keyed >> 32n)) & MASK;
  }
}

function mixed(bytes: Buffer, position: number, secretPosition: number): bigint {
  return folded(word(bytes, position) ^ secret(secretPosition), word(bytes, position + 8) ^ secret(secretPosition + 8));
}

function word(bytes: Buffer, position: number): bigint {
  return bytes.readBigUInt64LE(position);
}

function secret(position: number): bigint {
  return SECRET.readBigUInt64LE(position);
}

/** The two halves of the product, one over the other. */
function folded(left: bigint, right: bigint): bigint {
  const product = left * right;
  return (product & MASK) ^ (product >> 64n);
}

function swapped(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function avalanche(value: bigint): bigint {
  let hash = value & MASK;
  hash ^= hash >> 37n;
  hash = (hash * 0x1656_6791_9e37_79f9n) & MASK;
  return hash ^ (hash >> 32n);
}

function mixFinal(value: bigint): bigint {
  let hash = value & MASK;
  hash ^= hash >> 33n;
  hash = (hash * PRIME64_2) & MASK;
  hash ^= hash >> 29n;
  hash = (hash * PRIME64_3) & MASK;
  return hash ^ (hash >> 32n);
}

function mixStrongly(value: bigint, length: bigint): bigint {
  const factor = 0x9fb2_1c65_1e98_df25n;
  let hash = value & MASK;
  hash ^= rotated(hash, 49n) ^ rotated(hash, 24n);
  hash = (hash * factor) & MASK;
  hash ^= (hash >> 35n) + length;
  hash = (hash * factor) & MASK;
  return hash ^ (hash >> 28n);
}

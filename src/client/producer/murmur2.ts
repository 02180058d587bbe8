const SEED = 0x9747b28c | 0;
const M = 0x5bd1e995;
const R = 24;

/** The 32-bit hash by which Kafka's Java clients place keys (Utils.murmur2), as a signed number. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let index = 0; index < whole; index += 4) {
    let word = bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const rest = length - whole;
  if (rest > 0) {
    if (rest > 2) hash ^= bytes[whole + 2]! << 16;
    if (rest > 1) hash ^= bytes[whole + 1]! << 8;
    hash = Math.imul(hash ^ bytes[whole]!, M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}

/** The partition of a key: the hash without its sign, modulo the count (BuiltInPartitioner.partitionForKey). */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount;
}

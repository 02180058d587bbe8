import type { Random } from './random.ts';

/** The most that one call of the platform's generator fills. */
const FILL_BYTES_MAX = 65_536;

/** Small wishes are served from a pool: a call to the generator costs as much for 16 bytes as for a thousand. */
const POOL_BYTES = 4096;
const POOLED_BYTES_MAX = 256;

const pool = new Uint8Array(POOL_BYTES);
let poolUsed = POOL_BYTES;

/** Randomness of the operating system for bytes (they become ids), of the engine for jitter. */
export const nodeRandom: Random = {
  fill(bytes) {
    if (bytes.length <= POOLED_BYTES_MAX) fillFromPool(bytes);
    else fillDirectly(bytes);
  },
  next: () => Math.random(),
};

function fillFromPool(bytes: Uint8Array): void {
  if (bytes.length > POOL_BYTES - poolUsed) {
    fillDirectly(pool);
    poolUsed = 0;
  }
  const end = poolUsed + bytes.length;
  bytes.set(pool.subarray(poolUsed, end));
  // What was given out is not kept.
  pool.fill(0, poolUsed, end);
  poolUsed = end;
}

function fillDirectly(bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; start += FILL_BYTES_MAX) {
    crypto.getRandomValues(bytes.subarray(start, start + FILL_BYTES_MAX));
  }
}

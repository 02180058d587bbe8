import type { Random } from './random.ts';

/** The most that one call of the platform's generator fills. */
const FILL_BYTES_MAX = 65_536;

/** Randomness of the operating system for bytes (they become ids), of the engine for jitter. */
export const nodeRandom: Random = {
  fill(bytes) {
    for (let start = 0; start < bytes.length; start += FILL_BYTES_MAX) {
      crypto.getRandomValues(bytes.subarray(start, start + FILL_BYTES_MAX));
    }
  },
  next: () => Math.random(),
};

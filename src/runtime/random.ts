/** Randomness for ids and jitter; seeded in tests and in the simulator. */
export interface Random {
  /** Fills `bytes` with random values. */
  fill(bytes: Uint8Array): void;
  /** A number in [0, 1). */
  next(): number;
}

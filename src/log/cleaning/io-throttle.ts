/** Keeps reading and writing to a number of bytes per second, seen over about a second (Kafka's Throttler). */
export class IoThrottle {
  readonly #bytesPerSecondMax: number;
  /** When what was done so far would be done at the rate allowed. */
  #dueMs = 0;

  constructor(bytesPerSecondMax: number) {
    this.#bytesPerSecondMax = bytesPerSecondMax;
  }

  /** How long to wait after `bytes` more; 0 most of the time. `nowMs` never goes back. */
  delayMs(bytes: number, nowMs: number): number {
    this.#dueMs = Math.max(this.#dueMs, nowMs) + (bytes / this.#bytesPerSecondMax) * 1000;
    const ahead = this.#dueMs - nowMs;
    return ahead < WORTH_WAITING_MS ? 0 : ahead;
  }
}

/** Shorter waits are saved up. */
const WORTH_WAITING_MS = 10;

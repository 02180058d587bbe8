/**
 * The bytes of requests that all connections together hold: large ones on their way in, from the size they announce, and
 * those that wait for the request before them (queued.max.request.bytes). As in Kafka's memory pool the last one granted
 * may go beyond the limit; the next has to wait, and its connection is not read meanwhile.
 */
export class RequestMemory {
  readonly #bytesMax: number;
  readonly #waiting = new Set<() => void>();
  #usedBytes = 0;

  /** `bytesMax` of 0 or less sets no limit. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isLimited(): boolean {
    return this.#bytesMax > 0;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes `bytes` if anything is left; otherwise false, and `mayRetry` is called once when there is. */
  reserve(bytes: number, mayRetry: () => void): boolean {
    if (this.isLimited && this.#usedBytes >= this.#bytesMax) {
      this.#waiting.add(mayRetry);
      return false;
    }
    this.#usedBytes += bytes;
    return true;
  }

  /** Counts `bytes` that are there already. */
  add(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    for (const mayRetry of this.#waiting) {
      if (this.#usedBytes >= this.#bytesMax) return;
      this.#waiting.delete(mayRetry);
      mayRetry();
    }
  }

  /** Does not wait any more. */
  forget(mayRetry: () => void): void {
    this.#waiting.delete(mayRetry);
  }
}

import type { LogShared } from '../log-shared.ts';

/**
 * Watches the space left for a log directory. A reserve is kept for what the broker must still write to get out of a full
 * disk: while it is touched, producers are refused.
 */
export class SpaceWatch {
  readonly #shared: LogShared;
  readonly #path: string;
  readonly #freeBytesMin: number;
  #isLow = false;
  /** What may still be written before the space is measured again. */
  #bytesUnmeasured = 0;

  constructor(shared: LogShared, path: string, freeBytesMin: number) {
    this.#shared = shared;
    this.#path = path;
    this.#freeBytesMin = freeBytesMin;
  }

  /** Looks how much there is. Throws DiskError. */
  measure(): void {
    this.#bytesUnmeasured = this.#shared.disk.space(this.#path).freeBytes - this.#freeBytesMin;
    const isLow = this.#bytesUnmeasured < 0;
    if (isLow !== this.#isLow) {
      const message = isLow ? 'low on space: producers are refused' : 'there is space again: producers are served';
      this.#shared.logger.warn(message, { directory: this.#path });
    }
    this.#isLow = isLow;
  }

  /** Whether producers are refused now that one brings `bytes`: a fast one fills a disk between two looks. Throws DiskError. */
  isLowWith(bytes: number): boolean {
    if (this.#isLow) return true;
    this.#bytesUnmeasured -= bytes;
    if (this.#bytesUnmeasured < 0) this.measure();
    return this.#isLow;
  }
}

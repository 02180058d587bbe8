const SMALL_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024;

/**
 * Buffers for reads from files, used again and again: a fresh one per read halves the rate. Two sizes; what is larger
 * or over the bound of idle memory is made for the read and dropped after it.
 */
export class ReadBuffers {
  readonly #idleBytesMax: number;
  readonly #small: Uint8Array[] = [];
  readonly #large: Uint8Array[] = [];
  #idleBytes = 0;

  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax;
  }

  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** A buffer of at least `length` bytes with any content. */
  take(length: number): Uint8Array {
    const idle = length <= SMALL_BYTES ? this.#small : length <= LARGE_BYTES ? this.#large : undefined;
    const buffer = idle?.pop();
    if (buffer !== undefined) {
      this.#idleBytes -= buffer.length;
      return buffer;
    }
    const size = length <= SMALL_BYTES ? SMALL_BYTES : length <= LARGE_BYTES ? LARGE_BYTES : length;
    return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  }

  /** Gives a buffer back; nothing may hold a view of it any more. */
  give(buffer: Uint8Array): void {
    const idle = buffer.length === SMALL_BYTES ? this.#small : buffer.length === LARGE_BYTES ? this.#large : undefined;
    if (idle === undefined || this.#idleBytes + buffer.length > this.#idleBytesMax) return;
    idle.push(buffer);
    this.#idleBytes += buffer.length;
  }
}

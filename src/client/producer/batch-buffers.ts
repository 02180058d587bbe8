/** Memory that is kept for later: about what a producer of high throughput has under way. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Memory of batches, used again once a batch is acknowledged (Kafka's BufferPool): memory outside of the heap makes V8 collect
 * garbage, and new memory costs page faults. Small batches get memory of their own.
 */
export class BatchBuffers {
  readonly #size: number;
  readonly #free: Buffer[] = [];

  /** @param size of a full batch. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Memory for a batch that is likely to take so many bytes. */
  take(bytes: number): Buffer {
    if (bytes * 2 < this.#size || bytes > this.#size) return Buffer.allocUnsafe(bytes);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  /** Nobody reads or writes it any more. */
  give(buffer: Buffer): void {
    const isOurs = buffer.length === this.#size && buffer.buffer.byteLength === this.#size;
    if (isOurs && (this.#free.length + 1) * this.#size <= KEPT_BYTES_MAX) this.#free.push(buffer);
  }
}

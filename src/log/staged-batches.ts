const COPY_BYTES_MAX = 4096;
const ARENA_BYTES_FIRST = 4096;
const ARENA_BYTES_MAX = 64 * 1024;

/**
 * The batches of one turn, in order, waiting for their one write. Large ones stay the views they came as; small ones
 * are copied together into a block, because a call to the system per kilobyte costs more than the copy.
 */
export class StagedBatches {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #arena: Uint8Array | undefined;
  #arenaUsed = 0;
  #arenaNext = ARENA_BYTES_FIRST;

  get bytes(): number {
    return this.#bytes;
  }

  /** What is to be written, one chunk after the other. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  add(batch: Uint8Array): void {
    this.#bytes += batch.length;
    if (batch.length > COPY_BYTES_MAX) {
      this.#chunks.push(batch);
      return;
    }
    const arena = this.#arenaWith(batch.length);
    const start = this.#arenaUsed;
    arena.set(batch, start);
    this.#arenaUsed += batch.length;
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.buffer === arena.buffer) {
      this.#chunks[this.#chunks.length - 1] = arena.subarray(last.byteOffset, this.#arenaUsed);
    } else {
      this.#chunks.push(arena.subarray(start, this.#arenaUsed));
    }
  }

  /** Forgets the batches: they are written, or the log is gone. The block is used again. */
  clear(): void {
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#arenaUsed = 0;
  }

  /** A block with room. Blocks grow with use: thousands of quiet partitions keep a page each, not 64 KiB. */
  #arenaWith(length: number): Uint8Array {
    if (this.#arena !== undefined && this.#arena.length - this.#arenaUsed >= length) return this.#arena;
    this.#arena = new Uint8Array(new ArrayBuffer(Math.max(this.#arenaNext, length)));
    this.#arenaUsed = 0;
    this.#arenaNext = Math.min(this.#arenaNext * 2, ARENA_BYTES_MAX);
    return this.#arena;
  }
}

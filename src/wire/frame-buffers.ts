/** The most that one read takes from a socket. */
const READ_BYTES_MAX = 64 * 1024;

/** A frame's beginning up to this size is put in front of the next read; a longer one gets a buffer of its own. */
export const STASH_BYTES_MAX = 16 * 1024;

/** Frames up to this size are kept side by side in one chunk; the chunk lives as long as any of them. */
const PACKED_BYTES_MAX = 4 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Freed buffers kept for the next large frame, in all. */
const FREE_BYTES_MAX = 8 * 1024 * 1024;

/** A buffer is not wasted on a frame this many times smaller. */
const FIT_FACTOR_MAX = 2;

/**
 * The memory that frames come through, one set for all connections of a process: an idle connection holds none of it.
 * Bounded by what is in flight, plus {@link FREE_BYTES_MAX}.
 */
export class FrameBuffers {
  /** Every connection's reads land here, behind room for the beginning of a frame that came with an earlier read. */
  readonly shared = Buffer.allocUnsafeSlow(STASH_BYTES_MAX + READ_BYTES_MAX);
  readonly landing = this.shared.subarray(STASH_BYTES_MAX);
  readonly #free: Buffer[] = [];
  #freeBytes = 0;
  #chunk = Buffer.alloc(0);
  #chunkUsed = 0;

  /** A copy of `frame` that nothing overwrites. */
  keep(frame: Uint8Array): Buffer {
    const { length } = frame;
    if (length > PACKED_BYTES_MAX) {
      const copy = Buffer.allocUnsafeSlow(length);
      copy.set(frame);
      return copy;
    }
    if (length > this.#chunk.length - this.#chunkUsed) {
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#chunkUsed = 0;
    }
    const start = this.#chunkUsed;
    this.#chunkUsed += length;
    this.#chunk.set(frame, start);
    return this.#chunk.subarray(start, start + length);
  }

  /** A buffer of `bytes` bytes, not from new memory when a free one fits. */
  take(bytes: number): Buffer {
    const index = this.#free.findIndex(({ length }) => length >= bytes && length <= bytes * FIT_FACTOR_MAX);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    if (found === undefined) return Buffer.allocUnsafeSlow(bytes);
    this.#freeBytes -= found.length;
    return found;
  }

  /** Whether {@link take} would need no new memory. */
  has(bytes: number): boolean {
    return this.#free.some(({ length }) => length >= bytes && length <= bytes * FIT_FACTOR_MAX);
  }

  /** Returns a buffer that no one looks at any more. */
  give(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > FREE_BYTES_MAX) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }
}

/** The set of this process. */
export const frameBuffers = new FrameBuffers();

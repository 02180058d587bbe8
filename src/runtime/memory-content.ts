/** Size of a chunk; a file's first one grows up to it by doubling, so that small files stay small. */
const CHUNK_BYTES = 256 * 1024;
const FIRST_CHUNK_BYTES_MIN = 512;

/** The bytes of one file in memory: a list of chunks, so that appending never moves what is there. Holes read as zeros. */
export class MemoryContent {
  #size = 0;
  #chunks: (Buffer | undefined)[] = [];

  get size(): number {
    return this.#size;
  }

  /** Bytes held for the content. */
  get allocatedBytes(): number {
    let bytes = 0;
    for (const chunk of this.#chunks) bytes += chunk?.length ?? 0;
    return bytes;
  }

  read(into: Uint8Array, offset: number, length: number, position: number): number {
    const count = Math.max(Math.min(length, this.#size - position), 0);
    for (let done = 0; done < count;) {
      const at = position + done;
      const start = at % CHUNK_BYTES;
      const part = Math.min(CHUNK_BYTES - start, count - done);
      const chunk = this.#chunks[Math.floor(at / CHUNK_BYTES)];
      const target = into.subarray(offset + done, offset + done + part);
      const held = chunk === undefined ? 0 : Math.min(Math.max(chunk.length - start, 0), part);
      if (chunk !== undefined && held > 0) target.set(chunk.subarray(start, start + held));
      if (held < part) target.fill(0, held);
      done += part;
    }
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const at = position + done;
      const start = at % CHUNK_BYTES;
      const part = Math.min(CHUNK_BYTES - start, bytes.length - done);
      const chunk = this.#chunkWithRoom(Math.floor(at / CHUNK_BYTES), start + part);
      chunk.set(done === 0 && part === bytes.length ? bytes : bytes.subarray(done, done + part), start);
      done += part;
    }
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  truncate(size: number): void {
    if (size < this.#size) {
      const count = Math.ceil(size / CHUNK_BYTES);
      this.#chunks.length = Math.min(this.#chunks.length, count);
      // What is cut off must read as zeros if the file grows again.
      if (size % CHUNK_BYTES > 0) this.#chunks[count - 1]?.subarray(size % CHUNK_BYTES).fill(0);
    }
    this.#size = size;
  }

  clone(): MemoryContent {
    const copy = new MemoryContent();
    copy.#size = this.#size;
    copy.#chunks = this.#chunks.map((chunk) => chunk && Buffer.from(chunk));
    return copy;
  }

  #chunkWithRoom(index: number, end: number): Buffer {
    while (this.#chunks.length <= index) this.#chunks.push(undefined);
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= end) return chunk;
    let length = CHUNK_BYTES;
    if (index === 0) {
      length = Math.max(chunk?.length ?? 0, FIRST_CHUNK_BYTES_MIN);
      while (length < end) length *= 2;
    }
    const bigger = Buffer.alloc(length);
    chunk?.copy(bigger);
    this.#chunks[index] = bigger;
    return bigger;
  }
}

import { assert } from '../base/assert.ts';

export interface TailCacheOptions {
  /** Memory that all tails together may keep alive. A slab counts whole as long as one view of it is kept. */
  readonly bytesMax: number;
  /** The most one log may have cached. */
  readonly bytesPerLogMax: number;
  /** Told when neither a tail nor a reader holds the slab any more: its owner may write over it. */
  readonly onSlabFree?: (slab: ArrayBufferLike) => void;
}

/** Whole batches, one after the other, as they lie in a segment from `position` on. */
export class TailChunk {
  bytes: Uint8Array;
  readonly baseOffset: number;
  nextOffset: number;
  /** Undefined once evicted. */
  owner: LogTail | undefined;

  constructor(owner: LogTail, bytes: Uint8Array, baseOffset: number, nextOffset: number) {
    this.owner = owner;
    this.bytes = bytes;
    this.baseOffset = baseOffset;
    this.nextOffset = nextOffset;
  }
}

/**
 * The budget that the tails of all logs share. What came in last stays: when the memory kept alive passes the bound,
 * the oldest chunk goes, whosever it is. Memory is counted by slab, so a small batch that keeps a large slab alive
 * is charged for all of it.
 */
export class TailCache {
  readonly #options: TailCacheOptions;
  readonly #holds = new Map<ArrayBufferLike, number>();
  #chunks: TailChunk[] = [];
  #head = 0;
  #bytes = 0;

  constructor(options: TailCacheOptions) {
    this.#options = options;
  }

  /** Bytes of all slabs that are held. */
  get bytesHeld(): number {
    return this.#bytes;
  }

  get bytesPerLogMax(): number {
    return this.#options.bytesPerLogMax;
  }

  hold(slab: ArrayBufferLike): void {
    const holds = this.#holds.get(slab);
    if (holds === undefined) this.#bytes += slab.byteLength;
    this.#holds.set(slab, (holds ?? 0) + 1);
  }

  release(slab: ArrayBufferLike): void {
    const holds = this.#holds.get(slab);
    assert(holds !== undefined, 'a slab is released that nobody holds');
    if (holds > 1) {
      this.#holds.set(slab, holds - 1);
      return;
    }
    this.#holds.delete(slab);
    this.#bytes -= slab.byteLength;
    this.#options.onSlabFree?.(slab);
  }

  /** @internal Takes a chunk in and evicts what is over the budget. */
  admit(chunk: TailChunk): void {
    this.hold(chunk.bytes.buffer);
    this.#chunks.push(chunk);
    this.trim();
  }

  /** @internal */
  trim(): void {
    while (this.#bytes > this.#options.bytesMax && this.#head < this.#chunks.length) {
      const oldest = this.#chunks[this.#head++]!;
      oldest.owner?.dropFirst();
    }
    this.#skipDropped();
  }

  #skipDropped(): void {
    while (this.#head < this.#chunks.length && this.#chunks[this.#head]!.owner === undefined) this.#head++;
    if (this.#head > 256 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** The end of one log as it was received: chunks without a gap, from some offset up to the end of what is written. */
export class LogTail {
  readonly #cache: TailCache;
  #chunks: TailChunk[] = [];
  #head = 0;
  #bytes = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get chunkCount(): number {
    return this.#chunks.length - this.#head;
  }

  /** Adds batches that follow the last ones. Views of one slab that touch become one chunk. */
  append(bytes: Uint8Array, baseOffset: number, nextOffset: number): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && touches(last.bytes, bytes)) {
      last.bytes = new Uint8Array(bytes.buffer, last.bytes.byteOffset, last.bytes.length + bytes.length);
      last.nextOffset = nextOffset;
      this.#bytes += bytes.length;
    } else {
      const chunk = new TailChunk(this, bytes, baseOffset, nextOffset);
      this.#chunks.push(chunk);
      this.#bytes += bytes.length;
      this.#cache.admit(chunk);
    }
    while (this.#bytes > this.#cache.bytesPerLogMax && this.chunkCount > 0) this.dropFirst();
  }

  /** Index of the chunk that holds `offset` or the first one behind a gap before it; -1 when it lies before the tail. */
  find(offset: number): number {
    let low = this.#head;
    let high = this.#chunks.length - 1;
    if (high < low || offset < this.#chunks[low]!.baseOffset) return -1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#chunks[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return offset < this.#chunks[low]!.nextOffset ? low : low + 1;
  }

  at(index: number): TailChunk | undefined {
    return this.#chunks[index];
  }

  /** @internal */
  dropFirst(): void {
    const first = this.#chunks[this.#head]!;
    this.#head++;
    this.#bytes -= first.bytes.length;
    first.owner = undefined;
    this.#cache.release(first.bytes.buffer);
    if (this.#head > 64 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    while (this.chunkCount > 0) this.dropFirst();
    this.#chunks = [];
    this.#head = 0;
  }
}

function touches(first: Uint8Array, second: Uint8Array): boolean {
  return first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset;
}

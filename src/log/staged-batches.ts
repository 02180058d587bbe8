import type { TailCache } from './tail-cache.ts';

const COPY_BYTES_MAX = 4096;
const ARENA_BYTES_FIRST = 4096;
const ARENA_BYTES_MAX = 64 * 1024;

/** A run of staged batches that lie together in memory. */
export interface StagedRun {
  bytes: Uint8Array;
  baseOffset: number;
  nextOffset: number;
}

/**
 * The batches of one turn, in order, waiting for their one write. Large ones stay the views they came as; small ones
 * are copied together into a block, because a call to the system per kilobyte and a slab kept alive by a hundred
 * bytes both cost more than the copy.
 */
export class StagedBatches {
  readonly #cache: TailCache;
  readonly #runs: StagedRun[] = [];
  #bytes = 0;
  #arena: Uint8Array | undefined;
  #arenaUsed = 0;
  #arenaNext = ARENA_BYTES_FIRST;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get runs(): readonly StagedRun[] {
    return this.#runs;
  }

  add(batch: Uint8Array, baseOffset: number, nextOffset: number): void {
    this.#bytes += batch.length;
    if (batch.length > COPY_BYTES_MAX) {
      this.#cache.hold(batch.buffer);
      this.#runs.push({ bytes: batch, baseOffset, nextOffset });
      return;
    }
    const arena = this.#arenaWith(batch.length);
    const start = this.#arenaUsed;
    arena.set(batch, start);
    this.#arenaUsed += batch.length;
    const last = this.#runs.at(-1);
    if (last !== undefined && last.bytes.buffer === arena.buffer) {
      last.bytes = arena.subarray(last.bytes.byteOffset, this.#arenaUsed);
      last.nextOffset = nextOffset;
      return;
    }
    this.#cache.hold(arena.buffer);
    this.#runs.push({ bytes: arena.subarray(start, this.#arenaUsed), baseOffset, nextOffset });
  }

  /** Forgets the batches: they are written, or the log is gone. */
  clear(): void {
    for (const run of this.#runs) this.#cache.release(run.bytes.buffer);
    this.#runs.length = 0;
    this.#bytes = 0;
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

import type { FilePool, PooledFile } from './file-pool.ts';

const CAPACITY_FIRST = 16;
/** Values of the file's size besides its bytes. */
const NO_FILE = -1;
const NOT_LOOKED = -2;

/**
 * A file of fixed-size entries that only grows, held in memory while its segment is written or looked into. The
 * bytes in memory are the bytes on disk. New entries reach the file at {@link persist}: writing each one as it comes
 * would cost more than the batch it points to. After a crash the scan above the recovery point makes them anew.
 */
export class EntryFile {
  readonly entryBytes: number;
  readonly file: PooledFile;
  readonly #pool: FilePool;
  bytes: Uint8Array;
  view: DataView;
  count = 0;
  #persistedCount = 0;
  #fileBytes: number;

  /** @param isNew there is no such file yet: nothing has to be looked up. */
  constructor(pool: FilePool, path: string, entryBytes: number, isNew: boolean) {
    this.#pool = pool;
    this.entryBytes = entryBytes;
    this.#fileBytes = isNew ? NO_FILE : NOT_LOOKED;
    this.file = pool.file(path, 'create');
    this.bytes = new Uint8Array(0);
    this.view = new DataView(this.bytes.buffer);
  }

  get fileExists(): boolean {
    if (this.#fileBytes === NOT_LOOKED && !this.#pool.disk.exists(this.file.path)) this.#fileBytes = NO_FILE;
    return this.#fileBytes !== NO_FILE;
  }

  /** Room for one more entry; returns where it starts. */
  push(): number {
    const start = this.count * this.entryBytes;
    if (start + this.entryBytes > this.bytes.length) this.#grow();
    this.count++;
    return start;
  }

  /** Keeps the first `count` entries; the file follows at {@link persist}. */
  truncate(count: number): void {
    if (count >= this.count) return;
    this.count = count;
    this.#persistedCount = Math.min(this.#persistedCount, count);
  }

  /** Reads the file; whole entries only. Answers whether there is one. */
  load(): boolean {
    const { disk } = this.#pool;
    this.count = 0;
    this.#persistedCount = 0;
    this.#fileBytes = NO_FILE;
    if (!disk.exists(this.file.path)) return false;
    const file = this.file.use();
    const size = file.size();
    this.#fileBytes = size;
    const usable = size - (size % this.entryBytes);
    const bytes = new Uint8Array(usable);
    const read = file.read(bytes, 0, usable, 0);
    this.#adopt(bytes);
    this.count = Math.floor(read / this.entryBytes);
    this.#persistedCount = this.count;
    return true;
  }

  /** Writes what is new. Makes the file even when there is nothing in it: Kafka's tools look for it. */
  persist(): void {
    const size = this.count * this.entryBytes;
    if (this.#persistedCount === this.count && this.#fileBytes === size) return;
    const start = this.#persistedCount * this.entryBytes;
    const file = this.file.use();
    if (this.#fileBytes === NOT_LOOKED) this.#fileBytes = file.size();
    if (size > start) file.write(this.bytes.subarray(start, size), start);
    if (this.#fileBytes > size) file.truncate(size);
    this.#fileBytes = size;
    this.#persistedCount = this.count;
  }

  /** Drops the memory of a file whose entries are all on disk. */
  unload(): void {
    this.#adopt(new Uint8Array(0));
    this.file.close();
  }

  #grow(): void {
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, CAPACITY_FIRST * this.entryBytes));
    bigger.set(this.bytes);
    this.#adopt(bigger);
  }

  #adopt(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

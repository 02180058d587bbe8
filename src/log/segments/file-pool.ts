import type { Disk, DiskFile } from '../../runtime/disk.ts';
import { RelievedDisk } from '../directories/relieved-disk.ts';

/**
 * Keeps at most `openMax` files open over all logs: the least lately used ones are closed and opened again on need
 * (second chance, so that a use costs one store). A file in use by an asynchronous call is pinned; when all are
 * pinned the limit is passed rather than a call failed.
 */
export class FilePool {
  /** The disk, for all other calls of those who share the pool. */
  readonly disk: Disk;
  readonly #openMax: number;
  readonly #open: PooledFile[] = [];
  #hand = 0;

  constructor(disk: Disk, openMax: number) {
    this.disk = new RelievedDisk(disk, this);
    this.#openMax = openMax;
  }

  get openCount(): number {
    return this.#open.length;
  }

  /** A file by name; nothing is opened before its first use, which makes the file when `mode` is `create`. */
  file(path: string, mode: 'create' | 'existing'): PooledFile {
    return new PooledFile(this, path, mode);
  }

  /** Closes a file for something else to be opened; false when none can be closed. */
  makeRoom(): boolean {
    return this.#closeOne();
  }

  /** @internal */
  opened(file: PooledFile): void {
    while (this.#open.length >= this.#openMax && this.#closeOne());
    this.#open.push(file);
  }

  /** @internal */
  closed(file: PooledFile): void {
    const index = this.#open.indexOf(file);
    if (index >= 0) this.#remove(index);
  }

  /** Closes the next file that is neither pinned nor in use since the hand came by; false when there is none. */
  #closeOne(): boolean {
    for (let step = this.#open.length * 2; step > 0; step--) {
      if (this.#hand >= this.#open.length) this.#hand = 0;
      if (this.#open[this.#hand]!.retire()) {
        this.#remove(this.#hand);
        return true;
      }
      this.#hand++;
    }
    return false;
  }

  #remove(index: number): void {
    const last = this.#open.pop()!;
    if (index < this.#open.length) this.#open[index] = last;
  }
}

/** One file of the pool. Throws DiskError from every use when it cannot be opened. */
export class PooledFile {
  readonly #pool: FilePool;
  readonly #path: string;
  #file: DiskFile | undefined;
  #mode: 'create' | 'existing';
  #usedLately = false;
  #pins = 0;
  #closeOnUnpin = false;

  constructor(pool: FilePool, path: string, mode: 'create' | 'existing') {
    this.#pool = pool;
    this.#path = path;
    this.#mode = mode;
  }

  get path(): string {
    return this.#path;
  }

  /** The open file. Do not keep it: the pool may close it before your next turn. */
  use(): DiskFile {
    this.#usedLately = true;
    return (this.#file ??= this.#openFile());
  }

  /** The open file, kept open until {@link unpin}. */
  pin(): DiskFile {
    this.#pins++;
    try {
      return this.use();
    } catch (error) {
      this.#pins--;
      throw error;
    }
  }

  unpin(): void {
    this.#pins--;
    if (this.#pins === 0 && this.#closeOnUnpin) this.close();
  }

  /** Closes the file; one that is pinned is closed at its last {@link unpin}. */
  close(): void {
    this.#closeOnUnpin = this.#pins > 0;
    if (this.#file === undefined || this.#closeOnUnpin) return;
    const file = this.#file;
    this.#file = undefined;
    this.#pool.closed(this);
    file.close();
  }

  /** @internal Closes the file unless it is pinned or was used since the last call; answers whether it did. */
  retire(): boolean {
    if (this.#pins > 0) return false;
    if (this.#usedLately) {
      this.#usedLately = false;
      return false;
    }
    this.#file?.close();
    this.#file = undefined;
    return true;
  }

  #openFile(): DiskFile {
    const file = this.#pool.disk.open(this.#path, this.#mode);
    this.#mode = 'existing';
    this.#pool.opened(this);
    return file;
  }
}

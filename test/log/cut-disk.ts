import type { DiskFile } from '../../src/runtime/disk.ts';
import type { MemoryDisk } from '../../src/runtime/memory-disk.ts';

/** Ends the process at the n-th operation that changes a disk: neither that one nor any later one happens. */
export class CutDisk {
  readonly #cut: () => void;
  #left = Number.POSITIVE_INFINITY;
  #count = 0;

  /** @param cut ends the process, by making the disk dead. */
  constructor(disk: MemoryDisk, cut: () => void) {
    this.#cut = cut;
    for (const call of ['makeDirectory', 'rename', 'remove', 'syncDirectory'] as const) {
      const original = disk[call].bind(disk) as (...args: string[]) => void;
      disk[call] = (...args: string[]): void => {
        this.#operation();
        original(...args);
      };
    }
    const open = disk.open.bind(disk);
    disk.open = (path, mode) => {
      if (mode === 'create' && !disk.exists(path)) this.#operation();
      return this.#watched(open(path, mode));
    };
  }

  /** From now on: the `nth` operation, from 1, is the first that does not happen. */
  cutAt(nth: number): void {
    this.#left = nth;
    this.#count = 0;
  }

  /** Operations since {@link cutAt}. */
  get count(): number {
    return this.#count;
  }

  #operation(): void {
    this.#count++;
    this.#left--;
    if (this.#left === 0) this.#cut();
  }

  #watched(file: DiskFile): DiskFile {
    const { write, writeAll, truncate, sync, syncNow } = file;
    file.write = (...args) => {
      this.#operation();
      write.apply(file, args);
    };
    file.writeAll = (...args) => {
      this.#operation();
      writeAll.apply(file, args);
    };
    file.truncate = (...args) => {
      this.#operation();
      truncate.apply(file, args);
    };
    file.sync = () => {
      this.#operation();
      return sync.call(file);
    };
    file.syncNow = () => {
      this.#operation();
      syncNow.call(file);
    };
    return file;
  }
}

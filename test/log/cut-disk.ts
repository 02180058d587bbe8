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
      const original: (from: string, to: string) => void = disk[call].bind(disk);
      disk[call] = (from: string, to: string = ''): void => {
        this.#operation();
        original(from, to);
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
    const write = file.write.bind(file);
    const writeAll = file.writeAll.bind(file);
    const truncate = file.truncate.bind(file);
    const sync = file.sync.bind(file);
    const syncNow = file.syncNow.bind(file);
    file.write = (...args) => {
      this.#operation();
      write(...args);
    };
    file.writeAll = (...args) => {
      this.#operation();
      writeAll(...args);
    };
    file.truncate = (...args) => {
      this.#operation();
      truncate(...args);
    };
    file.sync = () => {
      this.#operation();
      return sync();
    };
    file.syncNow = () => {
      this.#operation();
      syncNow();
    };
    return file;
  }
}

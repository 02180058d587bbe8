import { DiskError, type DirectoryEntry, type Disk, type DiskFile, type DiskSpace } from '../../runtime/disk.ts';

/** Keeps files open that could be closed. */
export interface Relief {
  /** Closes one; false when none can be. */
  makeRoom(): boolean;
}

/**
 * The disk for calls that open a file only for a moment: when the process or the system has no more handles, files that the
 * pool keeps open make room. Otherwise many clients could take a log directory offline.
 */
export class RelievedDisk implements Disk {
  readonly #disk: Disk;
  readonly #files: Relief;

  constructor(disk: Disk, files: Relief) {
    this.#disk = disk;
    this.#files = files;
  }

  open(path: string, mode: 'create' | 'existing' | 'read'): DiskFile {
    return this.#relieved(() => this.#disk.open(path, mode));
  }

  readFile(path: string, bytesMax: number): Buffer {
    return this.#relieved(() => this.#disk.readFile(path, bytesMax));
  }

  replaceFile(path: string, content: Uint8Array): void {
    this.#relieved(() => this.#disk.replaceFile(path, content));
  }

  exists(path: string): boolean {
    return this.#disk.exists(path);
  }

  list(path: string): DirectoryEntry[] {
    return this.#relieved(() => this.#disk.list(path));
  }

  makeDirectory(path: string): void {
    this.#disk.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#disk.rename(from, to);
  }

  remove(path: string): void {
    this.#relieved(() => this.#disk.remove(path));
  }

  syncDirectory(path: string): void {
    this.#relieved(() => this.#disk.syncDirectory(path));
  }

  async syncDirectoryLater(path: string): Promise<void> {
    for (;;) {
      try {
        await this.#disk.syncDirectoryLater(path);
        return;
      } catch (error) {
        if (!isOutOfHandles(error) || !this.#files.makeRoom()) throw error;
      }
    }
  }

  space(path: string): DiskSpace {
    return this.#disk.space(path);
  }

  lock(path: string): { release(): void } | undefined {
    return this.#disk.lock(path);
  }

  #relieved<Result>(call: () => Result): Result {
    for (;;) {
      try {
        return call();
      } catch (error) {
        if (!isOutOfHandles(error) || !this.#files.makeRoom()) throw error;
      }
    }
  }
}

function isOutOfHandles(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'EMFILE' || error.code === 'ENFILE');
}

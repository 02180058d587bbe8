import type { Threads } from './threads.ts';

/**
 * Files, as the log and the metadata store need them. Calls are synchronous: below 1 MiB a hop to a thread pool
 * costs more than the call. Only syncing (and cold reads) are asynchronous. Paths are absolute.
 *
 * Failures throw {@link DiskError} with the code of the system call (ENOENT, ENOSPC, EIO, EMFILE ...).
 */
export interface Disk {
  /** Threads that see the same files; left out where the files are in the memory of this one. */
  readonly threads?: Threads;
  /** `create`: made if missing, kept if there; `existing`: must be there, read and write; `read`: must be there, read only. */
  open(path: string, mode: 'create' | 'existing' | 'read'): DiskFile;
  /** Whole small files: checkpoints, properties. Throws when larger than `bytesMax`. */
  readFile(path: string, bytesMax: number): Buffer;
  /** Writes a temporary file beside `path`, syncs it, renames it over `path`, syncs the directory. */
  replaceFile(path: string, content: Uint8Array): void;
  exists(path: string): boolean;
  /** What is in a directory, sorted by name. */
  list(path: string): DirectoryEntry[];
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all that is in it; missing is fine. */
  remove(path: string): void;
  /** Makes created, renamed and removed names of `path` durable. */
  syncDirectory(path: string): void;
  /** The same on the thread pool. */
  syncDirectoryLater(path: string): Promise<void>;
  /** Size of the file system that holds `path`, and how much of it can still be written. */
  space(path: string): DiskSpace;
  /** Takes the exclusive lock file `path` for this process; undefined when another holds it. Gone when the process dies. */
  lock(path: string): { release(): void } | undefined;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** In bytes; 0 for a directory. */
  readonly size: number;
  /** When the file was last written to, by the wall clock; left out for directories, and where files have no times. */
  readonly modifiedMs?: number;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface DiskFile {
  readonly path: string;
  /** Reads up to `length` bytes at `position` into `into` at `offset`; returns how many there were. */
  read(into: Uint8Array, offset: number, length: number, position: number): number;
  /** The same on the thread pool, for reads that are likely to go to the device. */
  readAsync(into: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Writes all of `bytes` at `position`, or throws. */
  write(bytes: Uint8Array, position: number): void;
  /** Writes all chunks one after the other at `position` with as few calls as can be, or throws. */
  writeAll(chunks: readonly Uint8Array[], position: number): void;
  size(): number;
  truncate(size: number): void;
  /** Makes the data durable, on the thread pool. A failure is final for the file's directory: never retry. */
  sync(): Promise<void>;
  /** The same, blocking. */
  syncNow(): void;
  close(): void;
}

/** Whether a call failed for want of space alone: the disk works, and what was there is there. */
export function isNoSpace(error: unknown): error is DiskError {
  return error instanceof DiskError && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

export class DiskError extends Error {
  override name = 'DiskError';
  readonly code: string;
  readonly path: string;

  constructor(code: string, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

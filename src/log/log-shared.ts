import type { Disk } from '../runtime/disk.ts';
import type { Logger } from '../runtime/logger.ts';
import { FilePool } from './segments/file-pool.ts';
import { ReadBuffers } from './segments/read-buffers.ts';
import type { Segment } from './segments/segment.ts';

const MIB = 1024 * 1024;

/** Bounds of the memory and files that all logs of a process share. */
export interface LogLimits {
  readonly openFilesMax: number;
  readonly readBufferIdleBytesMax: number;
  /** Closed segments whose indexes are kept in memory. */
  readonly loadedIndexesMax: number;
}

export const LOG_LIMITS_DEFAULT: LogLimits = {
  openFilesMax: 4096,
  readBufferIdleBytesMax: 16 * MIB,
  loadedIndexesMax: 64,
};

export interface LogSharedOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly limits?: LogLimits;
}

/** What the logs of one process have in common: the disk and bounded shares of files and memory. */
export class LogShared {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly files: FilePool;
  readonly buffers: ReadBuffers;
  readonly #loadedMax: number;
  readonly #loaded = new Set<Segment>();

  constructor({ disk, logger, limits = LOG_LIMITS_DEFAULT }: LogSharedOptions) {
    this.logger = logger;
    this.files = new FilePool(disk, limits.openFilesMax);
    this.disk = this.files.disk;
    this.buffers = new ReadBuffers(limits.readBufferIdleBytesMax);
    this.#loadedMax = limits.loadedIndexesMax;
  }

  /** A closed segment's index is in use: the one not used for longest leaves memory when there are too many. */
  indexUsed(segment: Segment): void {
    this.#loaded.delete(segment);
    this.#loaded.add(segment);
    if (this.#loaded.size <= this.#loadedMax) return;
    for (const oldest of this.#loaded) {
      this.#loaded.delete(oldest);
      oldest.unload();
      return;
    }
  }

  /** The segment is gone or written to again: its index stays as it is. */
  forgetIndex(segment: Segment): void {
    this.#loaded.delete(segment);
  }
}

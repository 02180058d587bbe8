import type { FilePool } from '../segments/file-pool.ts';
import { CLEANED_SUFFIX, SEGMENT_SUFFIXES } from '../segments/segment-names.ts';
import { Segment } from '../segments/segment.ts';

const BUFFER_BYTES = 1024 * 1024;

/** A segment that a cleaning writes, under names ending in `.cleaned` until it is put in its place. */
export class CleanedSegment {
  readonly segment: Segment;
  readonly #files: FilePool;
  readonly #indexIntervalBytes: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;

  constructor(
    files: FilePool,
    options: { directory: string; baseOffset: number; createdMs: number; indexIntervalBytes: number },
  ) {
    this.#files = files;
    this.#indexIntervalBytes = options.indexIntervalBytes;
    this.segment = new Segment({ ...options, files, size: 0, isNew: true, suffix: CLEANED_SUFFIX });
    for (const suffix of SEGMENT_SUFFIXES) files.disk.remove(this.segment.path(suffix));
    this.segment.log.use();
  }

  append(batch: Uint8Array): void {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
    this.segment.noteBatch(view, 0, batch.length, this.#indexIntervalBytes);
    if (this.#buffered + batch.length > BUFFER_BYTES) this.#flush();
    if (batch.length > BUFFER_BYTES) {
      this.segment.log.use().write(batch, this.#written);
      this.#written += batch.length;
      return;
    }
    this.#buffer.set(batch, this.#buffered);
    this.#buffered += batch.length;
  }

  /** Makes all of it durable, its names too, and closes it. */
  finish(directory: string): void {
    const { segment } = this;
    this.#flush();
    if (segment.size > 0) segment.closeTimeIndex();
    segment.persistIndexes();
    segment.close();
    for (const suffix of SEGMENT_SUFFIXES) {
      const path = segment.path(suffix);
      if (!this.#files.disk.exists(path)) continue;
      const file = this.#files.disk.open(path, 'existing');
      try {
        file.syncNow();
      } finally {
        file.close();
      }
    }
    this.#files.disk.syncDirectory(directory);
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    this.segment.log.use().write(this.#buffer.subarray(0, this.#buffered), this.#written);
    this.#written += this.#buffered;
    this.#buffered = 0;
  }
}

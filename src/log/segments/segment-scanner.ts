import type { DiskFile } from '../../runtime/disk.ts';
import { BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC_V2, batchLength, checkCrc, magic } from '../../records/batch.ts';

const WINDOW_BYTES = 1024 * 1024;

export interface ScanRange {
  readonly from: number;
  readonly to: number;
  /** Sums every batch and stops at one that is wrong. */
  readonly checkCrc: boolean;
}

/**
 * Walks the batches of a segment file in order by large reads. After `next()` answered true the batch is at `at` in
 * `view`, `filePosition` in the file, `size` bytes long. After false, `fault` says why the walk ended before `to`;
 * it stays undefined when all of the range was whole batches.
 */
export class SegmentScanner {
  readonly #file: Pick<DiskFile, 'read'>;
  readonly #range: ScanRange;
  #buffer: Uint8Array;
  #bufferStart: number;
  #bufferLength = 0;
  view: DataView;
  at = 0;
  filePosition: number;
  size = 0;
  fault: string | undefined;

  constructor(file: Pick<DiskFile, 'read'>, range: ScanRange, windowBytes = WINDOW_BYTES) {
    this.#file = file;
    this.#range = range;
    this.#buffer = new Uint8Array(Math.max(BATCH_HEADER_BYTES, Math.min(windowBytes, range.to - range.from)));
    this.view = new DataView(this.#buffer.buffer);
    this.#bufferStart = range.from;
    this.filePosition = range.from;
  }

  /** Where the walk stands: the end of the last whole batch. */
  get position(): number {
    return this.filePosition + this.size;
  }

  /** The current batch, until the next call of `next`. */
  batch(): Uint8Array {
    return this.#buffer.subarray(this.at, this.at + this.size);
  }

  next(): boolean {
    const position = this.position;
    const left = this.#range.to - position;
    if (left === 0) return this.#stop(undefined);
    if (left < BATCH_HEADER_BYTES) return this.#stop(`${left} bytes are no batch`);
    if (!this.#has(position, BATCH_HEADER_BYTES)) return this.#stop('the file ends early');
    const at = position - this.#bufferStart;
    const size = batchLength(this.view, at) + LOG_OVERHEAD_BYTES;
    if (size < BATCH_HEADER_BYTES) return this.#stop(`batch of ${size} bytes`);
    const found = magic(this.view, at);
    if (found !== MAGIC_V2) return this.#stop(`batch of magic ${found}`);
    if (size > left) return this.#stop(`batch of ${size} bytes, ${left} are there`);
    if (this.#range.checkCrc) {
      if (!this.#has(position, size)) return this.#stop('the file ends early');
      if (!checkCrc(this.view, position - this.#bufferStart)) return this.#stop('wrong checksum');
    }
    this.at = position - this.#bufferStart;
    this.filePosition = position;
    this.size = size;
    return true;
  }

  /** Makes all of the current batch readable, where only its header was needed so far; false when the file is shorter. */
  loadBody(): boolean {
    if (!this.#has(this.filePosition, this.size)) return false;
    this.at = this.filePosition - this.#bufferStart;
    return true;
  }

  #stop(fault: string | undefined): false {
    this.filePosition = this.position;
    this.size = 0;
    this.fault = fault;
    return false;
  }

  /** Brings `length` bytes at `position` into the buffer. The length was held against the range: it is in the file. */
  #has(position: number, length: number): boolean {
    if (position >= this.#bufferStart && position + length <= this.#bufferStart + this.#bufferLength) return true;
    if (length > this.#buffer.length) {
      this.#buffer = new Uint8Array(length);
      this.view = new DataView(this.#buffer.buffer);
    }
    const wanted = Math.min(this.#buffer.length, this.#range.to - position);
    this.#bufferStart = position;
    this.#bufferLength = this.#file.read(this.#buffer, 0, wanted, position);
    return this.#bufferLength >= length;
  }
}

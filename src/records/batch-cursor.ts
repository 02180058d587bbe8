import { Malformed } from '../base/malformed.ts';
import { BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC_V2, batchLength, magic } from './batch.ts';

const MAGIC_END_BYTES = 17;

/**
 * Size of the batch at `position` when it lies whole before `end`; 0 when the tail is cut off. A length too small for
 * a header, or a magic other than 2, throws {@link Malformed}: there is no way to go on from such a place.
 */
export function batchSizeWithin(view: DataView, position: number, end: number): number {
  const available = end - position;
  if (available < LOG_OVERHEAD_BYTES) return 0;
  const length = batchLength(view, position);
  if (length < BATCH_HEADER_BYTES - LOG_OVERHEAD_BYTES) {
    throw new Malformed(`batch length ${length} at ${position} is smaller than a header`);
  }
  if (available < MAGIC_END_BYTES) return 0;
  const found = magic(view, position);
  if (found !== MAGIC_V2) throw new Malformed(`batch at ${position} has magic ${found}`);
  const size = length + LOG_OVERHEAD_BYTES;
  return size <= available ? size : 0;
}

/**
 * Walks the batches of a region in order, without an object per batch: after `next()` answered true, the batch lies at
 * `position` and is `size` bytes long; read its fields with the functions of batch.ts on `view`. Stops cleanly before
 * a truncated tail, as fetched records may have one. Reusable with `reset`.
 */
export class BatchCursor {
  bytes: Uint8Array;
  view: DataView;
  position: number;
  size = 0;
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.end = end;
  }

  /** Starts over on other bytes. */
  reset(bytes: Uint8Array, position = 0, end = bytes.length): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.size = 0;
    this.end = end;
  }

  /** Moves to the next whole batch; false at the end or before a cut-off tail. Throws {@link Malformed}. */
  next(): boolean {
    const position = this.position + this.size;
    const size = batchSizeWithin(this.view, position, this.end);
    this.position = position;
    this.size = size;
    return size > 0;
  }

  /** Bytes after the last whole batch, once `next()` answered false. */
  get truncatedBytes(): number {
    return this.end - this.position - this.size;
  }

  /** The current batch as a view of its bytes. */
  batch(): Uint8Array {
    return this.bytes.subarray(this.position, this.position + this.size);
  }
}

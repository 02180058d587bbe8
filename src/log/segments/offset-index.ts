import { EntryFile } from './entry-file.ts';
import type { FilePool } from './file-pool.ts';

const ENTRY_BYTES = 8;

/**
 * Where in a segment the batches with some offsets lie (`.index`): relative offset int32 and position int32, both
 * growing. An entry names a batch by its last offset (Kafka's OffsetIndex).
 */
export class OffsetIndex {
  readonly #entries: EntryFile;
  readonly #baseOffset: number;

  constructor(pool: FilePool, path: string, baseOffset: number, isNew: boolean) {
    this.#entries = new EntryFile(pool, path, ENTRY_BYTES, isNew);
    this.#baseOffset = baseOffset;
  }

  get entries(): EntryFile {
    return this.#entries;
  }

  get count(): number {
    return this.#entries.count;
  }

  offsetAt(index: number): number {
    return this.#baseOffset + this.#entries.view.getInt32(index * ENTRY_BYTES);
  }

  positionAt(index: number): number {
    return this.#entries.view.getInt32(index * ENTRY_BYTES + 4);
  }

  append(lastOffset: number, position: number): void {
    const start = this.#entries.push();
    this.#entries.view.setInt32(start, lastOffset - this.#baseOffset);
    this.#entries.view.setInt32(start + 4, position);
  }

  /** Number of entries with an offset of at most `offset`. */
  countUpTo(offset: number): number {
    const relative = offset - this.#baseOffset;
    const { view } = this.#entries;
    let low = 0;
    let high = this.#entries.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (view.getInt32(middle * ENTRY_BYTES) <= relative) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A position at or before the batch that holds `offset`. */
  positionBefore(offset: number): number {
    const count = this.countUpTo(offset);
    return count === 0 ? 0 : this.positionAt(count - 1);
  }

  /** The offset of the first entry that points to `position` or behind it; Infinity when there is none. */
  offsetFrom(position: number): number {
    let low = 0;
    let high = this.#entries.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.positionAt(middle) < position) low = middle + 1;
      else high = middle;
    }
    return low === this.#entries.count ? Number.POSITIVE_INFINITY : this.offsetAt(low);
  }

  /** Keeps the entries whose offset is below `offset`. */
  truncateTo(offset: number): void {
    this.#entries.truncate(this.countUpTo(offset - 1));
  }

  /** Reads the file and drops what is no entry: the zeros of a file allocated ahead. False when the file is missing or wrong. */
  load(segmentBytes: number): boolean {
    if (!this.#entries.load()) return false;
    let valid = 0;
    let isSound = true;
    for (; valid < this.#entries.count; valid++) {
      const relative = this.#entries.view.getInt32(valid * ENTRY_BYTES);
      const position = this.positionAt(valid);
      const isEmpty = relative === 0 && position === 0 && valid > 0;
      if (isEmpty) break;
      const grows =
        valid === 0 ||
        (relative > this.#entries.view.getInt32((valid - 1) * ENTRY_BYTES) && position > this.positionAt(valid - 1));
      isSound = grows && relative >= 0 && position >= 0 && position < Math.max(segmentBytes, 1);
      if (!isSound) break;
    }
    if (isSound) isSound = this.#restIsZero(valid);
    if (isSound && valid === 1 && this.offsetAt(0) === this.#baseOffset && this.positionAt(0) === 0) {
      // Either an entry for a first batch of one record or a zero: as a pointer to the start both say nothing.
      valid = 0;
    }
    this.#entries.truncate(valid);
    return isSound;
  }

  #restIsZero(from: number): boolean {
    const { bytes, count } = this.#entries;
    for (let position = from * ENTRY_BYTES; position < count * ENTRY_BYTES; position++) {
      if (bytes[position] !== 0) return false;
    }
    return true;
  }
}

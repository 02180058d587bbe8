import { EntryFile } from './entry-file.ts';
import type { FilePool } from './file-pool.ts';

const ENTRY_BYTES = 12;
const HIGH = 0x1_0000_0000;

/**
 * The largest timestamp up to some offset (`.timeindex`): timestamp int64 and relative offset int32. Timestamps grow
 * strictly, so the last entry names the largest of its segment once that is closed (Kafka's TimeIndex).
 */
export class TimeIndex {
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

  timestampAt(index: number): number {
    const { view } = this.#entries;
    return view.getInt32(index * ENTRY_BYTES) * HIGH + view.getUint32(index * ENTRY_BYTES + 4);
  }

  offsetAt(index: number): number {
    return this.#baseOffset + this.#entries.view.getInt32(index * ENTRY_BYTES + 8);
  }

  /** Adds the entry unless the last one has as large a timestamp; a timestamp of -1 is none. */
  append(timestamp: number, offset: number): void {
    if (timestamp < 0) return;
    const last = this.#entries.count - 1;
    if (last >= 0 && timestamp <= this.timestampAt(last)) return;
    const start = this.#entries.push();
    const { view } = this.#entries;
    view.setInt32(start, Math.floor(timestamp / HIGH));
    view.setUint32(start + 4, timestamp >>> 0);
    view.setInt32(start + 8, offset - this.#baseOffset);
  }

  /** The offset of the last entry whose timestamp is below `timestamp`: a record at or after it lies behind. */
  offsetBefore(timestamp: number): number {
    let low = 0;
    let high = this.#entries.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timestampAt(middle) < timestamp) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.#baseOffset : this.offsetAt(low - 1);
  }

  /** Keeps the entries whose offset is below `offset`. */
  truncateTo(offset: number): void {
    let count = this.#entries.count;
    while (count > 0 && this.offsetAt(count - 1) >= offset) count--;
    this.#entries.truncate(count);
  }

  /** Reads the file and drops zeros at its end. False when the file is missing or its entries do not grow. */
  load(): boolean {
    if (!this.#entries.load()) return false;
    const { bytes } = this.#entries;
    let end = this.#entries.count * ENTRY_BYTES;
    while (end > 0 && bytes[end - 1] === 0) end--;
    let valid = Math.ceil(end / ENTRY_BYTES);
    for (let index = 0; index < valid; index++) {
      const grows =
        index === 0 ||
        (this.timestampAt(index) > this.timestampAt(index - 1) && this.offsetAt(index) >= this.offsetAt(index - 1));
      if (grows && this.timestampAt(index) >= 0 && this.offsetAt(index) >= this.#baseOffset) continue;
      valid = 0;
      this.#entries.truncate(0);
      return false;
    }
    this.#entries.truncate(valid);
    return true;
  }
}

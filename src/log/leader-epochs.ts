import { Malformed } from '../base/malformed.ts';
import type { Disk } from '../runtime/disk.ts';

const FILE_BYTES_MAX = 16 * 1024 * 1024;
const VERSION = '0';

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** The answer to "where does this epoch end"; both -1 when it cannot be told. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

export const UNKNOWN_EPOCH_END: EpochEnd = { epoch: -1, endOffset: -1 };

/**
 * At which offset each leader epoch began (`leader-epoch-checkpoint`, Kafka's LeaderEpochFileCache, KIP-101). Epochs
 * and offsets grow. What is above the recovery point is found again in the batches, so the file is written only
 * before the recovery point moves past a change, or batches are removed, not when an epoch begins.
 */
export class LeaderEpochs {
  readonly #disk: Disk;
  readonly #path: string;
  #entries: EpochStart[] = [];
  #isDirty = false;
  /** An epoch began that the file does not name. */
  #hasNewEpoch = false;
  #hasFile = false;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  get entries(): readonly EpochStart[] {
    return this.#entries;
  }

  /** -1 when the log knows none. */
  get latestEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Reads the file; false when it is missing or no such file: the epochs are then to be found in the batches. */
  load(): boolean {
    this.#hasFile = this.#disk.exists(this.#path);
    if (!this.#hasFile) return false;
    try {
      this.#entries = parse(this.#disk.readFile(this.#path, FILE_BYTES_MAX).toString('utf8'));
      return true;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return false;
    }
  }

  /** Notes that `epoch` begins at `startOffset`. An epoch that is known already changes nothing. */
  assign(epoch: number, startOffset: number): void {
    if (epoch < 0 || epoch <= this.latestEpoch) return;
    // An epoch that began here or later and wrote nothing below gives way (LeaderEpochFileCache.maybeTruncateNonMonotonicEntries).
    while (this.#entries.length > 0 && this.#entries.at(-1)!.startOffset >= startOffset) this.#entries.pop();
    this.#entries.push({ epoch, startOffset });
    this.#isDirty = true;
    this.#hasNewEpoch = true;
  }

  /** The epoch of the record at `offset`; -1 when not known. */
  epochOf(offset: number): number {
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      if (this.#entries[index]!.startOffset <= offset) return this.#entries[index]!.epoch;
    }
    return -1;
  }

  /**
   * The largest epoch up to `requested` and the offset after its last record (behaviour 53,
   * LeaderEpochFileCache.endOffsetFor).
   */
  endOffsetOf(requested: number, logEndOffset: number): EpochEnd {
    if (requested < 0) return UNKNOWN_EPOCH_END;
    if (requested === this.latestEpoch) return { epoch: requested, endOffset: logEndOffset };
    const next = this.#entries.findIndex(({ epoch }) => epoch > requested);
    if (next < 0) return UNKNOWN_EPOCH_END;
    const following = this.#entries[next]!;
    // Nothing is known of the requested epoch or an older one: it ended where the first known one starts.
    if (next === 0) return { epoch: requested, endOffset: following.startOffset };
    return { epoch: this.#entries[next - 1]!.epoch, endOffset: following.startOffset };
  }

  /** The log now ends at `endOffset`. */
  truncateFromEnd(endOffset: number): void {
    const kept = this.#entries.filter(({ startOffset }) => startOffset < endOffset);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#isDirty = true;
  }

  /** The log now starts at `startOffset`: the epoch it starts in begins there. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (first < 0 || (first === 0 && this.#entries[0]!.startOffset === startOffset)) return;
    this.#entries = [{ epoch: this.#entries[first]!.epoch, startOffset }, ...this.#entries.slice(first + 1)];
    this.#isDirty = true;
  }

  /** Knows from now on what another log of the same records knows. */
  replaceWith(entries: readonly EpochStart[]): void {
    this.#entries = [...entries];
    this.#isDirty = true;
    this.#hasNewEpoch = true;
  }

  clear(): void {
    this.#isDirty ||= this.#entries.length > 0;
    this.#entries = [];
  }

  /**
   * Writes the file when something changed: durably, where an older one could take its place after a crash. The first
   * one need not be: without it, or with part of it, the epochs are found in the batches.
   */
  persist(): void {
    if (!this.#isDirty) return;
    const lines = [VERSION, String(this.#entries.length)];
    for (const { epoch, startOffset } of this.#entries) lines.push(`${epoch} ${startOffset}`);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    if (this.#hasFile) this.#disk.replaceFile(this.#path, bytes);
    else this.#writeFirst(bytes);
    this.#hasFile = true;
    this.#isDirty = false;
    this.#hasNewEpoch = false;
  }

  /** Writes the file before batches go in which an epoch would be found again that it does not name. */
  persistNew(): void {
    if (this.#hasNewEpoch) this.persist();
  }

  #writeFirst(bytes: Uint8Array): void {
    const file = this.#disk.open(this.#path, 'create');
    try {
      // Its full length first: of a part the rest is zeros, which are no epochs.
      file.truncate(bytes.length);
      file.write(bytes, 0);
    } finally {
      file.close();
    }
  }
}

function parse(text: string): EpochStart[] {
  const lines = text.split('\n').filter((line) => line.length > 0);
  if (lines[0] !== VERSION) throw new Malformed(`leader-epoch-checkpoint of version ${lines[0]}`);
  const count = Number(lines[1]);
  const entries: EpochStart[] = [];
  for (const line of lines.slice(2)) {
    const match = /^(\d+) (\d+)$/.exec(line);
    if (match === null) throw new Malformed(`leader-epoch-checkpoint has the line "${line}"`);
    entries.push({ epoch: Number(match[1]), startOffset: Number(match[2]) });
  }
  if (entries.length !== count)
    throw new Malformed(`leader-epoch-checkpoint says ${count} epochs, has ${entries.length}`);
  return entries;
}

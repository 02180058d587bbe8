import { Malformed } from '../../base/malformed.ts';
import type { Disk } from '../../runtime/disk.ts';
import type { ProducerEntry } from './producer-entry.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts';
import { SNAPSHOT_SUFFIX, offsetFileName, offsetOfFile } from '../segments/segment-names.ts';

const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Kept besides those that belong to a segment. */
const LATEST_KEPT = 2;

/** The producer snapshots of a log (`<offset>.snapshot`): each says what was written below the offset it is named after. */
export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  #offsets: number[] = [];

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Offsets of the files, growing. */
  get offsets(): readonly number[] {
    return this.#offsets;
  }

  /** Takes in the names found in the directory. */
  found(names: readonly string[]): void {
    const offsets: number[] = [];
    for (const name of names) {
      const offset = offsetOfFile(name, SNAPSHOT_SUFFIX);
      if (offset !== undefined) offsets.push(offset);
    }
    this.#offsets = offsets.toSorted((left, right) => left - right);
  }

  /** The latest sound snapshot at or below `offset`. One that is damaged is removed: the log itself says the same. */
  latestUpTo(offset: number): { readonly offset: number; readonly entries: ProducerEntry[] } | undefined {
    for (let index = this.#offsets.length - 1; index >= 0; index--) {
      const candidate = this.#offsets[index]!;
      if (candidate > offset) continue;
      try {
        const bytes = this.#disk.readFile(this.#path(candidate), FILE_BYTES_MAX);
        return { offset: candidate, entries: decodeProducerSnapshot(bytes) };
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.#disk.remove(this.#path(candidate));
        this.#offsets.splice(index, 1);
      }
    }
    return undefined;
  }

  /**
   * Writes a snapshot. It need not be durable: one that a crash tears fails its sum, and an older one does.
   * @param segmentBases offsets whose snapshots are kept; of the others only the latest two are.
   */
  write(offset: number, entries: Iterable<ProducerEntry>, segmentBases: ReadonlySet<number>): void {
    if (this.#offsets.includes(offset)) return;
    const bytes = encodeProducerSnapshot(entries);
    const file = this.#disk.open(this.#path(offset), 'create');
    try {
      file.truncate(bytes.length);
      file.write(bytes, 0);
    } finally {
      file.close();
    }
    this.#offsets.push(offset);
    this.#prune(segmentBases);
  }

  /** Makes the one at `offset` durable: the batches that say the same are about to go. Throws DiskError. */
  makeDurable(offset: number): void {
    if (!this.#offsets.includes(offset)) return;
    const file = this.#disk.open(this.#path(offset), 'existing');
    try {
      file.syncNow();
    } finally {
      file.close();
    }
    this.#disk.syncDirectory(this.#directory);
  }

  /** Removes those above `offset`: the log was cut there. */
  removeAbove(offset: number): void {
    this.#removeWhere((candidate) => candidate > offset);
  }

  /** Removes those below `offset`, where the log now starts. */
  removeBelow(offset: number): void {
    const latest = this.#offsets.at(-1);
    this.#removeWhere((candidate) => candidate < offset && candidate !== latest);
  }

  #prune(segmentBases: ReadonlySet<number>): void {
    const latest = this.#offsets.slice(-LATEST_KEPT);
    this.#removeWhere((candidate) => !segmentBases.has(candidate) && !latest.includes(candidate));
  }

  #removeWhere(isUnwanted: (offset: number) => boolean): void {
    const kept: number[] = [];
    for (const offset of this.#offsets) {
      if (isUnwanted(offset)) this.#disk.remove(this.#path(offset));
      else kept.push(offset);
    }
    this.#offsets = kept;
  }

  #path(offset: number): string {
    return `${this.#directory}/${offsetFileName(offset, SNAPSHOT_SUFFIX)}`;
  }
}

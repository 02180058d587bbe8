import { lastOffset, maxTimestamp, nextOffset, baseOffset } from '../../records/batch.ts';
import type { Disk, DiskFile } from '../../runtime/disk.ts';
import type { FilePool, PooledFile } from './file-pool.ts';
import { LogDamage } from '../log-damage.ts';
import { OffsetIndex } from './offset-index.ts';
import { RecentBatches, type BatchPlace } from '../producers/recent-batches.ts';
import {
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SEGMENT_SUFFIXES,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
  offsetFileName,
} from './segment-names.ts';
import { SegmentScanner } from './segment-scanner.ts';
import { TimeIndex } from './time-index.ts';
import { TransactionIndex } from './transaction-index.ts';

const OFFSETS_PER_SEGMENT_MAX = 0x7fff_ffff;
/** A look for one batch reads little: an index entry lies at most a batch and an index interval before it. */
const SEEK_WINDOW_BYTES = 8 * 1024;
/** `index.interval.bytes` where no topic is at hand to ask: Kafka's default. */
const INDEX_INTERVAL_BYTES = 4096;
/** A larger segment has entries in its offset index. */
const UNINDEXED_BYTES_MAX = 4 * 1024 * 1024;

export interface SegmentOptions {
  readonly files: FilePool;
  readonly directory: string;
  readonly baseOffset: number;
  readonly size: number;
  readonly isNew: boolean;
  readonly createdMs: number;
  /** Put behind all its names: {@link CLEANED_SUFFIX} for one that a cleaning writes. */
  readonly suffix?: string;
}

/**
 * One file of a log with its indexes. `size` counts what is staged too; whoever reads the file writes first. Indexes
 * of closed segments are read at need and dropped again with {@link unload}.
 */
export class Segment {
  readonly baseOffset: number;
  readonly createdMs: number;
  readonly log: PooledFile;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly transactionIndex: TransactionIndex;
  size: number;
  /** False once everything in the file is on the device. */
  isDirty: boolean;
  /** Largest timestamp and the last offset of its batch; only kept exactly for the active segment. */
  maxTimestamp = -1;
  offsetOfMaxTimestamp = -1;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #suffix: string;
  #isIndexLoaded: boolean;
  readonly #recent = new RecentBatches();
  #bytesSinceEntry = 0;
  #firstTimestamp: number | undefined;

  constructor(options: SegmentOptions) {
    const { files, directory, baseOffset: base } = options;
    this.baseOffset = base;
    this.size = options.size;
    this.createdMs = options.createdMs;
    this.isDirty = options.isNew;
    this.#disk = files.disk;
    this.#directory = directory;
    this.#suffix = options.suffix ?? '';
    this.#isIndexLoaded = options.isNew;
    this.log = files.file(this.path(LOG_SUFFIX), options.isNew ? 'create' : 'existing');
    this.offsetIndex = new OffsetIndex(files, this.path(OFFSET_INDEX_SUFFIX), base, options.isNew);
    this.timeIndex = new TimeIndex(files, this.path(TIME_INDEX_SUFFIX), base, options.isNew);
    this.transactionIndex = new TransactionIndex(files.disk, this.path(TRANSACTION_INDEX_SUFFIX));
  }

  get isIndexLoaded(): boolean {
    return this.#isIndexLoaded;
  }

  /** Notes a batch that is put at the end of the segment (LogSegment.append). */
  noteBatch(view: DataView, at: number, size: number, indexIntervalBytes: number): void {
    const last = lastOffset(view, at);
    const timestamp = maxTimestamp(view, at);
    if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp;
      this.offsetOfMaxTimestamp = last;
    }
    if (this.size === 0) this.#firstTimestamp = timestamp;
    // Kafka allocates the file ahead, so that its tools find zeros where we have nothing: an entry for the first batch
    // is right in any reading and keeps the file from being empty.
    if (this.#bytesSinceEntry > indexIntervalBytes || this.size === 0) {
      this.offsetIndex.append(last, this.size);
      this.timeIndex.append(this.maxTimestamp, this.offsetOfMaxTimestamp);
      this.#bytesSinceEntry = 0;
    }
    this.#recent.note(baseOffset(view, at), last + 1, this.size, size);
    this.#bytesSinceEntry += size;
    this.size += size;
    this.isDirty = true;
  }

  /** Whether an offset up to `offset` can be written relative to the base. */
  canHold(offset: number): boolean {
    return offset - this.baseOffset <= OFFSETS_PER_SEGMENT_MAX;
  }

  /** Timestamp of the first batch, from which `segment.ms` counts; -1 when it has none or is not there yet. */
  firstTimestamp(): number {
    if (this.#firstTimestamp !== undefined) return this.#firstTimestamp;
    if (this.size === 0) return -1;
    const scanner = this.scan({ from: 0, to: this.size, checkCrc: false }, SEEK_WINDOW_BYTES);
    this.#firstTimestamp = scanner.next() ? maxTimestamp(scanner.view, scanner.at) : -1;
    return this.#firstTimestamp;
  }

  /** Largest timestamp of the segment; -1 when none of its records has one. */
  largestTimestamp(): number {
    if (this.maxTimestamp >= 0) return this.maxTimestamp;
    this.loadIndexes();
    const last = this.timeIndex.count - 1;
    if (last >= 0) {
      this.maxTimestamp = this.timeIndex.timestampAt(last);
      this.offsetOfMaxTimestamp = this.timeIndex.offsetAt(last);
    }
    return this.maxTimestamp;
  }

  /** Opens the file with the first read: a broker with thousands of logs finds most of them empty, or needs not look. */
  scan(range: { from: number; to: number; checkCrc: boolean }, windowBytes?: number): SegmentScanner {
    const { log } = this;
    const read: DiskFile['read'] = (target, start, length, position) => log.use().read(target, start, length, position);
    return new SegmentScanner({ read }, range, windowBytes);
  }

  /**
   * The batch that holds `offset`, or the next one behind a gap; undefined at the segment's end. A wrong index is made
   * anew; where the file itself is no chain of batches {@link LogDamage} is thrown.
   */
  find(offset: number): BatchPlace | undefined {
    return this.#find(offset, false);
  }

  #find(offset: number, isRetry: boolean): BatchPlace | undefined {
    const recent = this.#recent.find(offset);
    if (recent !== undefined) return recent;
    this.loadIndexes();
    const from = this.offsetIndex.positionBefore(offset);
    const scanner = this.scan({ from, to: this.size, checkCrc: false }, SEEK_WINDOW_BYTES);
    let isFirst = true;
    while (scanner.next()) {
      const base = baseOffset(scanner.view, scanner.at);
      const next = nextOffset(scanner.view, scanner.at);
      if (isFirst && from > 0 && base > offset && !isRetry) return this.#findWithNewIndex(offset);
      isFirst = false;
      if (next > offset)
        return { position: scanner.filePosition, size: scanner.size, baseOffset: base, nextOffset: next };
    }
    if (scanner.fault === undefined) return undefined;
    if (from > 0 && !isRetry) return this.#findWithNewIndex(offset);
    throw new LogDamage(this.log.path, scanner.position, scanner.fault);
  }

  /** Reads the indexes of a segment that was found on disk; makes those anew that are missing or wrong. */
  loadIndexes(): void {
    if (this.#isIndexLoaded) return;
    if (this.size === 0) {
      // Whatever there is of them says nothing.
      this.startOver();
      return;
    }
    const isSound = this.offsetIndex.load(this.size) && this.timeIndex.load();
    this.#isIndexLoaded = true;
    if (!isSound || this.#lacksEntries()) this.rebuildIndexes();
  }

  /** Whether an index is empty that cannot be: what a crash may leave of a file that was never synced. */
  #lacksEntries(): boolean {
    if (this.offsetIndex.count === 0 && this.size > UNINDEXED_BYTES_MAX) return true;
    return this.timeIndex.count === 0 && this.firstTimestamp() >= 0;
  }

  /**
   * Walks the file to make both indexes. They end where the file is no chain of batches: whoever looks behind that
   * place meets it there.
   */
  rebuildIndexes(indexIntervalBytes = INDEX_INTERVAL_BYTES): void {
    const { size, isDirty } = this;
    this.startOver();
    const scanner = this.scan({ from: 0, to: size, checkCrc: false });
    while (scanner.next()) this.noteBatch(scanner.view, scanner.at, scanner.size, indexIntervalBytes);
    this.size = size;
    this.isDirty = isDirty;
    this.closeTimeIndex();
    this.persistIndexes();
  }

  /** Forgets what is known of the content, as if the file were empty; the file stays. */
  startOver(): void {
    this.#isIndexLoaded = true;
    this.offsetIndex.entries.truncate(0);
    this.timeIndex.entries.truncate(0);
    this.maxTimestamp = -1;
    this.offsetOfMaxTimestamp = -1;
    this.#bytesSinceEntry = 0;
    this.#firstTimestamp = undefined;
    this.#recent.clear();
    this.size = 0;
  }

  /**
   * Goes back to the last batch that the index knows at or below `offset`, to walk on from there with
   * {@link noteBatch}. `size` is then the position to start at.
   */
  resumeBefore(offset: number): void {
    this.loadIndexes();
    const count = this.offsetIndex.countUpTo(offset);
    if (count <= 1) {
      this.startOver();
      return;
    }
    const indexed = this.offsetIndex.offsetAt(count - 1);
    this.size = this.offsetIndex.positionAt(count - 1);
    this.offsetIndex.truncateTo(indexed);
    this.timeIndex.truncateTo(indexed);
    this.maxTimestamp = -1;
    this.largestTimestamp();
    this.#bytesSinceEntry = Number.POSITIVE_INFINITY;
    this.#recent.clear();
  }

  /** Cuts everything from the batch at `position` on, which starts at `offset`. */
  truncateTo(offset: number, position: number): void {
    this.loadIndexes();
    this.offsetIndex.truncateTo(offset);
    this.timeIndex.truncateTo(offset);
    this.transactionIndex.truncateTo(offset);
    this.log.use().truncate(position);
    this.size = position;
    this.#recent.clear();
    this.maxTimestamp = -1;
    this.offsetOfMaxTimestamp = -1;
    if (position === 0) this.#firstTimestamp = undefined;
    this.largestTimestamp();
    this.isDirty = true;
  }

  /** The last entry of the time index names the largest timestamp, as Kafka writes it when it closes a segment. */
  closeTimeIndex(): void {
    this.timeIndex.append(this.maxTimestamp, this.offsetOfMaxTimestamp);
  }

  persistIndexes(): void {
    if (!this.#isIndexLoaded) return;
    this.offsetIndex.entries.persist();
    this.timeIndex.entries.persist();
    this.transactionIndex.persist();
  }

  /** Drops the indexes from memory. */
  unload(): void {
    if (!this.#isIndexLoaded) return;
    this.persistIndexes();
    this.#recent.clear();
    this.offsetIndex.entries.unload();
    this.timeIndex.entries.unload();
    this.#isIndexLoaded = false;
  }

  /** The files to make durable, kept open until the caller unpins them. */
  pinForSync(): { file: PooledFile; open: DiskFile } {
    return { file: this.log, open: this.log.pin() };
  }

  close(): void {
    this.log.close();
    this.offsetIndex.entries.file.close();
    this.timeIndex.entries.file.close();
  }

  /** Removes the files. Readers that hold one open may read on. */
  remove(): void {
    this.close();
    for (const suffix of SEGMENT_SUFFIXES) this.#disk.remove(this.path(suffix));
  }

  /** Where one of its files lies. */
  path(suffix: string): string {
    return `${this.#directory}/${offsetFileName(this.baseOffset, suffix)}${this.#suffix}`;
  }

  #findWithNewIndex(offset: number): BatchPlace | undefined {
    this.rebuildIndexes();
    return this.#find(offset, true);
  }
}

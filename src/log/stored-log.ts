import type { CleanedGroup } from './cleaning/cleaning-job.ts';
import { isNoSpace } from '../runtime/disk.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import { newSegment, restoreProducers } from './log-recovery.ts';
import type { LogShared } from './log-shared.ts';
import { LogSyncer } from './log-syncer.ts';
import type { ProducerState } from './producers/producer-state.ts';
import type { BatchPlace } from './producers/recent-batches.ts';
import type { SegmentList } from './segments/segment-list.ts';
import { SegmentSwap } from './segments/segment-swap.ts';
import type { Segment } from './segments/segment.ts';
import type { SnapshotFiles } from './producers/snapshot-files.ts';
import type { AbortedTransaction } from './segments/transaction-index.ts';

/** A producer snapshot is worth its write once this much was appended since the last: replaying so much takes 20 ms. */
const SNAPSHOT_EVERY_BYTES = 32 * 1024 * 1024;

/** A log without producers that is smaller has no snapshot when it is closed. */
const SNAPSHOT_LAST_BYTES = 256 * 1024;

export interface StoredLogOptions {
  readonly shared: LogShared;
  readonly directory: string;
  readonly segments: SegmentList;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  readonly snapshots: SnapshotFiles;
  /** Whether there may be names that were never synced. */
  readonly hasNewNames: boolean;
  /** Given when the directory was just made: makes its name durable. */
  readonly syncParent: (() => void) | undefined;
}

/** Where a log is going to be cut. */
export interface CutPlace {
  readonly segmentIndex: number;
  /** Undefined when the cut is at the segment's end. */
  readonly batch: BatchPlace | undefined;
  /** Where the log will end. */
  readonly endOffset: number;
}

/**
 * The files of one log: segments, producer snapshots and leader epochs, and the order in which they change so that a
 * crash between two steps leaves a log that opens. Every call may throw DiskError or LogDamage.
 */
export class StoredLog {
  readonly segments: SegmentList;
  readonly syncer: LogSyncer;
  readonly #options: StoredLogOptions;
  #bytesSinceSnapshot = 0;
  /** Begun, and not finished yet. */
  #swap: SegmentSwap | undefined;
  /** Of the active segment, as far as it is written. */
  #written = { baseOffset: -1, maxTimestamp: -1, offsetOfMaxTimestamp: -1 };

  constructor(options: StoredLogOptions) {
    this.#options = options;
    this.segments = options.segments;
    if (this.segments.count > 0) this.#noteWritten(this.segments.active);
    this.syncer = new LogSyncer(options);
  }

  /** Writes chunks to the end of the active segment, whose `size` counts them already. */
  write(chunks: readonly Uint8Array[], bytes: number): void {
    const { active } = this.segments;
    active.log.use().writeAll(chunks, active.size - bytes);
    // A sync that began since they were staged has not covered them.
    active.isDirty = true;
    this.#bytesSinceSnapshot += bytes;
    this.#noteWritten(active);
    if (active.offsetIndex.entries.fileExists) return;
    // Kafka's tools look for the index files of a segment; a partition that is never written to has none.
    active.persistIndexes();
    this.syncer.noteNewNames();
  }

  /**
   * Takes back the last `bytes` of the active segment, which could not be written: the log ends at `endOffset` again, and
   * nothing is known of them. Throws DiskError, LogDamage.
   */
  takeBack(bytes: number, endOffset: number): void {
    const { directory, epochs, producers, snapshots } = this.#options;
    const { active } = this.segments;
    active.truncateTo(endOffset, active.size - bytes);
    if (active.baseOffset === this.#written.baseOffset) {
      active.maxTimestamp = this.#written.maxTimestamp;
      active.offsetOfMaxTimestamp = this.#written.offsetOfMaxTimestamp;
    }
    const { latestEpoch } = epochs;
    epochs.truncateFromEnd(endOffset);
    // A leader's epoch begins where it could not write yet.
    epochs.assign(latestEpoch, endOffset);
    snapshots.removeAbove(endOffset);
    restoreProducers({ directory, snapshots, producers }, this.segments, endOffset);
  }

  /** Closes the active segment and starts a new one at `endOffset`. */
  roll(endOffset: number, nowMs: number): void {
    const { active } = this.segments;
    active.closeTimeIndex();
    active.persistIndexes();
    this.writeSnapshot(endOffset);
    this.#startSegment(endOffset, nowMs);
    this.#options.shared.indexUsed(active);
  }

  /**
   * Begins to put a cleaned segment in the place of those it was made of: {@link finishSwap} may follow once the names in the
   * directory are durable. Whatever cuts the log until then takes the beginning back.
   */
  beginSwap(group: CleanedGroup): SegmentSwap {
    const { shared, directory } = this.#options;
    const swap = new SegmentSwap({ shared, directory, segments: this.segments }, group);
    this.#swap = swap;
    swap.begin();
    this.syncer.noteNewNames();
    return swap;
  }

  /** Undefined when the swap was taken back; else the paths of files to be removed once the names are durable. */
  finishSwap(swap: SegmentSwap): string[] | undefined {
    if (this.#swap !== swap) return undefined;
    this.#swap = undefined;
    const removed = swap.finish();
    this.syncer.noteNewNames();
    return removed;
  }

  takeSwapBack(): void {
    const swap = this.#swap;
    this.#swap = undefined;
    swap?.takeBack();
  }

  removeOldest(count: number): void {
    const { epochs, producers, snapshots } = this.#options;
    // A full disk is no reason to keep what is to go.
    unlessFull(() => epochs.persistNew());
    // After power loss only the snapshot knows of transactions that began in what goes.
    if (producers.size > 0) snapshots.makeDurable(this.segments.at(count)!.baseOffset);
    for (const segment of this.segments.shift(count)) this.#remove(segment);
    snapshots.removeBelow(this.segments.first.baseOffset);
  }

  /** Where a log that shall end at `offset` is cut: before the batch that holds it. */
  cutPlace(offset: number): CutPlace {
    const segmentIndex = this.segments.indexOf(offset);
    const batch = this.segments.at(segmentIndex)!.find(offset);
    return { segmentIndex, batch, endOffset: batch === undefined ? offset : Math.min(batch.baseOffset, offset) };
  }

  cut({ segmentIndex, batch, endOffset }: CutPlace): void {
    const { shared, directory, epochs, producers, snapshots } = this.#options;
    this.takeSwapBack();
    // From the end, so that a crash in between leaves no gap.
    for (const later of this.segments.cut(segmentIndex + 1).toReversed()) this.#remove(later);
    // What is written next must not be found below a segment that came back.
    this.syncer.noteNewNames();
    const { active } = this.segments;
    shared.forgetIndex(active);
    if (batch !== undefined) active.truncateTo(endOffset, batch.position);
    epochs.truncateFromEnd(endOffset);
    snapshots.removeAbove(endOffset);
    restoreProducers({ directory, snapshots, producers }, this.segments, endOffset);
  }

  /** Drops everything and starts over at `offset`. */
  restartAt(offset: number, nowMs: number): void {
    this.takeSwapBack();
    for (const segment of this.segments.cut(0).toReversed()) this.#remove(segment);
    this.#startSegment(offset, nowMs);
    this.#options.epochs.clear();
    // No batch would tell that what the file names is gone.
    unlessFull(() => this.#options.epochs.persist());
    this.#options.producers.clear();
    this.#options.snapshots.removeAbove(-1);
  }

  /** Aborted transactions that overlap [`from`, `upper`), in the order of their ends (LocalLog.collectAbortedTransactions). */
  abortedTransactions(from: number, upper: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (let index = this.segments.indexOf(from); index < this.segments.count; index++) {
      for (const aborted of this.segments.at(index)!.transactionIndex.entries()) {
        if (aborted.lastOffset >= from && aborted.firstOffset < upper) found.push(aborted);
        if (aborted.lastStableOffset >= upper) return found;
      }
    }
    return found;
  }

  /** Writes what a restart wants to find besides the batches below `endOffset`. */
  persist(endOffset: number): void {
    for (const segment of this.segments.all) {
      if (segment.isDirty) segment.persistIndexes();
      // It may be behind although every record is on the device: those are synced more often than this is called.
      segment.transactionIndex.persist();
    }
    if (this.#bytesSinceSnapshot >= SNAPSHOT_EVERY_BYTES) this.writeSnapshot(endOffset);
    this.#options.epochs.persist();
  }

  writeSnapshot(endOffset: number): void {
    const bases = new Set(this.segments.all.map((segment) => segment.baseOffset));
    bases.add(endOffset);
    this.#options.snapshots.write(endOffset, this.#options.producers.entries(), bases);
    this.#bytesSinceSnapshot = 0;
  }

  /** As Kafka does when it closes a log; left out where the batches themselves are read as fast. */
  writeLastSnapshot(endOffset: number): void {
    if (endOffset === 0) return;
    if (this.#options.producers.size === 0 && this.segments.sizeBytes < SNAPSHOT_LAST_BYTES) return;
    this.writeSnapshot(endOffset);
  }

  /** Finishes the indexes of the active segment, as Kafka does when it closes a log. */
  finishIndexes(): void {
    const { active } = this.segments;
    if (!active.isIndexLoaded || active.size === 0) return;
    active.closeTimeIndex();
    active.persistIndexes();
  }

  close(): void {
    for (const segment of this.segments.all) {
      this.#options.shared.forgetIndex(segment);
      segment.close();
    }
  }

  #startSegment(baseOffset: number, nowMs: number): void {
    const { shared, directory } = this.#options;
    const segment = newSegment({ shared, directory, nowMs }, baseOffset);
    segment.log.use();
    this.segments.push(segment);
    this.syncer.noteNewNames();
  }

  #noteWritten({ baseOffset, maxTimestamp, offsetOfMaxTimestamp }: Segment): void {
    this.#written.baseOffset = baseOffset;
    this.#written.maxTimestamp = maxTimestamp;
    this.#written.offsetOfMaxTimestamp = offsetOfMaxTimestamp;
  }

  #remove(segment: Segment): void {
    this.#options.shared.forgetIndex(segment);
    segment.remove();
  }
}

/** What can wait until there is space: it is written with the next checkpoint. */
function unlessFull(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isNoSpace(error)) throw error;
  }
}

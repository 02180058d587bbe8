import { openRecords } from '../../records/batch-records.ts';
import { baseOffset, isControl, nextOffset } from '../../records/batch.ts';
import type { Disk } from '../../runtime/disk.ts';
import { BatchCleaner } from './batch-cleaner.ts';
import { CleanedSegment } from './cleaned-segment.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import type { CleaningJob, CleaningOutcome, CleaningStep } from './cleaning-job.ts';
import { FilePool } from '../segments/file-pool.ts';
import { LogDamage } from '../log-damage.ts';
import { OffsetIndex } from '../segments/offset-index.ts';
import { OffsetMap } from './offset-map.ts';
import { groupSegments, type ClosedSegment } from './segment-groups.ts';
import { LOG_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, offsetFileName } from '../segments/segment-names.ts';
import { SegmentScanner } from '../segments/segment-scanner.ts';
import type { AbortedTransaction } from '../segments/transaction-index.ts';

const FILES_OPEN_MAX = 8;
/** Between two pauses: about a millisecond's work. */
const STEP_BYTES = 128 * 1024;

type Steps<Result> = Generator<CleaningStep, Result, void>;

/**
 * Cleans a log as Kafka's Cleaner does: reads the dirty part to learn the latest offset of each key, then writes every
 * segment up to its end anew with what stays. It reads files that do not change any more and writes new ones, so it may
 * run in another thread; the caller puts the new ones in place, and may let go at any pause. Throws DiskError, LogDamage,
 * Malformed.
 */
export function* cleanLog(job: CleaningJob, disk: Disk): Steps<CleaningOutcome> {
  const cleaning = new Cleaning(job, disk);
  yield* cleaning.learn();
  yield* cleaning.rewrite();
  return cleaning.outcome();
}

class Cleaning {
  readonly #job: CleaningJob;
  readonly #files: FilePool;
  readonly #map: OffsetMap;
  #bytesRead = 0;
  #bytesWritten = 0;
  #bytesSincePause = 0;
  #keylessDropped = 0;

  constructor(job: CleaningJob, disk: Disk) {
    this.#job = job;
    this.#files = new FilePool(disk, FILES_OPEN_MAX);
    this.#map = new OffsetMap({
      bytesMax: job.mapBytesMax,
      keysMax: job.firstUncleanableOffset - job.firstDirtyOffset,
      loadFactor: job.mapLoadFactor,
    });
  }

  outcome(): CleaningOutcome {
    return {
      endOffset: this.#map.latestOffset + 1,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      keys: this.#map.size,
      keylessDropped: this.#keylessDropped,
    };
  }

  /** Fills the map from the dirty part, as far as it goes (Cleaner.buildOffsetMap). */
  *learn(): Steps<void> {
    const { segments, firstDirtyOffset, firstUncleanableOffset, aborted } = this.#job;
    const transactions = new CleanedTransactions(aborted, () => {});
    for (const [index, segment] of segments.entries()) {
      const endOffset = segments[index + 1]?.baseOffset ?? firstUncleanableOffset;
      if (endOffset <= firstDirtyOffset) continue;
      if (!(yield* this.#learnSegment(segment, transactions))) return;
      // Nothing is left between the last batch and the next segment.
      this.#map.latestOffset = Math.max(this.#map.latestOffset, endOffset - 1);
    }
  }

  /** Writes the segments up to the end of the map anew. */
  *rewrite(): Steps<void> {
    const { segments, firstUncleanableOffset, segmentBytes, segmentIndexBytes } = this.#job;
    const retained: AbortedTransaction[] = [];
    const rules = {
      ...this.#job,
      map: this.#map,
      transactions: new CleanedTransactions(this.#job.aborted, (transaction) => retained.push(transaction)),
      upperOffset: firstUncleanableOffset,
    };
    const cleaner = new BatchCleaner(rules);
    const below = segments.filter(({ baseOffset: base }) => base <= this.#map.latestOffset);
    const limits = {
      segmentBytesMax: segmentBytes,
      indexBytesMax: segmentIndexBytes,
      endOffset: segments[below.length]?.baseOffset ?? firstUncleanableOffset,
    };
    for (const group of groupSegments(below, this.#indexSizes(), limits)) {
      retained.length = 0;
      const { baseOffset: base } = group[0]!;
      const { createdMs } = group.at(-1)!;
      const cleaned = new CleanedSegment(this.#files, { ...this.#job, baseOffset: base, createdMs });
      try {
        for (const segment of group) yield* this.#rewriteSegment(segment, cleaner, cleaned);
        for (const transaction of retained) cleaned.segment.transactionIndex.append(transaction);
        cleaned.finish(this.#job.directory);
      } finally {
        cleaned.segment.close();
      }
      const { size } = cleaned.segment;
      yield { kind: 'cleaned', group: { replaced: group, cleaned: { baseOffset: base, size, createdMs } } };
    }
    this.#keylessDropped = cleaner.keyless;
  }

  /** False when the map is full. */
  *#learnSegment(segment: ClosedSegment, transactions: CleanedTransactions): Steps<boolean> {
    const { firstDirtyOffset } = this.#job;
    const from = segment.baseOffset < firstDirtyOffset ? this.#positionOf(segment, firstDirtyOffset) : 0;
    return yield* this.#eachBatch(segment, from, (batch, view) => {
      if (transactions.mayDiscard(batch, view) || isControl(view, 0)) return true;
      return this.#learnBatch(batch, view);
    });
  }

  #learnBatch(batch: Uint8Array, view: DataView): boolean {
    if (nextOffset(view, 0) <= this.#job.firstDirtyOffset) return true;
    const first = baseOffset(view, 0);
    const cursor = openRecords(batch, view, 0);
    while (cursor.next()) {
      const offset = first + cursor.offsetDelta;
      if (cursor.keyLength < 0 || offset < this.#job.firstDirtyOffset) continue;
      if (!this.#map.put(cursor.bytes, cursor.keyStart, cursor.keyLength, offset)) return false;
    }
    return true;
  }

  *#rewriteSegment(segment: ClosedSegment, cleaner: BatchCleaner, cleaned: CleanedSegment): Steps<void> {
    yield* this.#eachBatch(segment, 0, (batch, view) => {
      const stays = cleaner.clean(batch, view);
      if (stays === undefined) return true;
      cleaned.append(stays);
      this.#bytesWritten += stays.length;
      this.#bytesSincePause += stays.length;
      return true;
    });
  }

  /**
   * Shows `visit` every batch from the position on, until it answers false. Each is summed first: what is damaged must
   * not come out with a new sum that is right.
   */
  *#eachBatch(
    segment: ClosedSegment,
    from: number,
    visit: (batch: Uint8Array, view: DataView) => boolean,
  ): Steps<boolean> {
    const file = this.#files.file(this.#path(segment, LOG_SUFFIX), 'existing');
    const open = file.pin();
    try {
      const scanner = new SegmentScanner(open, { from, to: segment.size, checkCrc: true });
      while (scanner.next()) {
        const batch = scanner.batch();
        if (!visit(batch, new DataView(batch.buffer, batch.byteOffset, batch.length))) return false;
        this.#bytesRead += batch.length;
        this.#bytesSincePause += batch.length;
        if (this.#bytesSincePause < STEP_BYTES) continue;
        const bytes = this.#bytesSincePause;
        this.#bytesSincePause = 0;
        yield { kind: 'worked', bytes };
      }
      if (scanner.fault !== undefined) throw new LogDamage(file.path, scanner.position, scanner.fault);
      return true;
    } finally {
      file.unpin();
      file.close();
    }
  }

  /** A place at or before the batch of `offset`. */
  #positionOf(segment: ClosedSegment, offset: number): number {
    const index = new OffsetIndex(this.#files, this.#path(segment, OFFSET_INDEX_SUFFIX), segment.baseOffset, false);
    const position = index.load(segment.size) ? index.positionBefore(offset) : 0;
    index.entries.unload();
    return position;
  }

  #indexSizes(): (segment: ClosedSegment) => { offsetIndex: number; timeIndex: number } {
    const sizes = new Map(this.#files.disk.list(this.#job.directory).map(({ name, size }) => [name, size]));
    const sizeOf = (base: number, suffix: string): number => sizes.get(offsetFileName(base, suffix)) ?? 0;
    return ({ baseOffset: base }) => ({
      offsetIndex: sizeOf(base, OFFSET_INDEX_SUFFIX),
      timeIndex: sizeOf(base, TIME_INDEX_SUFFIX),
    });
  }

  #path(segment: ClosedSegment, suffix: string): string {
    return `${this.#job.directory}/${offsetFileName(segment.baseOffset, suffix)}`;
  }
}

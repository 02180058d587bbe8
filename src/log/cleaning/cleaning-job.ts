import type { ProducerEnd } from './batch-cleaner.ts';
import type { ClosedSegment } from './segment-groups.ts';
import type { AbortedTransaction } from '../segments/transaction-index.ts';

/** One cleaning of one log: plain data, for it may be done in another thread. */
export interface CleaningJob {
  readonly directory: string;
  /** All closed segments below {@link firstUncleanableOffset}, in order. */
  readonly segments: readonly ClosedSegment[];
  readonly firstDirtyOffset: number;
  readonly firstUncleanableOffset: number;
  /** Those that overlap the segments. */
  readonly aborted: readonly AbortedTransaction[];
  readonly producers: readonly ProducerEnd[];
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly mapBytesMax: number;
  readonly mapLoadFactor: number;
  readonly bytesPerSecondMax: number;
}

/** A segment under names ending in `.cleaned`, on the device, that is to take the place of others. */
export interface CleanedGroup {
  readonly replaced: readonly ClosedSegment[];
  readonly cleaned: ClosedSegment;
}

/** What a cleaning did. */
export interface CleaningOutcome {
  /** Up to here the log is clean: below what was asked for when the memory for keys did not suffice. */
  readonly endOffset: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly keys: number;
  readonly keylessDropped: number;
}

/** Where a cleaning may pause, and what it wants done. */
export type CleaningStep =
  /** Bytes were read or written; it may go on at any time. */
  | { readonly kind: 'worked'; readonly bytes: number }
  /** It may go on once the segment is in its place. */
  | { readonly kind: 'cleaned'; readonly group: CleanedGroup };

import type { LogConfig } from '../log-config.ts';
import type { SegmentList } from '../segments/segment-list.ts';
import type { Segment } from '../segments/segment.ts';

/** A log as far as it matters to what of it may be cleaned. */
export interface CleanableInput {
  readonly segments: SegmentList;
  readonly config: LogConfig;
  readonly nowMs: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  /** Never above the high watermark. */
  readonly lastStableOffset: number;
  readonly recoveryPoint: number;
  /** Where the last cleaning ended; undefined when there was none. */
  readonly cleanedTo: number | undefined;
}

/** How much of a log is waiting to be cleaned (Kafka's LogToClean). */
export interface Dirtiness {
  readonly firstDirtyOffset: number;
  /** The base of the first segment that stays as it is. */
  readonly firstUncleanableOffset: number;
  readonly cleanBytes: number;
  readonly cleanableBytes: number;
  /** A record has waited for longer than `max.compaction.lag.ms`. */
  readonly isOverdue: boolean;
}

/**
 * Works out what of a log may be cleaned (LogCleanerManager.cleanableOffsets): not the active segment, nothing at or above
 * the last stable offset, and no segment with a record younger than `min.compaction.lag.ms`. Nothing above the recovery
 * point either, which Kafka does not ask for: gaps above it would look like lost segments after a crash.
 */
export function dirtinessOf(input: CleanableInput): Dirtiness {
  const { segments, config, nowMs, lastStableOffset, recoveryPoint } = input;
  const firstDirtyOffset = firstDirty(input);
  let end = Math.min(lastStableOffset, recoveryPoint, segments.active.baseOffset);
  const dirty = closedFrom(segments, firstDirtyOffset);
  if (config.minCompactionLagMs > 0) {
    const young = dirty.find((segment) => segment.largestTimestamp() > nowMs - config.minCompactionLagMs);
    if (young !== undefined) end = Math.min(end, young.baseOffset);
  }
  const firstUncleanable = segments.at(segments.indexOf(Math.max(end, firstDirtyOffset)))!.baseOffset;
  let cleanBytes = 0;
  let cleanableBytes = 0;
  const dirtyFrom = segments.indexOf(Math.min(firstDirtyOffset, firstUncleanable));
  for (const [index, segment] of segments.all.entries()) {
    if (segment.baseOffset >= firstUncleanable) break;
    if (index < dirtyFrom) cleanBytes += segment.size;
    else cleanableBytes += segment.size;
  }
  return {
    firstDirtyOffset,
    firstUncleanableOffset: firstUncleanable,
    cleanBytes,
    cleanableBytes,
    isOverdue: isOverdue(dirty, config, nowMs),
  };
}

/** Share of the log that is dirty; 0 for an empty one. */
export function dirtyRatio({ cleanBytes, cleanableBytes }: Dirtiness): number {
  const total = cleanBytes + cleanableBytes;
  return total === 0 ? 0 : cleanableBytes / total;
}

/** Whether a log is dirty enough, or a record has waited for too long. */
export function isWorthCleaning(dirtiness: Dirtiness, config: LogConfig): boolean {
  if (dirtiness.cleanableBytes === 0) return false;
  return dirtiness.isOverdue || dirtyRatio(dirtiness) > config.minCleanableDirtyRatio;
}

function firstDirty({ cleanedTo, logStartOffset, logEndOffset }: CleanableInput): number {
  if (cleanedTo === undefined || cleanedTo < logStartOffset || cleanedTo > logEndOffset) return logStartOffset;
  return cleanedTo;
}

/** From the segment that holds `offset` on, without the active one. */
function closedFrom(segments: SegmentList, offset: number): readonly Segment[] {
  if (offset > segments.active.baseOffset) return [];
  return segments.all.slice(segments.indexOf(offset), -1);
}

function isOverdue(dirty: readonly Segment[], config: LogConfig, nowMs: number): boolean {
  const oldestAllowed = nowMs - config.maxCompactionLagMs;
  if (oldestAllowed <= 0) return false;
  return dirty.some((segment) => {
    const first = segment.firstTimestamp();
    return first > 0 && first < oldestAllowed;
  });
}

import { javaHashCode } from '../base/java-hash.ts';
import type { LogConfig } from './log-config.ts';
import type { SegmentList } from './segments/segment-list.ts';
import type { Segment } from './segments/segment.ts';

const INDEX_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;

/** A batch about to be written, as far as rolling goes. */
export interface NextBatch {
  readonly size: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly nowMs: number;
}

/**
 * Whether `batch` has to go to a new segment: this one would grow too large, is too old by the timestamps of its
 * records, has a full index, or could not name the offset (behaviour 96, LogSegment.shouldRoll).
 */
export function needsRoll(segment: Segment, batch: NextBatch, config: LogConfig): boolean {
  if (segment.size === 0) return false;
  if (segment.size + batch.size > config.segmentBytes) return true;
  if (!segment.canHold(batch.lastOffset)) return true;
  if (segment.offsetIndex.count >= Math.floor(config.segmentIndexBytes / INDEX_ENTRY_BYTES)) return true;
  if (segment.timeIndex.count >= Math.floor(config.segmentIndexBytes / TIME_ENTRY_BYTES) - 1) return true;
  return ageMs(segment, batch) > segmentMsMax(config) - rollJitterMs(segment, config);
}

/** A compacted log rolls early enough that `max.compaction.lag.ms` can be kept (LogConfig.maxSegmentMs). */
function segmentMsMax({ cleanupPolicy, maxCompactionLagMs, segmentMs }: LogConfig): number {
  return cleanupPolicy.compact && maxCompactionLagMs > 0 ? Math.min(maxCompactionLagMs, segmentMs) : segmentMs;
}

function ageMs(segment: Segment, { maxTimestamp, nowMs }: NextBatch): number {
  const first = segment.firstTimestamp();
  return first >= 0 ? maxTimestamp - first : nowMs - segment.createdMs;
}

/** Spreads the rolling of many logs; a fixed number per segment, so that it needs no memory. */
function rollJitterMs(segment: Segment, { segmentJitterMs, segmentMs }: LogConfig): number {
  if (segmentJitterMs <= 0) return 0;
  return Math.abs(javaHashCode(segment.log.path)) % Math.min(segmentJitterMs, segmentMs);
}

export interface RetentionInput {
  readonly config: LogConfig;
  readonly nowMs: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  readonly logStartOffset: number;
}

/**
 * How many of the oldest segments are to go (behaviour 95): wholly below the log's start, or, where the topic deletes,
 * too old by their LARGEST timestamp or too much in size; never above the high watermark. May count the active one.
 */
export function deletableByRetention(segments: SegmentList, input: RetentionInput): number {
  const { config, nowMs, highWatermark, logEndOffset, logStartOffset } = input;
  let excess = config.retentionBytes < 0 ? -1 : segments.sizeBytes - config.retentionBytes;
  let count = 0;
  for (const segment of segments.all) {
    const following = segments.at(count + 1);
    const endOffset = following?.baseOffset ?? logEndOffset;
    if (endOffset > highWatermark || (following === undefined && segment.size === 0)) break;
    const isBelowStart = following !== undefined && endOffset <= logStartOffset;
    const isTooMuch = config.cleanupPolicy.delete && excess >= segment.size;
    if (!isBelowStart && !isTooMuch && !isTooOld(segment, config, nowMs)) break;
    excess -= segment.size;
    count++;
  }
  return count;
}

function isTooOld(segment: Segment, config: LogConfig, nowMs: number): boolean {
  if (!config.cleanupPolicy.delete || config.retentionMs < 0) return false;
  const largest = segment.largestTimestamp();
  return nowMs - (largest >= 0 ? largest : segment.createdMs) > config.retentionMs;
}

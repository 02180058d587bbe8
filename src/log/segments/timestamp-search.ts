import { openRecords, recordTimestamp } from '../../records/batch-records.ts';
import { baseOffset, maxTimestamp, nextOffset, partitionLeaderEpoch } from '../../records/batch.ts';
import { LogDamage } from '../log-damage.ts';
import type { LogShared } from '../log-shared.ts';
import type { SegmentList } from './segment-list.ts';
import type { Segment } from './segment.ts';
import type { SegmentScanner } from './segment-scanner.ts';

/** A record found by its timestamp. */
export interface TimestampHit {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

interface RecordWish {
  readonly timestampMin: number;
  readonly offsetMin: number;
}

/** The first record at or above `offsetMin` whose timestamp is at least `timestampMin`. Throws LogDamage. */
export function findByTimestamp(segments: SegmentList, shared: LogShared, wish: RecordWish): TimestampHit | undefined {
  for (const segment of segments.all) {
    if (segment.largestTimestamp() < wish.timestampMin) continue;
    const hit = findInSegment(segment, wish);
    if (segment !== segments.active) shared.indexUsed(segment);
    if (hit !== undefined) return hit;
  }
  return undefined;
}

/** The first record of the largest timestamp in the log; undefined when no record has one. Throws LogDamage. */
export function findLargestTimestamp(
  segments: SegmentList,
  shared: LogShared,
  offsetMin: number,
): TimestampHit | undefined {
  let largest: Segment | undefined;
  for (const segment of segments.all) {
    if (largest === undefined || segment.largestTimestamp() > largest.largestTimestamp()) largest = segment;
  }
  if (largest === undefined || largest.largestTimestamp() < 0) return undefined;
  if (largest !== segments.active) shared.indexUsed(largest);
  return findInSegment(largest, { timestampMin: largest.largestTimestamp(), offsetMin });
}

function findInSegment(segment: Segment, wish: RecordWish): TimestampHit | undefined {
  segment.loadIndexes();
  const from = Math.max(segment.timeIndex.offsetBefore(wish.timestampMin), wish.offsetMin);
  const first = segment.find(from);
  if (first === undefined) return undefined;
  const scanner = segment.scan({ from: first.position, to: segment.size, checkCrc: false });
  while (scanner.next()) {
    if (maxTimestamp(scanner.view, scanner.at) < wish.timestampMin) continue;
    if (nextOffset(scanner.view, scanner.at) <= wish.offsetMin) continue;
    const hit = findInBatch(scanner, wish);
    if (hit !== undefined) return hit;
  }
  if (scanner.fault !== undefined) throw new LogDamage(segment.log.path, scanner.position, scanner.fault);
  return undefined;
}

function findInBatch(scanner: SegmentScanner, wish: RecordWish): TimestampHit | undefined {
  if (!scanner.loadBody()) return undefined;
  const bytes = scanner.batch();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const cursor = openRecords(bytes, view, 0);
  while (cursor.next()) {
    const offset = baseOffset(view, 0) + cursor.offsetDelta;
    const timestamp = recordTimestamp(view, 0, cursor);
    if (offset < wish.offsetMin || timestamp < wish.timestampMin) continue;
    return { offset, timestamp, leaderEpoch: partitionLeaderEpoch(view, 0) };
  }
  return undefined;
}

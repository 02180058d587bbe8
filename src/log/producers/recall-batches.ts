import { baseOffset, baseSequence, hasProducerId, isControl, producerEpoch, producerId } from '../../records/batch.ts';
import { producerBatchOf } from './batch-replay.ts';
import { LogDamage } from '../log-damage.ts';
import { BATCHES_REMEMBERED, type ProducerEntry, type WrittenBatch } from './producer-entry.ts';
import type { BatchPlace } from './recent-batches.ts';
import type { SegmentList } from '../segments/segment-list.ts';
import type { Segment } from '../segments/segment.ts';

/** Enough batches for some hundred producers that write by turns. */
const BATCHES_WANTED = 512;
/** Records before the snapshot that are looked at first; while they are too few batches, so many times more. */
const RECORDS_FIRST = 512;
const RECORDS_GROWTH = 8;
/** More than what a producer has under way, also of very small records. */
const RECORDS_MAX = RECORDS_FIRST * RECORDS_GROWTH ** 4;
/**
 * A log to which nothing was written for so long gets nothing again: clients give a batch up after two minutes, unless they are told
 * otherwise. Timestamps of records do not tell: producers may set any.
 */
export const RECALLED_FOR_MS = 600_000;

interface Recalled {
  readonly entry: ProducerEntry;
  readonly batches: WrittenBatch[];
}

/**
 * A snapshot holds only the last batch of each producer (Kafka's format). Those before it may be sent again as well, and must be
 * known then: they are read from the log.
 *
 * @param offset where the snapshot was taken.
 */
export function recallBatches(segments: SegmentList, entries: readonly ProducerEntry[], offset: number): void {
  const start = segments.first.baseOffset;
  for (let records = RECORDS_FIRST; records <= RECORDS_MAX; records *= RECORDS_GROWTH) {
    const from = Math.max(start, offset - records);
    const wanted = new Map<number, Recalled>();
    for (const entry of entries) {
      if (entry.lastSequence >= 0 && entry.lastOffset >= from) wanted.set(entry.producerId, { entry, batches: [] });
    }
    const seen = recallFrom(segments, wanted, from, offset);
    for (const { entry, batches } of wanted.values()) entry.recall(batches);
    if (seen >= BATCHES_WANTED || from === start) return;
  }
}

/** Collects batches of some producers in [`from`, `to`); answers how many there were of anyone. */
function recallFrom(segments: SegmentList, wanted: ReadonlyMap<number, Recalled>, from: number, to: number): number {
  let seen = 0;
  for (let index = segments.indexOf(from); index < segments.count; index++) {
    const segment = segments.at(index)!;
    if (segment.baseOffset >= to) break;
    const first = findIn(segment, from);
    if (first === undefined) continue;
    const scanner = segment.scan({ from: first.position, to: segment.size, checkCrc: false });
    while (scanner.next() && baseOffset(scanner.view, scanner.at) < to) {
      const { view, at } = scanner;
      seen++;
      if (!hasProducerId(view, at) || isControl(view, at) || baseSequence(view, at) < 0) continue;
      const found = wanted.get(producerId(view, at));
      if (found === undefined || found.entry.epoch !== producerEpoch(view, at)) continue;
      const { lastSequence, offset, offsetDelta, timestamp } = producerBatchOf(view, at);
      found.batches.push({ lastSequence, lastOffset: offset + offsetDelta, offsetDelta, timestamp });
      if (found.batches.length > BATCHES_REMEMBERED) found.batches.shift();
    }
  }
  return seen;
}

/** Damage is met again, and dealt with, where the place matters. */
function findIn(segment: Segment, offset: number): BatchPlace | undefined {
  try {
    return segment.find(offset);
  } catch (error) {
    if (error instanceof LogDamage) return undefined;
    throw error;
  }
}

import { baseOffset, baseSequence, hasProducerId, isControl, producerEpoch, producerId } from '../../records/batch.ts';
import { producerBatchOf } from './batch-replay.ts';
import { LogDamage } from '../log-damage.ts';
import { BATCHES_REMEMBERED, type ProducerEntry, type WrittenBatch } from './producer-entry.ts';
import type { BatchPlace } from './recent-batches.ts';
import type { SegmentList } from '../segments/segment-list.ts';
import type { Segment } from '../segments/segment.ts';

/** Records before the snapshot that are looked at. */
const RECORDS_MAX = 4096;
/** Who wrote nothing for so long sends nothing again: clients give a batch up after two minutes, unless they are told otherwise. */
export const RECALL_MS = 600_000;

/**
 * A snapshot holds only the last batch of each producer (Kafka's format). Those before it may be sent again as well, and must be
 * known then: they are read from the log, for producers that were active since `sinceMs`.
 *
 * @param offset where the snapshot was taken.
 */
export function recallBatches(
  segments: SegmentList,
  entries: readonly ProducerEntry[],
  offset: number,
  sinceMs: number,
): void {
  const wanted = new Map<number, { readonly entry: ProducerEntry; readonly earlier: WrittenBatch[] }>();
  for (const entry of entries) {
    const mayBeRepeated = entry.lastTimestamp >= sinceMs && entry.lastSequence >= 0;
    if (mayBeRepeated) wanted.set(entry.producerId, { entry, earlier: [] });
  }
  if (wanted.size === 0) return;
  const from = Math.max(segments.first.baseOffset, offset - RECORDS_MAX);
  for (let index = segments.indexOf(from); index < segments.count; index++) {
    const segment = segments.at(index)!;
    if (segment.baseOffset >= offset) break;
    const first = findIn(segment, from);
    if (first === undefined) continue;
    const scanner = segment.scan({ from: first.position, to: segment.size, checkCrc: false });
    while (scanner.next() && baseOffset(scanner.view, scanner.at) < offset) {
      const { view, at } = scanner;
      if (!hasProducerId(view, at) || isControl(view, at) || baseSequence(view, at) < 0) continue;
      const found = wanted.get(producerId(view, at));
      if (found === undefined || found.entry.epoch !== producerEpoch(view, at)) continue;
      const { lastSequence, offset: firstOffset, offsetDelta, timestamp } = producerBatchOf(view, at);
      found.earlier.push({ lastSequence, lastOffset: firstOffset + offsetDelta, offsetDelta, timestamp });
      if (found.earlier.length > BATCHES_REMEMBERED) found.earlier.shift();
    }
  }
  for (const { entry, earlier } of wanted.values()) entry.recall(earlier);
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

import { isControl } from '../../records/batch.ts';
import { appended, refusedAppend, type AppendContext, type AppendResult } from '../append-result.ts';
import { producerBatchOf, producerMarkerOf } from './batch-replay.ts';
import type { ProducerRefusal, ProducerState } from './producer-state.ts';
import type { Segment } from '../segments/segment.ts';

/** A batch with a producer id whose offsets are set. */
export interface PlacedBatch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The answer to a batch that its producer's state does not let in; undefined when it may be appended. */
export function checkProducer(
  producers: ProducerState,
  { bytes, view }: PlacedBatch,
  context: AppendContext,
  logStartOffset: number,
): AppendResult | undefined {
  const refusal = refusalOf(producers, { bytes, view }, context);
  if (refusal === undefined) return undefined;
  if (refusal.kind === 'error') return refusedAppend(refusal.error, { detail: refusal.message }, logStartOffset);
  const { lastOffset, offsetDelta, timestamp } = refusal.batch;
  return appended(
    { firstOffset: lastOffset - offsetDelta, lastOffset, logAppendTimeMs: timestamp, logStartOffset },
    true,
  );
}

function refusalOf(
  producers: ProducerState,
  { bytes, view }: PlacedBatch,
  context: AppendContext,
): ProducerRefusal | undefined {
  if (isControl(view, 0)) {
    const marker = producerMarkerOf(bytes, view, 0);
    return marker === undefined ? undefined : producers.checkMarker(marker, context.transactionVersion ?? 0);
  }
  return producers.checkBatch(producerBatchOf(view, 0), context);
}

/** Takes an appended batch into the producers' state; an aborted transaction that it ends goes to the segment's index. */
export function applyProducer(producers: ProducerState, { bytes, view }: PlacedBatch, segment: Segment): void {
  if (!isControl(view, 0)) {
    producers.applyBatch(producerBatchOf(view, 0));
    return;
  }
  const marker = producerMarkerOf(bytes, view, 0);
  const aborted = marker === undefined ? undefined : producers.applyMarker(marker);
  if (aborted !== undefined) segment.transactionIndex.append(aborted);
}

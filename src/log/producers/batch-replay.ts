import { Malformed } from '../../base/malformed.ts';
import { openRecords } from '../../records/batch-records.ts';
import {
  baseOffset,
  baseSequence,
  hasProducerId,
  isControl,
  isTransactional,
  lastOffsetDelta,
  lastSequence,
  maxTimestamp,
  nextOffset,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
} from '../../records/batch.ts';
import { ControlType, readEndTxnMarker } from '../../records/control-records.ts';
import type { LeaderEpochs } from '../leader-epochs.ts';
import { LogDamage } from '../log-damage.ts';
import type { ProducerBatch, ProducerMarker, ProducerState } from './producer-state.ts';
import type { SegmentScanner } from '../segments/segment-scanner.ts';
import type { SegmentList } from '../segments/segment-list.ts';
import type { AbortedTransaction } from '../segments/transaction-index.ts';

/** The producer's part of a batch. */
export function producerBatchOf(view: DataView, at: number): ProducerBatch {
  return {
    producerId: producerId(view, at),
    epoch: producerEpoch(view, at),
    firstSequence: baseSequence(view, at),
    lastSequence: lastSequence(view, at),
    offsetDelta: lastOffsetDelta(view, at),
    isTransactional: isTransactional(view, at),
    offset: baseOffset(view, at),
    timestamp: maxTimestamp(view, at),
  };
}

/** The end of a transaction that a control batch holds; undefined for other control records. Throws Malformed. */
export function producerMarkerOf(bytes: Uint8Array, view: DataView, at: number): ProducerMarker | undefined {
  const cursor = openRecords(bytes, view, at);
  if (!cursor.next()) return undefined;
  const marker = readEndTxnMarker(cursor.key(), cursor.value());
  if (marker === undefined) return undefined;
  return {
    producerId: producerId(view, at),
    epoch: producerEpoch(view, at),
    coordinatorEpoch: marker.coordinatorEpoch,
    isCommit: marker.type === ControlType.commit,
    offset: baseOffset(view, at),
    timestamp: maxTimestamp(view, at),
  };
}

/**
 * Takes a batch that is in the log into the producers' state. `bytes` and `view` must hold all of a control batch, of
 * others only the header. Returns an aborted transaction that ends here.
 */
export function replayProducer(
  producers: ProducerState,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): AbortedTransaction | undefined {
  if (!hasProducerId(view, at)) return undefined;
  if (!isControl(view, at)) {
    producers.applyBatch(producerBatchOf(view, at));
    return undefined;
  }
  const marker = producerMarkerOf(bytes, view, at);
  return marker === undefined ? undefined : producers.applyMarker(marker);
}

/** Takes the batch a scanner stands on into the producers' state and the leader epochs. */
export function replayScanned(
  scanner: SegmentScanner,
  producers: ProducerState,
  epochs: LeaderEpochs | undefined,
): AbortedTransaction | undefined {
  epochs?.assign(partitionLeaderEpoch(scanner.view, scanner.at), baseOffset(scanner.view, scanner.at));
  if (!hasProducerId(scanner.view, scanner.at)) return undefined;
  if (isControl(scanner.view, scanner.at) && !scanner.loadBody()) throw new Malformed('control batch is cut off');
  const batch = scanner.batch();
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  return replayProducer(producers, batch, view, 0);
}

/** Walks the batches from `from` up to `to` into the producers' state. Throws {@link LogDamage}. */
export function replayProducers(segments: SegmentList, producers: ProducerState, from: number, to: number): void {
  if (from >= to) return;
  for (let index = segments.indexOf(from); index < segments.count; index++) {
    const segment = segments.at(index)!;
    if (segment.baseOffset >= to) return;
    const first = segment.find(from);
    if (first === undefined) continue;
    const scanner = segment.scan({ from: first.position, to: segment.size, checkCrc: false });
    while (scanner.next()) {
      if (baseOffset(scanner.view, scanner.at) >= to) return;
      replayScanned(scanner, producers, undefined);
      // What lies behind may be a torn tail: not looked at here.
      if (nextOffset(scanner.view, scanner.at) >= to) return;
    }
    if (scanner.fault !== undefined) throw new LogDamage(segment.log.path, scanner.position, scanner.fault);
  }
}

import { BatchCursor } from '../records/batch-cursor.ts';
import { decodeRecords } from '../records/batch-records.ts';
import { isControl, isTransactional, nextOffset, producerEpoch, producerId } from '../records/batch.ts';
import { ControlType, readEndTxnMarker } from '../records/control-records.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type { StateMachine } from './state-machine.ts';
import type { TransactionProducer } from './transaction-producer.ts';

/** Bytes read and applied in one go before other work gets its turn. */
export const LOAD_CHUNK_BYTES = 512 * 1024;

/** How far a load has come, and what it passed over. */
export interface LoadProgress {
  /** Offset to go on from. */
  readonly offset: number;
  /** 0 at the end of the log. */
  readonly bytesRead: number;
  /** Records of types that this version does not know. */
  readonly unknownRecords: number;
}

/**
 * Applies the next piece of the partition's log to `machine`. Throws `Malformed` for damaged records, or what the
 * log throws.
 */
export function loadChunk<R>(
  log: CoordinatorLog,
  partition: number,
  machine: StateMachine<R>,
  fromOffset: number,
): LoadProgress {
  const bytes = log.read(partition, fromOffset, LOAD_CHUNK_BYTES);
  const cursor = new BatchCursor(bytes);
  let offset = fromOffset;
  let unknownRecords = 0;
  while (cursor.next()) {
    const { view, position } = cursor;
    const producer: TransactionProducer | undefined = isTransactional(view, position)
      ? { id: producerId(view, position), epoch: producerEpoch(view, position) }
      : undefined;
    const isMarker = isControl(view, position);
    for (const { key, value } of decodeRecords(bytes, position)) {
      if (isMarker) {
        const marker = readEndTxnMarker(key, value);
        if (marker !== undefined && producer !== undefined) {
          machine.endTransaction(producer, marker.type === ControlType.commit);
        }
        continue;
      }
      const record = key === null ? undefined : machine.decode(key, value);
      if (record === undefined) unknownRecords++;
      else machine.apply(record, producer);
    }
    offset = nextOffset(view, position);
  }
  return { offset, bytesRead: offset === fromOffset ? 0 : bytes.length, unknownRecords };
}

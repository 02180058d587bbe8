import { BatchCursor } from '../../records/batch-cursor.ts';
import { openRecords } from '../../records/batch-records.ts';
import {
  checkCrc,
  hasSafeNumbers,
  isControl,
  isTransactional,
  lastOffset,
  partitionLeaderEpoch,
  producerId,
  recordCount,
} from '../../records/batch.ts';
import { ControlType, readControlType } from '../../records/control-records.ts';
import { KafkaError } from '../client-error.ts';
import { partitionName, type TopicPartition } from './topic-partition.ts';

/** What one answer brought for one partition. */
export interface FetchedBytes extends TopicPartition {
  readonly bytes: Uint8Array;
  /** What was asked for: records before it are not wanted. */
  readonly fetchOffset: number;
  /** For readers of committed records; null for others. */
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
}

/** What is in them, by their headers alone. */
export interface FetchedIndex {
  /** Where the batches with records for the reader start. */
  readonly positions: readonly number[];
  /** The offset to go on from: past gaps, markers and aborted records. */
  readonly nextOffset: number;
  /** In batches for the reader; a first one may begin before what was asked for. */
  readonly recordCount: number;
  /** Epoch of the last batch; -1 when there is no whole batch. */
  readonly leaderEpoch: number;
  /** Bytes of whole batches. A first batch that is cut off leaves 0. */
  readonly size: number;
}

/**
 * Walks the batches of an answer, checks their sums, and leaves out what the reader must not see: markers, and records of aborted
 * transactions (Kafka's CompletedFetch). Throws {@link KafkaError} CORRUPT_MESSAGE.
 */
export function indexFetched(fetched: FetchedBytes): FetchedIndex {
  const cursor = new BatchCursor(fetched.bytes);
  const aborted = (fetched.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<number>();
  const positions: number[] = [];
  let nextAborted = 0;
  let { fetchOffset: nextOffset } = fetched;
  let leaderEpoch = -1;
  let records = 0;
  try {
    while (cursor.next()) {
      const { view, position } = cursor;
      if (!hasSafeNumbers(view, position) || !checkCrc(view, position)) throw corrupt(fetched, nextOffset);
      const last = lastOffset(view, position);
      for (; nextAborted < aborted.length && aborted[nextAborted]!.firstOffset <= last; nextAborted++) {
        abortedProducers.add(aborted[nextAborted]!.producerId);
      }
      if (isControl(view, position)) {
        if (abortedProducers.size > 0 && isAbortMarker(cursor)) abortedProducers.delete(producerId(view, position));
      } else if (
        last >= fetched.fetchOffset &&
        recordCount(view, position) > 0 &&
        !(isTransactional(view, position) && abortedProducers.has(producerId(view, position)))
      ) {
        positions.push(position);
        records += recordCount(view, position);
      }
      nextOffset = Math.max(nextOffset, last + 1);
      leaderEpoch = partitionLeaderEpoch(view, position);
    }
  } catch (error) {
    if (error instanceof KafkaError) throw error;
    throw corrupt(fetched, nextOffset, error);
  }
  return { positions, nextOffset, recordCount: records, leaderEpoch, size: cursor.position };
}

function isAbortMarker({ bytes, view, position }: BatchCursor): boolean {
  const records = openRecords(bytes, view, position);
  return records.next() && readControlType(records.key()) === ControlType.abort;
}

/** What was read is not what was written. Not retriable: the same bytes come again; `seek` past them if they may be lost. */
export function corrupt(partition: TopicPartition, offset: number, cause?: unknown): KafkaError {
  const message = `${partitionName(partition)}: the batch at offset ${offset} is damaged`;
  return new KafkaError('CORRUPT_MESSAGE', message, { cause });
}

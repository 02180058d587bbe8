import { Malformed } from '../base/malformed.ts';
import { NO_TIMESTAMP } from './batch.ts';
import { RecordCursor } from './record-cursor.ts';

/** What a broker must know of the records of a batch before it takes them (Kafka's LogValidator). */
export interface RecordScan {
  readonly recordCount: number;
  /** Offset deltas are 0, 1, 2 … in order; if not, Kafka rebuilds a compressed batch. */
  readonly offsetsContiguous: boolean;
  /** Smallest timestamp, records without one left out; -1 when none has one. */
  readonly timestampMin: number;
  /** Largest timestamp; -1 when no record has one. */
  readonly timestampMax: number;
  /** Index of the first record with the largest timestamp. */
  readonly indexOfTimestampMax: number;
  /** Index of the first record with a null key; -1 when all have keys. */
  readonly firstKeyless: number;
}

/** The records to look at: an uncompressed region, and what the header of their batch says. */
export interface ScanInput {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly baseTimestamp: number;
}

/**
 * Walks all records once, without an object per record, and sums up what validation needs. Throws `Malformed` when
 * the region is not exactly `count` well-formed records, or a timestamp is no exact number.
 */
export function scanRecords(input: ScanInput): RecordScan {
  const cursor = new RecordCursor(input.bytes, input.count, input.start, input.end);
  const { baseTimestamp } = input;
  let offsetsContiguous = true;
  let timestampMin = Number.POSITIVE_INFINITY;
  let timestampMax = NO_TIMESTAMP;
  let indexOfTimestampMax = 0;
  let firstKeyless = -1;
  let index = 0;
  while (cursor.next()) {
    if (cursor.offsetDelta !== index) offsetsContiguous = false;
    const timestamp = baseTimestamp + cursor.timestampDelta;
    if (timestamp > timestampMax) {
      timestampMax = timestamp;
      indexOfTimestampMax = index;
    }
    if (timestamp !== NO_TIMESTAMP && timestamp < timestampMin) timestampMin = timestamp;
    if (cursor.keyLength < 0 && firstKeyless < 0) firstKeyless = index;
    index++;
  }
  if (timestampMin === Number.POSITIVE_INFINITY) timestampMin = NO_TIMESTAMP;
  if (!Number.isSafeInteger(timestampMin) || !Number.isSafeInteger(timestampMax)) {
    throw new Malformed('record timestamp out of range');
  }
  return { recordCount: index, offsetsContiguous, timestampMin, timestampMax, indexOfTimestampMax, firstKeyless };
}

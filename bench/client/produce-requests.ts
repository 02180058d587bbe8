import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { BatchBuilder } from '../../src/records/batch-builder.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';

export const PRODUCE_VERSION = 7;
/** What comes in an answer about one partition behind its error code: offset, append time, log's start, throttle time. */
const BEHIND_ERROR_BYTES = 28;
const TIMEOUT_MS = 60_000;
/** Room for the lengths and deltas of a record. */
const RECORD_OVERHEAD_BYTES = 32;

/** What one prepared request carries to one partition. */
export interface BatchShape {
  readonly batchBytes: number;
  readonly recordBytes: number;
}

/** A batch of records that do not compress, always the same. */
export function prepareBatch({ batchBytes, recordBytes }: BatchShape): { bytes: Buffer; records: number } {
  const random = new SeededRandom(1);
  const timestamp = Date.now();
  const builder = new BatchBuilder({}, batchBytes + recordBytes);
  do {
    const value = Buffer.alloc(recordBytes);
    random.fill(value);
    builder.append({ value, timestamp });
  } while (builder.size + recordBytes + RECORD_OVERHEAD_BYTES <= batchBytes);
  return { records: builder.count, bytes: builder.finish() };
}

/** A Produce request with the same batch for each of some partitions. Its correlation id is 0. */
export function produceRequest(
  topic: string,
  partitions: readonly number[],
  records: Uint8Array,
  acks: 1 | -1 = 1,
): Buffer {
  const topicData = [
    { name: topic, topicId: ZERO_UUID, partitionData: partitions.map((index) => ({ index, records })) },
  ];
  const body = { transactionalId: null, acks, timeoutMs: TIMEOUT_MS, topicData };
  return Buffer.concat(requestFrame({ api: produce, version: PRODUCE_VERSION, body }, 0, 'bench'));
}

/** The error code in the answer to a request about one partition. */
export function errorOfOne(frame: Buffer): number {
  return frame.readInt16BE(frame.length - BEHIND_ERROR_BYTES - 2);
}

import type { ConsumerRecord, Deserializer } from '../../client/index.ts';
import type { UnreadRecord } from './error-handling.ts';

/** How the records of a listener are read. */
export interface RecordReaders {
  readonly key: Deserializer<unknown>;
  readonly value: Deserializer<unknown>;
}

/** The record as a listener gets it: key and value are read, so that whatever cannot be read fails before. Throws what the reader threw. */
export function receivedRecord(raw: UnreadRecord, readers: RecordReaders): ConsumerRecord<unknown, unknown> {
  const { topic, partition, offset, timestamp, timestampType, leaderEpoch } = raw;
  const key = readers.key.deserialize(raw.key, { topic, isKey: true });
  const value = readers.value.deserialize(raw.value, { topic, isKey: false });
  return { topic, partition, offset, timestamp, timestampType, leaderEpoch, headers: raw.headers, key, value };
}

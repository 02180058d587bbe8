import { ByteReader } from '../../base/byte-reader.ts';
import { decode } from '../../protocol/codec.ts';
import { groupMetadataKey, groupMetadataValue } from '../../protocol/internal-records/group-metadata.ts';
import { offsetCommitKey, offsetCommitValue } from '../../protocol/internal-records/offset-commit.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { decodeConsumerRecord, encodeConsumerRecord, type ConsumerRecord } from './consumer-records.ts';
import { decodeVersioned, encodeVersioned, KEY_VERSION } from './versioned.ts';

export type OffsetValue = ReadMessage<typeof offsetCommitValue>;
export type GroupValue = ReadMessage<typeof groupMetadataValue>;
export type MemberValue = GroupValue['members'][number];

/** A record of `__consumer_offsets`; a null value is a tombstone. */
export type GroupRecord = OffsetRecord | ClassicGroupRecord | ConsumerRecord;

export interface OffsetRecord {
  readonly type: 'offset';
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: OffsetValue | null;
}

export interface ClassicGroupRecord {
  readonly type: 'classicGroup';
  readonly group: string;
  readonly value: GroupValue | null;
}

/**
 * Key versions name the record's type. 0 is an offset of a release before 0.9 and reads as 1; others belong to groups
 * of other kinds.
 */
const RECORD_TYPE = { legacyOffset: 0, offset: 1, classicGroup: 2 } as const;

/** The versions that Kafka 4.3 writes: 1 only for an offset with its own expiry, which no later version can tell. */
const OFFSET_VALUE_VERSION = 4;
const OFFSET_VALUE_VERSION_WITH_EXPIRY = 1;
const GROUP_VALUE_VERSION = 3;

/** Key and value of `record` in Kafka's schemas. */
export function encodeGroupRecord(record: GroupRecord): { key: Uint8Array; value: Uint8Array | null } {
  if (record.type === 'offset') {
    const { group, topic, partition, value } = record;
    const version =
      value === null || value.expireTimestamp === -1 ? OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION_WITH_EXPIRY;
    return {
      key: encodeVersioned(RECORD_TYPE.offset, offsetCommitKey, KEY_VERSION, { group, topic, partition }),
      value: value === null ? null : encodeVersioned(version, offsetCommitValue, version, value),
    };
  }
  if (record.type === 'classicGroup') {
    const { group, value } = record;
    return {
      key: encodeVersioned(RECORD_TYPE.classicGroup, groupMetadataKey, KEY_VERSION, { group }),
      value: value === null ? null : encodeGroupValue(value),
    };
  }
  return encodeConsumerRecord(record);
}

/** The value of a classic group's record; its size decides whether an assignment can be stored at all. */
export function encodeGroupValue(value: GroupValue): Uint8Array {
  return encodeVersioned(GROUP_VALUE_VERSION, groupMetadataValue, GROUP_VALUE_VERSION, value);
}

/** The record that lies under `key`; undefined for a type that is not known. Throws {@link Malformed}. */
export function decodeGroupRecord(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
  const reader = new ByteReader(key);
  const recordType = reader.int16();
  switch (recordType) {
    case RECORD_TYPE.legacyOffset:
    case RECORD_TYPE.offset: {
      const { group, topic, partition } = decode(offsetCommitKey, KEY_VERSION, reader);
      return { type: 'offset', group, topic, partition, value: value && decodeVersioned(offsetCommitValue, value) };
    }
    case RECORD_TYPE.classicGroup: {
      const { group } = decode(groupMetadataKey, KEY_VERSION, reader);
      return { type: 'classicGroup', group, value: value && decodeVersioned(groupMetadataValue, value) };
    }
    default:
      return decodeConsumerRecord(recordType, reader, value);
  }
}

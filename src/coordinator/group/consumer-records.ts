import { assert, unreachable } from '../../base/assert.ts';
import type { ByteReader } from '../../base/byte-reader.ts';
import { decode } from '../../protocol/codec.ts';
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
} from '../../protocol/internal-records/consumer-group-current-member-assignment.ts';
import {
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
} from '../../protocol/internal-records/consumer-group-member-metadata.ts';
import {
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
} from '../../protocol/internal-records/consumer-group-metadata.ts';
import {
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
} from '../../protocol/internal-records/consumer-group-partition-metadata.ts';
import {
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
} from '../../protocol/internal-records/consumer-group-regular-expression.ts';
import {
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
} from '../../protocol/internal-records/consumer-group-target-assignment-member.ts';
import {
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from '../../protocol/internal-records/consumer-group-target-assignment-metadata.ts';
import type { Fields, Message, Write, WriteMessage } from '../../protocol/schema.ts';
import type { Assignment } from './assignor/partition-assignor.ts';
import type { ResolvedPattern } from './consumer-group.ts';
import { MemberState, type ConsumerMember, type EpochAssignment } from './consumer-member.ts';
import { decodeVersioned, encodeVersioned, KEY_VERSION } from './versioned.ts';

/** What a member told of itself. */
export type MemberDetails = Pick<
  ConsumerMember,
  | 'instanceId'
  | 'rackId'
  | 'rebalanceTimeoutMs'
  | 'clientId'
  | 'clientHost'
  | 'topics'
  | 'pattern'
  | 'serverAssignor'
  | 'classic'
>;

/** Where a member is on the way to its target. */
export type MemberProgress = Pick<
  ConsumerMember,
  'epoch' | 'previousEpoch' | 'state' | 'assigned' | 'pendingRevocation'
>;

export function detailsOf(member: ConsumerMember): MemberDetails {
  const { instanceId, rackId, rebalanceTimeoutMs, clientId, clientHost, topics, pattern, serverAssignor } = member;
  const { classic } = member;
  return { instanceId, rackId, rebalanceTimeoutMs, clientId, clientHost, topics, pattern, serverAssignor, classic };
}

export function progressOf(member: ConsumerMember): MemberProgress {
  const { epoch, previousEpoch, state, assigned, pendingRevocation } = member;
  return { epoch, previousEpoch, state, assigned, pendingRevocation };
}

/** A record of a consumer group, by Kafka's names ConsumerGroup…Key and …Value; a null value is a tombstone. */
export type ConsumerRecord =
  | { readonly type: 'consumerEpoch'; readonly group: string; readonly value: EpochValue | null }
  /** Written up to Kafka 4.0; only ever ended here. */
  | { readonly type: 'consumerTopics'; readonly group: string; readonly value: 'present' | null }
  | ConsumerMemberRecord
  | { readonly type: 'consumerTargetEpoch'; readonly group: string; readonly value: TargetEpochValue | null }
  | ConsumerTargetRecord
  | ConsumerCurrentRecord
  | ConsumerPatternRecord;

export interface EpochValue {
  readonly epoch: number;
  readonly metadataHash: bigint;
}

export interface TargetEpochValue {
  readonly epoch: number;
  readonly timestampMs: number;
}

export interface ConsumerMemberRecord {
  readonly type: 'consumerMember';
  readonly group: string;
  readonly memberId: string;
  readonly value: MemberDetails | null;
}

export interface ConsumerTargetRecord {
  readonly type: 'consumerTarget';
  readonly group: string;
  readonly memberId: string;
  readonly value: Assignment | null;
}

export interface ConsumerCurrentRecord {
  readonly type: 'consumerCurrent';
  readonly group: string;
  readonly memberId: string;
  readonly value: MemberProgress | null;
}

export interface ConsumerPatternRecord {
  readonly type: 'consumerPattern';
  readonly group: string;
  readonly pattern: string;
  readonly value: ResolvedPattern | null;
}

const VALUE_VERSION = 0;

interface Encoded {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Key and value of `record` in Kafka's schemas. */
export function encodeConsumerRecord(record: ConsumerRecord): Encoded {
  const { group: groupId } = record;
  switch (record.type) {
    case 'consumerEpoch':
      return encoded(consumerGroupMetadataKey, { groupId }, consumerGroupMetadataValue, record.value);
    case 'consumerTopics':
      assert(record.value === null, 'the topics of a group are no longer written');
      return encoded(consumerGroupPartitionMetadataKey, { groupId }, consumerGroupPartitionMetadataValue, null);
    case 'consumerMember': {
      const { memberId, value } = record;
      const details = value && memberValue(value);
      return encoded(consumerGroupMemberMetadataKey, { groupId, memberId }, consumerGroupMemberMetadataValue, details);
    }
    case 'consumerTargetEpoch': {
      const value = record.value && {
        assignmentEpoch: record.value.epoch,
        assignmentTimestamp: record.value.timestampMs,
      };
      const schema = consumerGroupTargetAssignmentMetadataValue;
      return encoded(consumerGroupTargetAssignmentMetadataKey, { groupId }, schema, value);
    }
    case 'consumerTarget': {
      const key = { groupId, memberId: record.memberId };
      const value = record.value && { topicPartitions: targetPartitions(record.value) };
      return encoded(consumerGroupTargetAssignmentMemberKey, key, consumerGroupTargetAssignmentMemberValue, value);
    }
    case 'consumerCurrent': {
      const key = { groupId, memberId: record.memberId };
      const value = record.value && progressValue(record.value);
      return encoded(consumerGroupCurrentMemberAssignmentKey, key, consumerGroupCurrentMemberAssignmentValue, value);
    }
    case 'consumerPattern': {
      const key = { groupId, regularExpression: record.pattern };
      const value = record.value && patternValue(record.value);
      return encoded(consumerGroupRegularExpressionKey, key, consumerGroupRegularExpressionValue, value);
    }
    default:
      return unreachable(record);
  }
}

/** What key and value of `record` take together. */
export function recordBytes(record: ConsumerRecord): number {
  const { key, value } = encodeConsumerRecord(record);
  return key.length + (value?.length ?? 0);
}

/** The record whose key goes on at `reader`; undefined when it is of another kind. Throws `Malformed`. */
export function decodeConsumerRecord(
  recordType: number,
  reader: ByteReader,
  bytes: Uint8Array | null,
): ConsumerRecord | undefined {
  switch (recordType) {
    case consumerGroupMetadataKey.recordType: {
      const { groupId: group } = decode(consumerGroupMetadataKey, KEY_VERSION, reader);
      return { type: 'consumerEpoch', group, value: bytes && decodeVersioned(consumerGroupMetadataValue, bytes) };
    }
    case consumerGroupPartitionMetadataKey.recordType: {
      const { groupId: group } = decode(consumerGroupPartitionMetadataKey, KEY_VERSION, reader);
      return { type: 'consumerTopics', group, value: bytes && 'present' };
    }
    case consumerGroupMemberMetadataKey.recordType: {
      const { groupId: group, memberId } = decode(consumerGroupMemberMetadataKey, KEY_VERSION, reader);
      return { type: 'consumerMember', group, memberId, value: bytes && readMember(bytes) };
    }
    case consumerGroupTargetAssignmentMetadataKey.recordType: {
      const { groupId: group } = decode(consumerGroupTargetAssignmentMetadataKey, KEY_VERSION, reader);
      return { type: 'consumerTargetEpoch', group, value: bytes && readTargetEpoch(bytes) };
    }
    case consumerGroupTargetAssignmentMemberKey.recordType: {
      const { groupId: group, memberId } = decode(consumerGroupTargetAssignmentMemberKey, KEY_VERSION, reader);
      return { type: 'consumerTarget', group, memberId, value: bytes && readTarget(bytes) };
    }
    case consumerGroupCurrentMemberAssignmentKey.recordType: {
      const { groupId: group, memberId } = decode(consumerGroupCurrentMemberAssignmentKey, KEY_VERSION, reader);
      return { type: 'consumerCurrent', group, memberId, value: bytes && readProgress(bytes) };
    }
    case consumerGroupRegularExpressionKey.recordType: {
      const { groupId: group, regularExpression } = decode(consumerGroupRegularExpressionKey, KEY_VERSION, reader);
      return { type: 'consumerPattern', group, pattern: regularExpression, value: bytes && readPattern(bytes) };
    }
    default:
      return undefined;
  }
}

function encoded<K extends Fields, V extends Fields>(
  keySchema: Message<K>,
  key: Write<K>,
  valueSchema: Message<V>,
  value: Write<V> | null,
): Encoded {
  assert(keySchema.recordType !== undefined, 'a key of an internal topic has a record type');
  return {
    key: encodeVersioned(keySchema.recordType, keySchema, KEY_VERSION, key),
    value: value && encodeVersioned(VALUE_VERSION, valueSchema, VALUE_VERSION, value),
  };
}

function memberValue(details: MemberDetails): WriteMessage<typeof consumerGroupMemberMetadataValue> {
  const { topics, pattern, classic, ...rest } = details;
  return {
    ...rest,
    subscribedTopicNames: [...topics].toSorted(),
    subscribedTopicRegex: pattern,
    classicMemberMetadata: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      supportedProtocols: classic.protocols,
    },
  };
}

/** Bytes are copied: those of a record lie in the piece of the log that was read. */
function readMember(bytes: Uint8Array): MemberDetails {
  const value = decodeVersioned(consumerGroupMemberMetadataValue, bytes);
  const { instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, serverAssignor } = value;
  const classic = value.classicMemberMetadata;
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    serverAssignor,
    topics: new Set(value.subscribedTopicNames),
    pattern: value.subscribedTopicRegex ?? '',
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      protocols: classic.supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  };
}

function readTargetEpoch(bytes: Uint8Array): TargetEpochValue {
  const { assignmentEpoch, assignmentTimestamp } = decodeVersioned(consumerGroupTargetAssignmentMetadataValue, bytes);
  return { epoch: assignmentEpoch, timestampMs: assignmentTimestamp };
}

function targetPartitions(assignment: Assignment) {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions }));
}

function readTarget(bytes: Uint8Array): Assignment {
  const { topicPartitions } = decodeVersioned(consumerGroupTargetAssignmentMemberValue, bytes);
  return new Map(topicPartitions.map(({ topicId, partitions }) => [topicId, partitions.toSorted(ascending)]));
}

function ascending(left: number, right: number): number {
  return left - right;
}

function progressValue(progress: MemberProgress): WriteMessage<typeof consumerGroupCurrentMemberAssignmentValue> {
  return {
    memberEpoch: progress.epoch,
    previousMemberEpoch: progress.previousEpoch,
    state: progress.state,
    assignedPartitions: epochPartitions(progress.assigned),
    partitionsPendingRevocation: epochPartitions(progress.pendingRevocation),
  };
}

function epochPartitions(assignment: EpochAssignment) {
  return [...assignment].map(([topicId, epochs]) => ({
    topicId,
    partitions: [...epochs.keys()],
    assignmentEpochs: [...epochs.values()],
  }));
}

function readProgress(bytes: Uint8Array): MemberProgress {
  const value = decodeVersioned(consumerGroupCurrentMemberAssignmentValue, bytes);
  const epochMin = Math.max(value.memberEpoch, 0);
  const assignment = (topics: (typeof value)['assignedPartitions']): EpochAssignment =>
    new Map(
      topics.map(({ topicId, partitions, assignmentEpochs }) => [
        topicId,
        // Before Kafka 4.3 there were no epochs: then the member's own counts.
        new Map(partitions.map((partition, index) => [partition, assignmentEpochs?.[index] ?? epochMin])),
      ]),
    );
  return {
    epoch: value.memberEpoch,
    previousEpoch: value.previousMemberEpoch,
    state: memberState(value.state),
    assigned: assignment(value.assignedPartitions),
    pendingRevocation: assignment(value.partitionsPendingRevocation),
  };
}

/** A state of a later version reads as the one whose member is compared with its target again at its next heartbeat. */
function memberState(state: number): MemberState {
  const known = Object.values(MemberState).find((value) => value === state);
  return known ?? MemberState.unreleasedPartitions;
}

function patternValue(resolved: ResolvedPattern): WriteMessage<typeof consumerGroupRegularExpressionValue> {
  const { topics, revision, timestampMs } = resolved;
  return { topics: [...topics].toSorted(), version: revision, timestamp: timestampMs };
}

function readPattern(bytes: Uint8Array): ResolvedPattern {
  const { topics, version, timestamp } = decodeVersioned(consumerGroupRegularExpressionValue, bytes);
  return { topics: new Set(topics), revision: version, timestampMs: timestamp };
}

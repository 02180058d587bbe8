import { ByteReader } from '../../base/byte-reader.ts';
import { Malformed } from '../../base/malformed.ts';
import { decode } from '../../protocol/codec.ts';
import * as consumerCurrent from '../../protocol/internal-records/consumer-group-current-member-assignment.ts';
import * as consumerMember from '../../protocol/internal-records/consumer-group-member-metadata.ts';
import * as consumerGroup from '../../protocol/internal-records/consumer-group-metadata.ts';
import * as consumerPartition from '../../protocol/internal-records/consumer-group-partition-metadata.ts';
import * as consumerPattern from '../../protocol/internal-records/consumer-group-regular-expression.ts';
import * as consumerTargetMember from '../../protocol/internal-records/consumer-group-target-assignment-member.ts';
import * as consumerTarget from '../../protocol/internal-records/consumer-group-target-assignment-metadata.ts';
import * as classicGroup from '../../protocol/internal-records/group-metadata.ts';
import * as legacyOffset from '../../protocol/internal-records/legacy-offset-commit.ts';
import * as offset from '../../protocol/internal-records/offset-commit.ts';
import * as shareCurrent from '../../protocol/internal-records/share-group-current-member-assignment.ts';
import * as shareMember from '../../protocol/internal-records/share-group-member-metadata.ts';
import * as shareGroup from '../../protocol/internal-records/share-group-metadata.ts';
import * as shareState from '../../protocol/internal-records/share-group-state-partition-metadata.ts';
import * as shareTargetMember from '../../protocol/internal-records/share-group-target-assignment-member.ts';
import * as shareTarget from '../../protocol/internal-records/share-group-target-assignment-metadata.ts';
import * as shareSnapshot from '../../protocol/internal-records/share-snapshot.ts';
import * as shareUpdate from '../../protocol/internal-records/share-update.ts';
import * as streamsCurrent from '../../protocol/internal-records/streams-group-current-member-assignment.ts';
import * as streamsMember from '../../protocol/internal-records/streams-group-member-metadata.ts';
import * as streamsGroup from '../../protocol/internal-records/streams-group-metadata.ts';
import * as streamsTargetMember from '../../protocol/internal-records/streams-group-target-assignment-member.ts';
import * as streamsTarget from '../../protocol/internal-records/streams-group-target-assignment-metadata.ts';
import * as streamsTopology from '../../protocol/internal-records/streams-group-topology.ts';
import * as transaction from '../../protocol/internal-records/transaction-log.ts';
import type { Message } from '../../protocol/schema.ts';
import { inVersions } from '../../protocol/version-range.ts';
import { messageJson } from './message-json.ts';

/** The internal topics whose records can be read. */
export type InternalTopic = 'offsets' | 'transactions' | 'shareState';

const KEY_VERSION = 0;

/** Each file declares the key and the value of one kind of record. */
const modules: Readonly<Record<InternalTopic, readonly object[]>> = {
  offsets: [
    legacyOffset,
    offset,
    classicGroup,
    consumerGroup,
    consumerPartition,
    consumerMember,
    consumerTarget,
    consumerTargetMember,
    consumerCurrent,
    consumerPattern,
    shareMember,
    shareGroup,
    shareTarget,
    shareTargetMember,
    shareCurrent,
    shareState,
    streamsGroup,
    streamsMember,
    streamsTarget,
    streamsTargetMember,
    streamsCurrent,
    streamsTopology,
  ],
  transactions: [transaction],
  shareState: [shareSnapshot, shareUpdate],
};

interface RecordKind {
  readonly type: number;
  readonly key: Message;
  readonly value: Message;
}

const kinds: Readonly<Record<InternalTopic, ReadonlyMap<number, RecordKind>>> = {
  offsets: kindsOf(modules.offsets),
  transactions: kindsOf(modules.transactions),
  shareState: kindsOf(modules.shareState),
};

/** A record of an internal topic, its parts as JSON text. */
export interface InternalRecord {
  readonly type: number;
  readonly key: string;
  /** Undefined for a tombstone. */
  readonly value: { readonly version: number; readonly data: string; readonly message: Message } | undefined;
}

/** A record of a kind that this release does not know. */
export interface UnknownRecord {
  readonly unknownType: number;
}

/**
 * Reads a record of an internal topic in Kafka's schemas. Throws {@link Malformed}.
 * @param replaced JSON in place of that of a field, where it gives any; told the whole value as well.
 */
export function readInternalRecord(
  topic: InternalTopic,
  key: Uint8Array,
  value: Uint8Array | null,
  replaced?: (fieldName: string, value: unknown, whole: object) => string | undefined,
): InternalRecord | UnknownRecord {
  const reader = new ByteReader(key);
  const type = reader.int16();
  const kind = kinds[topic].get(type);
  if (kind === undefined) return { unknownType: type };
  const keyText = readPart(type, 'key', () =>
    messageJson(kind.key, KEY_VERSION, decode(kind.key, KEY_VERSION, reader)),
  );
  if (value === null) return { type, key: keyText, value: undefined };
  const body = new ByteReader(value);
  const version = body.int16();
  const message = kind.value;
  if (!inVersions(message.versions, version, false)) throw new Malformed(`${message.name} of version ${version}`);
  const decoded: object = readPart(version, 'value', () => decode(message, version, body));
  const data = messageJson(message, version, decoded, (name, part) => replaced?.(name, part, decoded));
  return { type, key: keyText, value: { version, data, message } };
}

/** Says in Kafka's words which part cannot be read (CoordinatorRecordSerde); Java's buffers give no reason. */
function readPart<Part>(version: number, part: 'key' | 'value', read: () => Part): Part {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Malformed(`Could not read record with version ${version} from ${part}'s buffer due to: null.`, {
      cause: error,
    });
  }
}

function kindsOf(files: readonly object[]): ReadonlyMap<number, RecordKind> {
  return new Map(
    files.map((file) => {
      const messages = Object.values(file) as Message[];
      const key = messages.find(({ name }) => name.endsWith('Key'));
      const value = messages.find(({ name }) => name.endsWith('Value'));
      if (key?.recordType === undefined || value === undefined) throw new Error('a record kind without key or value');
      return [key.recordType, { type: key.recordType, key, value }];
    }),
  );
}

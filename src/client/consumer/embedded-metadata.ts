import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { Malformed } from '../../base/malformed.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../protocol/consumer-protocol.ts';
import { array, int32, message, string, type Fields, type Message, type WriteMessage } from '../../protocol/schema.ts';
import { KafkaError } from '../client-error.ts';
import type { AssignorName } from './consumer-options.ts';
import type { MemberSubscription } from './member-step.ts';
import { byTopic, type TopicPartition } from './topic-partition.ts';

/** Written; what is newer is read as this, since newer versions begin alike. */
const VERSION = 3;

/** What the sticky assignor tells itself: what it had, and since when (Kafka's StickyAssignor, schema 1). */
const stickyUserData = message({
  name: 'StickyAssignorUserData',
  versions: '0-1',
  flexible: 'none',
  fields: {
    previousAssignment: array({ topic: string(), partitions: array(int32()) }),
    generation: int32({ versions: '1+', default: -1 }),
  },
});

/** What the cooperative sticky assignor tells: the generation (Kafka's CooperativeStickyAssignor). */
const cooperativeUserData = message({
  name: 'CooperativeStickyAssignorUserData',
  versions: '0',
  flexible: 'none',
  fields: { generation: int32() },
});

/** What a member knows of itself when it joins. */
export interface OwnSubscription {
  readonly topics: readonly string[];
  /** What it still holds: nothing, in eager groups. */
  readonly owned: readonly TopicPartition[];
  /** What it held last. */
  readonly previous: readonly TopicPartition[];
  readonly generation: number;
  readonly rackId: string;
}

/** The metadata that goes into JoinGroup for one assignor. */
export function writeSubscription(assignor: AssignorName, own: OwnSubscription): Uint8Array {
  return versioned(consumerProtocolSubscription, {
    topics: own.topics.toSorted(),
    userData: userDataOf(assignor, own),
    ownedPartitions: listed(own.owned),
    generationId: own.generation,
    rackId: own.rackId === '' ? null : own.rackId,
  });
}

/** What another member wants. Throws {@link KafkaError} MALFORMED when it is no consumer's metadata. */
export function readSubscription(
  assignor: string,
  member: { readonly memberId: string; readonly groupInstanceId: string | null; readonly metadata: Uint8Array },
): MemberSubscription {
  const { memberId, groupInstanceId } = member;
  return reading(`the metadata of member ${memberId}`, () => {
    const reader = new ByteReader(member.metadata);
    const told = decode(consumerProtocolSubscription, readVersion(reader), reader);
    const sticky = stickyOf(assignor, told.userData);
    return {
      memberId,
      groupInstanceId,
      topics: told.topics,
      owned: flat(sticky?.previousAssignment ?? told.ownedPartitions),
      generation: Math.max(sticky?.generation ?? -1, told.generationId),
    };
  });
}

/** The assignment that goes into SyncGroup for one member. */
export function writeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  return versioned(consumerProtocolAssignment, { assignedPartitions: listed(partitions), userData: null });
}

/** What the leader assigned; nothing, when it knew no such member. Throws {@link KafkaError} MALFORMED. */
export function readAssignment(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  return reading('the assignment', () => {
    const reader = new ByteReader(bytes);
    return flat(decode(consumerProtocolAssignment, readVersion(reader), reader).assignedPartitions);
  });
}

function userDataOf(assignor: AssignorName, own: OwnSubscription): Uint8Array | null {
  const { generation } = own;
  switch (assignor) {
    case 'sticky':
      return own.previous.length === 0
        ? null
        : plain(stickyUserData, 1, { previousAssignment: listed(own.previous), generation });
    case 'cooperative-sticky':
      return plain(cooperativeUserData, 0, { generation });
    case 'range':
    case 'roundrobin':
      return null;
    default:
      return assignor satisfies never;
  }
}

function stickyOf(
  assignor: string,
  userData: Uint8Array | null,
): { previousAssignment: Listed; generation: number } | undefined {
  if (assignor !== 'sticky' || userData === null || userData.length === 0) return undefined;
  const reader = new ByteReader(userData);
  const start = reader.position;
  try {
    return decode(stickyUserData, 1, reader);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    reader.position = start;
    return decode(stickyUserData, 0, reader);
  }
}

type Listed = { topic: string; partitions: number[] }[];

function listed(partitions: readonly TopicPartition[]): Listed {
  return [...byTopic(partitions)].map(([topic, items]) => ({
    topic,
    partitions: items.map(({ partition }) => partition).toSorted((a, b) => a - b),
  }));
}

function flat(topics: Listed): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

function versioned<F extends Fields>(of: Message<F>, body: WriteMessage<Message<F>>): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(VERSION);
  encode(of, VERSION, writer, body);
  return writer.finish();
}

function plain<F extends Fields>(of: Message<F>, version: number, body: WriteMessage<Message<F>>): Uint8Array {
  const writer = new ByteWriter();
  encode(of, version, writer, body);
  return writer.finish();
}

function readVersion(reader: ByteReader): number {
  const version = reader.int16();
  if (version < 0) throw new Malformed(`version ${version}`);
  return Math.min(version, VERSION);
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new KafkaError('MALFORMED', `${what} is none of the consumer protocol`, { cause });
  }
}

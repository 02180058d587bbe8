import type { Uuid } from '../../base/uuid.ts';
import { ByteReader } from '../../base/byte-reader.ts';
import { Malformed } from '../../base/malformed.ts';
import { decode } from '../../protocol/codec.ts';
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../protocol/consumer-protocol.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import type { Assignment } from './assignor/partition-assignor.ts';
import type { OwnedPartitions } from './consumer-reconciliation.ts';
import type { GroupTopics } from './group-topics.ts';
import { encodeVersioned } from './versioned.ts';

/** The latest version of the consumer protocol that is known: later ones begin in the same way. */
const VERSION_MAX = 3;

export type Subscription = ReadMessage<typeof consumerProtocolSubscription>;

/** What a consumer says in its join metadata; undefined when it is no consumer's. */
export function readSubscription(metadata: Uint8Array): Subscription | undefined {
  return whole(metadata, (reader) => decode(consumerProtocolSubscription, readVersion(reader), reader));
}

/** The version in which a consumer speaks; undefined when it is no consumer's metadata. */
export function subscriptionVersion(metadata: Uint8Array): number | undefined {
  return whole(metadata, readVersion);
}

export interface EmbeddedAssignment {
  readonly assignment: Assignment;
  /** What an assignor of the client's own told its members; nobody but it could go on with that. */
  readonly hasUserData: boolean;
}

/** What the leader assigned to one consumer, topics left out that do not exist; undefined when it is no consumer's. */
export function readAssignment(bytes: Uint8Array, topics: GroupTopics): EmbeddedAssignment | undefined {
  const value = whole(bytes, (reader) => decode(consumerProtocolAssignment, readVersion(reader), reader));
  if (value === undefined) return undefined;
  const assignment = new Map<Uuid, number[]>();
  for (const { topic, partitions } of value.assignedPartitions) {
    const topicId = topics.topicId(topic);
    if (topicId !== undefined)
      assignment.set(
        topicId,
        [...new Set(partitions)].toSorted((left, right) => left - right),
      );
  }
  return { assignment, hasUserData: value.userData !== null && value.userData.length > 0 };
}

/** An assignment as a consumer of the classic protocol takes it, topics left out that do not exist. */
export function writeAssignment(
  assignment: ReadonlyMap<Uuid, Iterable<number>>,
  version: number,
  topics: GroupTopics,
): Uint8Array {
  const assignedPartitions = [];
  for (const [topicId, partitions] of assignment) {
    const topic = topics.topicName(topicId);
    if (topic !== undefined) assignedPartitions.push({ topic, partitions: [...partitions] });
  }
  return encodeVersioned(version, consumerProtocolAssignment, version, { assignedPartitions, userData: null });
}

/** The partitions that a consumer says it holds, topics left out that do not exist. */
export function ownedPartitions(subscription: Subscription, topics: GroupTopics): OwnedPartitions {
  return subscription.ownedPartitions.flatMap(({ topic, partitions }) => {
    const topicId = topics.topicId(topic);
    return topicId === undefined ? [] : [{ topicId, partitions }];
  });
}

function readVersion(reader: ByteReader): number {
  const version = reader.int16();
  if (version < 0) throw new Malformed(`consumer protocol of version ${version}`);
  return Math.min(version, VERSION_MAX);
}

function whole<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T | undefined {
  try {
    return read(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

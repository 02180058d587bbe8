import { ZERO_UUID, type Uuid } from '../../base/uuid.ts';
import { metadata } from '../../protocol/messages/003-metadata.ts';
import { describeTopicPartitions } from '../../protocol/messages/075-describe-topic-partitions.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { KafkaError } from '../client-error.ts';
import { operationsOf, type AclOperation } from './acl-codes.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkNames } from './arguments.ts';
import { toldError, type Outcome, type Results } from './results.ts';

const TOPIC_IDS_VERSION = 12;
const OPERATIONS_VERSION = 8;
const PAGE_PARTITIONS = 2000;

export interface TopicListing {
  readonly name: string;
  /** The zero id from brokers before topic ids. */
  readonly topicId: Uuid;
  readonly isInternal: boolean;
}

export interface PartitionDescription {
  readonly partition: number;
  /** -1 while there is none. */
  readonly leaderId: number;
  /** -1 when the broker does not tell. */
  readonly leaderEpoch: number;
  /** Broker ids; the preferred leader first. */
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offline: readonly number[];
  /** Out of sync, yet without loss as leaders (KIP-966); null when the broker does not tell. */
  readonly eligibleLeaders: readonly number[] | null;
  readonly lastKnownEligibleLeaders: readonly number[] | null;
}

export interface TopicDescription extends TopicListing {
  readonly partitions: readonly PartitionDescription[];
  /** What the caller may do with it; null when the broker did not say. */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

export interface ListTopicsOptions {
  /** Internal topics too, like `__consumer_offsets`; false. */
  readonly includeInternal?: boolean;
}

export interface DescribeTopicsOptions {
  /** Partitions in one answer; the pages are put together. 2000. */
  readonly pagePartitions?: number;
}

export async function listTopics(
  calls: AdminCalls,
  { includeInternal = false }: ListTopicsOptions,
): Promise<ReadonlyMap<string, TopicListing>> {
  const answer = await calls.atAny('list topics', (connection) =>
    calls.ask(connection, metadata, {
      topics: null,
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    }),
  );
  const listings = answer.topics
    .filter(({ isInternal }) => includeInternal || !isInternal)
    .map(({ name, topicId, isInternal }) => ({ name: name ?? '', topicId, isInternal }));
  return new Map(listings.map((listing) => [listing.name, listing]));
}

export async function describeTopics(
  calls: AdminCalls,
  names: readonly string[],
  { pagePartitions = PAGE_PARTITIONS }: DescribeTopicsOptions,
): Promise<Results<TopicDescription>> {
  checkNames(names, 'topic');
  checkInteger(pagePartitions, 'pagePartitions', 1);
  const items = new Map(names.map((name) => [name, name]));
  return calls.each('describe topic', 'broker', items, async (open) => {
    const connection = await calls.cluster.anyBroker();
    const isPaged = connection.versionOf(describeTopicPartitions) !== undefined;
    if (isPaged) return inPages(calls, connection, [...open.keys()], pagePartitions);
    const topics = [...open.keys()].map((name) => ({ name, topicId: ZERO_UUID }));
    return byMetadata(calls, connection, topics, ({ name }) => name ?? '');
  });
}

export async function describeTopicsById(
  calls: AdminCalls,
  topicIds: readonly Uuid[],
): Promise<Results<TopicDescription>> {
  checkNames(topicIds, 'topic id');
  const items = new Map(topicIds.map((topicId) => [topicId, topicId]));
  return calls.each('describe topic', 'broker', items, async (open) => {
    const connection = await calls.cluster.anyBroker();
    if (connection.versionFor(metadata) < TOPIC_IDS_VERSION) {
      throw new KafkaError('UNSUPPORTED', 'the broker does not describe by topic id');
    }
    const topics = [...open.keys()].map((topicId) => ({ name: null, topicId }));
    return byMetadata(calls, connection, topics, ({ topicId }) => topicId);
  });
}

type Page = ReadMessage<typeof describeTopicPartitions.response>;
type Cursor = Page['nextCursor'];
type PagedTopic = Page['topics'][number];

/** A topic may end on one page and go on with the next: its partitions are put together. */
async function inPages(
  calls: AdminCalls,
  connection: BrokerConnection,
  names: readonly string[],
  responsePartitionLimit: number,
): Promise<Map<string, Outcome<TopicDescription>>> {
  const told = new Map<string, PagedTopic>();
  const topics = names.map((name) => ({ name }));
  let cursor: Cursor = null;
  do {
    const page: Page = await calls.ask(connection, describeTopicPartitions, { topics, responsePartitionLimit, cursor });
    for (const topic of page.topics) {
      const known = told.get(topic.name ?? '');
      if (known === undefined) told.set(topic.name ?? '', topic);
      else known.partitions.push(...topic.partitions);
    }
    if (page.topics.length === 0 && page.nextCursor !== null) {
      throw new KafkaError('MALFORMED', `describe topic ${page.nextCursor.topicName}: the pages do not go on`);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return new Map(
    [...told].map(([name, topic]) => [
      name,
      toldError(`describe topic ${name}`, topic.errorCode) ?? {
        name,
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions: topic.partitions.map((partition) => ({
          ...partitionDescription(partition),
          eligibleLeaders: partition.eligibleLeaderReplicas,
          lastKnownEligibleLeaders: partition.lastKnownElr,
        })),
        authorizedOperations: operationsOf(topic.topicAuthorizedOperations),
      },
    ]),
  );
}

type MetadataTopic = ReadMessage<typeof metadata.response>['topics'][number];

async function byMetadata(
  calls: AdminCalls,
  connection: BrokerConnection,
  topics: readonly { readonly name: string | null; readonly topicId: Uuid }[],
  keyOf: (topic: MetadataTopic) => string,
): Promise<Map<string, Outcome<TopicDescription>>> {
  const answer = await calls.ask(connection, metadata, (version) => ({
    topics,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: version >= OPERATIONS_VERSION,
  }));
  return new Map(
    answer.topics.map((topic) => [
      keyOf(topic),
      toldError(`describe topic ${keyOf(topic)}`, topic.errorCode) ?? {
        name: topic.name ?? '',
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions: topic.partitions
          .map((partition) => ({
            ...partitionDescription(partition),
            eligibleLeaders: null,
            lastKnownEligibleLeaders: null,
          }))
          .toSorted((a, b) => a.partition - b.partition),
        authorizedOperations: operationsOf(topic.topicAuthorizedOperations),
      },
    ]),
  );
}

function partitionDescription(told: MetadataTopic['partitions'][number] | PagedTopic['partitions'][number]) {
  return {
    partition: told.partitionIndex,
    leaderId: told.leaderId,
    leaderEpoch: told.leaderEpoch,
    replicas: told.replicaNodes,
    inSync: told.isrNodes,
    offline: told.offlineReplicas,
  };
}

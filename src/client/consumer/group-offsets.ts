import { ZERO_UUID } from '../../base/uuid.ts';
import { E, errorOf } from '../../protocol/errors.ts';
import { offsetCommit } from '../../protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../protocol/messages/009-offset-fetch.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { brokerError, KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { retried } from '../retry.ts';
import { byTopic, partitionName, type TopicPartition, type TopicPartitionOffset } from './topic-partition.ts';

/** Since this version topics go by id; before it by name. */
const TOPIC_ID_VERSION = 10;
/** Since this version one request asks for many groups. */
const MANY_GROUPS_VERSION = 8;

/** Who commits: nobody (-1, '') when partitions were assigned by hand. */
export interface GroupMembership {
  readonly groupId: string;
  readonly memberId: string;
  /** The generation of a classic group, the member epoch of a KIP-848 one. */
  readonly generationId: number;
  readonly groupInstanceId: string | null;
}

type FetchedTopics = ReadMessage<typeof offsetFetch.response>['groups'][number]['topics'];

/**
 * What a group has committed, asked of its coordinator on a connection that joins and heartbeats do not use: those may be parked there
 * for minutes. Retries what is retriable until the request timeout.
 */
export class GroupOffsets {
  readonly #cluster: Cluster;
  readonly #groupId: string;

  constructor(cluster: Cluster, groupId: string) {
    this.#cluster = cluster;
    this.#groupId = groupId;
  }

  /**
   * Commits. Rejects with UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, STALE_MEMBER_EPOCH or FENCED_INSTANCE_ID when the group went on
   * without this member, and REBALANCE_IN_PROGRESS (retriable) while it is dividing anew.
   */
  async commit(membership: () => GroupMembership, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    await this.#retried(`commit of group ${this.#groupId}`, async (connection) => {
      const { view } = this.#cluster;
      const haveIds = offsets.every(({ topic }) => (view.topic(topic)?.topicId ?? ZERO_UUID) !== ZERO_UUID);
      const version = connection.versionFor(offsetCommit, haveIds ? undefined : TOPIC_ID_VERSION - 1);
      const { groupId, memberId, generationId, groupInstanceId } = membership();
      const answer = await connection.request(offsetCommit, version, {
        groupId,
        memberId,
        generationIdOrMemberEpoch: generationId,
        groupInstanceId,
        topics: [...byTopic(offsets)].map(([name, items]) => ({
          name,
          topicId: view.topic(name)?.topicId ?? ZERO_UUID,
          partitions: items.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      });
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          const error = errorOf(errorCode);
          const item = { topic: name, partition: partitionIndex };
          if (error !== E.NONE) throw brokerError(error, `commit of group ${groupId} for ${partitionName(item)}`);
        }
      }
    });
  }

  /** What is committed; partitions without anything are left out. Waits for offsets of open transactions (KIP-447). */
  async committed(
    membership: () => GroupMembership,
    partitions: readonly TopicPartition[],
  ): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return [];
    return this.#retried(`committed offsets of group ${this.#groupId}`, async (connection) => {
      const { view } = this.#cluster;
      const haveIds = partitions.every(({ topic }) => (view.topic(topic)?.topicId ?? ZERO_UUID) !== ZERO_UUID);
      const version = connection.versionFor(offsetFetch, haveIds ? undefined : TOPIC_ID_VERSION - 1);
      const topics = [...byTopic(partitions)].map(([name, items]) => ({
        name,
        topicId: view.topic(name)?.topicId ?? ZERO_UUID,
        partitionIndexes: items.map(({ partition }) => partition),
      }));
      const isMany = version >= MANY_GROUPS_VERSION;
      const { memberId, generationId } = membership();
      // Only members of KIP-848 groups have to say who they are, and nobody may who is not one.
      const isMember = memberId !== '' && generationId > 0;
      const answer = await connection.request(offsetFetch, version, {
        groupId: isMany ? '' : this.#groupId,
        topics: isMany ? [] : topics,
        groups: isMany
          ? [
              {
                groupId: this.#groupId,
                memberId: isMember ? memberId : null,
                memberEpoch: isMember ? generationId : -1,
                topics,
              },
            ]
          : [],
        requireStable: true,
      });
      const group = isMany ? answer.groups[0] : answer;
      if (group === undefined) throw new KafkaError('MALFORMED', 'the coordinator answered for no group');
      if (group.errorCode !== 0) throw brokerError(errorOf(group.errorCode), `committed of group ${this.#groupId}`);
      const names = new Map(topics.map(({ name, topicId }) => [topicId, name]));
      return found(version < MANY_GROUPS_VERSION ? named(answer.topics) : (group.topics as FetchedTopics), (told) =>
        version >= TOPIC_ID_VERSION ? (names.get(told.topicId) ?? '') : told.name,
      );
    });
  }

  async #retried<T>(about: string, attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    const { settings } = this.#cluster;
    return retried(
      this.#cluster,
      {
        about,
        timeoutMs: settings.requestTimeoutMs,
        beforeRetry: ({ code }) => {
          if (code !== 'UNSTABLE_OFFSET_COMMIT') this.#cluster.forgetCoordinator('group', this.#groupId);
        },
      },
      async () => attempt(await this.#cluster.coordinator('group', this.#groupId, 'requests')),
    );
  }
}

function found(topics: FetchedTopics, nameOf: (told: FetchedTopics[number]) => string): TopicPartitionOffset[] {
  return topics.flatMap((told) => {
    const topic = nameOf(told);
    return told.partitions.flatMap(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }) => {
      const item = { topic, partition: partitionIndex };
      const error = errorOf(errorCode);
      if (error !== E.NONE) throw brokerError(error, `committed offset of ${partitionName(item)}`);
      if (committedOffset < 0) return [];
      return [{ ...item, offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: metadata ?? '' }];
    });
  });
}

/** Topics of the versions that know no ids. */
function named(topics: readonly Omit<FetchedTopics[number], 'topicId'>[]): FetchedTopics {
  return topics.map((topic) => ({ ...topic, topicId: ZERO_UUID }));
}

import { E, errorOf } from '../../protocol/errors.ts';
import { listOffsets } from '../../protocol/messages/002-list-offsets.ts';
import { brokerError, ConnectionError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { retried } from '../retry.ts';
import { byTopic, partitionKey, partitionName, type TopicPartition } from './topic-partition.ts';

const CONSUMER_REPLICA_ID = -1;

/** What ListOffsets takes in place of a time. */
export const OffsetTime = { latest: -1, earliest: -2 } as const;

export interface TimedPartition extends TopicPartition {
  /** Milliseconds since the epoch, or one of {@link OffsetTime}. */
  readonly timestampMs: number;
}

/** The first record at or after a time; all -1 when there is none. */
export interface FoundOffset extends TopicPartition {
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

/**
 * Offsets by time, asked of the leaders. Retries what is retriable until the request timeout; rejects with TIMED_OUT or what the
 * broker said.
 */
export async function lookUpOffsets(
  cluster: Cluster,
  isolation: 'read_uncommitted' | 'read_committed',
  partitions: readonly TimedPartition[],
): Promise<FoundOffset[]> {
  const found = new Map<string, FoundOffset>();
  const { settings } = cluster;
  const about = `offsets of ${partitions.map(partitionName).join(', ')}`;
  await retried(
    cluster,
    { about, timeoutMs: settings.requestTimeoutMs, beforeRetry: () => cluster.expireView() },
    async () => {
      const missing = partitions.filter((partition) => !found.has(partitionKey(partition)));
      const byLeader = await groupByLeader(cluster, missing);
      const asked = [...byLeader].map(([nodeId, items]) => askLeader(cluster, nodeId, isolation, items));
      const failures: unknown[] = [];
      for (const outcome of await Promise.allSettled(asked)) {
        if (outcome.status === 'rejected') failures.push(outcome.reason);
        else for (const item of outcome.value) found.set(partitionKey(item), item);
      }
      if (failures.length > 0) throw failures[0];
    },
  );
  return partitions.flatMap((partition) => found.get(partitionKey(partition)) ?? []);
}

async function groupByLeader(
  cluster: Cluster,
  partitions: readonly TimedPartition[],
): Promise<Map<number, TimedPartition[]>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  await Promise.all(topics.map((topic) => cluster.topic(topic)));
  const leaders = new Map<number, TimedPartition[]>();
  for (const item of partitions) {
    const leaderId = cluster.view.partition(item.topic, item.partition)?.leaderId;
    if (leaderId === undefined) throw brokerError(E.UNKNOWN_TOPIC_OR_PARTITION, partitionName(item));
    if (leaderId < 0) throw brokerError(E.LEADER_NOT_AVAILABLE, partitionName(item));
    leaders.set(leaderId, [...(leaders.get(leaderId) ?? []), item]);
  }
  return leaders;
}

async function askLeader(
  cluster: Cluster,
  nodeId: number,
  isolation: 'read_uncommitted' | 'read_committed',
  partitions: readonly TimedPartition[],
): Promise<FoundOffset[]> {
  const connection = await cluster.broker(nodeId);
  const answer = await connection.request(listOffsets, connection.versionFor(listOffsets), {
    replicaId: CONSUMER_REPLICA_ID,
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
    timeoutMs: cluster.settings.requestTimeoutMs,
    topics: [...byTopic(partitions)].map(([name, items]) => ({
      name,
      partitions: items.map(({ partition, timestampMs }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: cluster.view.partition(name, partition)?.leaderEpoch ?? -1,
        timestamp: timestampMs,
      })),
    })),
  });
  const found = answer.topics.flatMap(({ name, partitions: told }) =>
    told.map(({ partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => {
      const item = { topic: name, partition: partitionIndex };
      const error = errorOf(errorCode);
      if (error !== E.NONE) throw brokerError(error, `offset of ${partitionName(item)}`);
      return { ...item, offset, timestampMs: timestamp, leaderEpoch };
    }),
  );
  if (found.length === partitions.length) return found;
  throw new ConnectionError(`broker ${nodeId} answered for ${found.length} of ${partitions.length} partitions`);
}

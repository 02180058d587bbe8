import { ZERO_UUID } from '../../base/uuid.ts';
import { E } from '../../protocol/errors.ts';
import type { CommitTopic } from './commit-topic.ts';
import type { OffsetCommitRequest, TxnOffsetCommitRequest } from './offset-commit.ts';
import type { QueriedTopic } from './offset-fetch.ts';
import type { GroupTopics } from './group-topics.ts';

/** From this version on OffsetCommit and OffsetFetch name topics by id only. */
export const TOPIC_ID_VERSION = 10;

/** The topics of an OffsetCommit with names and ids; a topic or partition that does not exist gets its error. */
export function commitTopics(request: OffsetCommitRequest, apiVersion: number, topics: GroupTopics): CommitTopic[] {
  if (apiVersion < TOPIC_ID_VERSION) return namedCommitTopics(request.topics, topics);
  return request.topics.map(({ topicId, partitions }) => {
    const name = topics.topicName(topicId);
    const partitionCount = name === undefined ? 0 : (topics.partitionCount(name) ?? 0);
    return {
      name: name ?? '',
      topicId,
      error: name === undefined ? E.UNKNOWN_TOPIC_ID : E.NONE,
      partitionCount,
      partitions,
    };
  });
}

/** As {@link commitTopics}, of a request that names topics. */
export function namedCommitTopics(requested: TxnOffsetCommitRequest['topics'], topics: GroupTopics): CommitTopic[] {
  return requested.map(({ name, partitions }) => {
    const topicId = topics.topicId(name);
    const error = topicId === undefined ? E.UNKNOWN_TOPIC_OR_PARTITION : E.NONE;
    const partitionCount = topics.partitionCount(name) ?? 0;
    return { name, topicId: topicId ?? ZERO_UUID, error, partitionCount, partitions };
  });
}

interface FetchTopic {
  readonly name: string;
  readonly topicId?: string;
  readonly partitionIndexes: readonly number[];
}

/** The topics of an OffsetFetch; by name, one that no longer exists simply has no offsets. */
export function queriedTopics(
  requested: readonly FetchTopic[] | null,
  apiVersion: number,
  topics: GroupTopics,
): QueriedTopic[] | null {
  if (requested === null) return null;
  return requested.map(({ name, topicId, partitionIndexes }) => {
    if (apiVersion < TOPIC_ID_VERSION) return { name, topicId: ZERO_UUID, error: E.NONE, partitionIndexes };
    const found = topics.topicName(topicId ?? ZERO_UUID);
    return {
      name: found ?? '',
      topicId: topicId ?? ZERO_UUID,
      error: found === undefined ? E.UNKNOWN_TOPIC_ID : E.NONE,
      partitionIndexes,
    };
  });
}

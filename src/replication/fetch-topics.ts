import type { fetch } from '../protocol/messages/001-fetch.ts';
import type { WriteMessage } from '../protocol/schema.ts';
import type { FollowerReplica } from './follower-replica.ts';

type Request = WriteMessage<typeof fetch.request>;
export type FetchTopic = Request['topics'][number];
export type FetchPartition = FetchTopic['partitions'][number];

/** What a replica asks of its leader: what comes after all that it has. */
export function wantedOf({ index, leaderEpoch, log }: FollowerReplica, bytesMax: number): FetchPartition {
  return {
    partition: index,
    currentLeaderEpoch: leaderEpoch,
    fetchOffset: log.logEndOffset,
    lastFetchedEpoch: log.leaderEpochs.latestEpoch,
    logStartOffset: log.logStartOffset,
    partitionMaxBytes: bytesMax,
  };
}

/** Partitions that a fetch session is to forget, by topic. */
export function forgottenTopics(
  forgotten: readonly { readonly topicId: string; readonly index: number }[],
): Request['forgottenTopicsData'] {
  const byTopic = new Map<string, number[]>();
  for (const { topicId, index } of forgotten) {
    const partitions = byTopic.get(topicId) ?? [];
    byTopic.set(topicId, partitions);
    partitions.push(index);
  }
  return Array.from(byTopic, ([topicId, partitions]) => ({ topic: '', topicId, partitions }));
}

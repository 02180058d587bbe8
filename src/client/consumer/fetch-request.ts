import type { fetch } from '../../protocol/messages/001-fetch.ts';
import type { WriteMessage } from '../../protocol/schema.ts';
import type { ConsumerSettings } from './consumer-options.ts';
import type { SessionRequest } from './fetch-session.ts';
import { byTopic } from './topic-partition.ts';

const CONSUMER_REPLICA_ID = -1;
/** From this version on the leader tells by itself where histories part (KIP-595). */
export const DIVERGING_EPOCH_VERSION = 12;

/** A fetch as a session wants it, in a version. */
export function fetchRequest(
  { sessionId, sessionEpoch, partitions, forgotten }: SessionRequest,
  version: number,
  settings: ConsumerSettings,
): WriteMessage<typeof fetch.request> {
  const { fetchMaxWaitMs, fetchMinBytes, fetchMaxBytes, partitionMaxBytes, isolation, rackId } = settings;
  return {
    replicaId: CONSUMER_REPLICA_ID,
    maxWaitMs: fetchMaxWaitMs,
    minBytes: fetchMinBytes,
    maxBytes: fetchMaxBytes,
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
    sessionId,
    sessionEpoch,
    topics: [...byTopic(partitions)].map(([topic, items]) => ({
      topic,
      topicId: items[0]!.topicId,
      partitions: items.map((item) => ({
        ...item,
        lastFetchedEpoch: version < DIVERGING_EPOCH_VERSION ? -1 : item.lastFetchedEpoch,
        partitionMaxBytes,
        logStartOffset: -1,
      })),
    })),
    forgottenTopicsData: [...byTopic(forgotten)].map(([topic, items]) => ({
      topic,
      topicId: items[0]!.topicId,
      partitions: items.map(({ partition }) => partition),
    })),
    rackId,
  };
}

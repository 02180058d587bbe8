import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { fetch } from '../../protocol/messages/001-fetch.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { DelayedFetch, type PartitionRead } from '../requests/delayed-fetch.ts';
import type { FetchPartition } from '../requests/fetch-partition.ts';
import { mustTell, type FetchContext, type PartitionAnswer } from '../requests/fetch-sessions.ts';
import { directHandler } from '../requests/handler.ts';
import type { Reply } from '../requests/reply.ts';
import type { RequestContext } from '../requests/request-context.ts';
import type { BrokerEndpoint, BrokerServices } from '../services.ts';

type Request = ReadMessage<typeof fetch.request>;
type Response = WriteMessage<typeof fetch.response>;
type TopicAnswer = Response['responses'][number];
type PartitionData = TopicAnswer['partitions'][number];

const READ_COMMITTED = 1;
const READ_UNCOMMITTED = 0;
const FIRST_VERSION_FROM_FOLLOWERS = 11;
const FIRST_VERSION_NAMING_LEADERS = 16;
const FIRST_VERSION_WITH_TOPIC_IDS = 13;
const NO_CHUNKS: readonly Uint8Array[] = [];

/** Reads records: long poll, sessions, isolation, truncation detection (Fetch; KIP-74, 98, 227, 320, 516, 595). */
export const handleFetch = directHandler(fetch, (request, context, broker, reply) => {
  const usesTopicIds = context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS;
  if (request.isolationLevel !== READ_UNCOMMITTED && request.isolationLevel !== READ_COMMITTED) {
    reply(refuse(request, E.UNKNOWN_SERVER_ERROR, usesTopicIds));
    return;
  }
  const replicaId = context.apiVersion >= 15 ? request.replicaState.replicaId : request.replicaId;
  const follower = replicaId >= 0 ? { id: replicaId, epoch: request.replicaState.replicaEpoch } : undefined;
  const isFollower = follower !== undefined;
  const session = broker.fetchSessions.begin(
    {
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      usesTopicIds,
      partitions: wantedPartitions(request),
      forgotten: request.forgottenTopicsData,
      follower,
    },
    broker.clock.monotonicMs(),
  );
  if (session.error !== E.NONE) {
    reply({ throttleTimeMs: 0, errorCode: session.error.code, sessionId: 0, responses: [] });
    return;
  }
  const delayed = new DelayedFetch(
    {
      partitions: session.partitions,
      changes: session.changes,
      usesTopicIds,
      maxWaitMs: request.maxWaitMs,
      minBytes: request.minBytes,
      maxBytes: isFollower
        ? request.maxBytes
        : Math.min(
            request.maxBytes,
            broker.config.get('fetch.max.bytes'),
            broker.clientQuotas.of(context.clientId)?.fetchBytesMax ?? Infinity,
          ),
      isReadCommitted: request.isolationLevel === READ_COMMITTED,
      follower,
      rackId: isFollower ? '' : request.rackId,
      // A follower tells by what it asks for how far it is: every partition of its fetch counts.
      isIncremental: session.isIncremental && !isFollower,
      mayReadFollower: !isFollower && context.apiVersion >= FIRST_VERSION_FROM_FOLLOWERS,
      namesLeaders: context.apiVersion >= FIRST_VERSION_NAMING_LEADERS,
    },
    context,
    broker,
    (reads, isFirstLook) => {
      if (isFollower) countThrottled(reads, broker);
      answer(session, { reads, isFirstLook }, { broker, context, reply });
    },
  );
  delayed.start();
});

/** Refuses the whole request: by the code of the answer and, for clients that do not look at it, in each partition. */
function refuse({ topics, sessionId }: Request, { code }: ErrorSpec, usesTopicIds: boolean): Response {
  return {
    throttleTimeMs: 0,
    errorCode: code,
    sessionId,
    responses: (usesTopicIds ? [] : topics).map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1,
        abortedTransactions: [],
        records: NO_CHUNKS,
      })),
    })),
  };
}

function wantedPartitions(request: Request): FetchPartition[] {
  const wanted: FetchPartition[] = [];
  for (const { topic, topicId, partitions } of request.topics) {
    for (const partition of partitions) {
      wanted.push({
        topic,
        topicId,
        partition: partition.partition,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        fetchOffset: partition.fetchOffset,
        lastFetchedEpoch: partition.lastFetchedEpoch,
        logStartOffset: partition.logStartOffset,
        partitionMaxBytes: partition.partitionMaxBytes,
        toldHighWatermark: -1,
        toldLogStartOffset: -1,
      });
    }
  }
  return wanted;
}

function answer(
  session: FetchContext,
  { reads, isFirstLook }: { readonly reads: PartitionRead[]; readonly isFirstLook: boolean },
  to: { broker: BrokerServices; context: RequestContext; reply: Reply<typeof fetch.response.fields> },
): void {
  const { broker, context, reply } = to;
  const told = session.isIncremental ? newsOf(session, reads, broker) : reads;
  const sessionId = session.isIncremental ? session.sessionId : openSession(session, reads, to);
  if (isFirstLook) session.changes?.settle(reads);
  else session.changes?.served(reads);
  const nodeEndpoints = leadersOf(told, context, broker);
  reply(
    {
      throttleTimeMs: 0,
      errorCode: E.NONE.code,
      sessionId,
      responses: byTopic(told, session.usesTopicIds),
      ...(nodeEndpoints.length > 0 ? { nodeEndpoints } : {}),
    },
    () => {
      for (const { slice } of reads) slice?.release();
    },
  );
}

/** What followers get of throttled partitions counts, in sync or not (KafkaApis.sizeOfThrottledPartitions). */
function countThrottled(reads: readonly PartitionRead[], { replicationQuotas, clock }: BrokerServices): void {
  const { leader } = replicationQuotas;
  let bytes = 0;
  for (const { wanted, slice } of reads) {
    if (slice !== undefined && leader.isThrottled(wanted.topic, wanted.partition)) bytes += slice.bytes;
  }
  if (bytes > 0) leader.record(bytes, clock.monotonicMs());
}

/** A follower's session ends with its connection, for it begins anew with another one. */
function openSession(
  session: FetchContext,
  reads: readonly PartitionRead[],
  { broker, context }: { readonly broker: BrokerServices; readonly context: RequestContext },
): number {
  const { fetchSessions, clock } = broker;
  const id = fetchSessions.open(session, reads.map(toAnswer), clock.monotonicMs());
  if (id !== 0 && session.follower !== undefined) context.peer.onClosed.add(() => fetchSessions.close(id));
  return id;
}

/** The partitions that an incremental answer names; those with data go behind the others for the next one. */
function newsOf(session: FetchContext, reads: readonly PartitionRead[], broker: BrokerServices): PartitionRead[] {
  const told: PartitionRead[] = [];
  const served: FetchPartition[] = [];
  for (const read of reads) {
    if (!mustTell(read.wanted, toAnswer(read))) continue;
    told.push(read);
    if (read.slice !== undefined && read.slice.bytes > 0) served.push(read.wanted);
  }
  broker.fetchSessions.rotate(session, served);
  return told;
}

/** Endpoints of the leaders that errors name (KIP-951). */
function leadersOf(told: readonly PartitionRead[], context: RequestContext, broker: BrokerServices): BrokerEndpoint[] {
  const ids = new Set<number>();
  for (const { leader } of told) if (leader !== undefined) ids.add(leader.leaderId);
  return ids.size === 0 ? [] : broker.endpoints(context.peer).filter(({ nodeId }) => ids.has(nodeId));
}

function toAnswer(read: PartitionRead): PartitionAnswer {
  return {
    errorCode: read.error.code,
    highWatermark: read.highWatermark,
    logStartOffset: read.logStartOffset,
    recordsBytes: read.slice?.bytes ?? 0,
    isDiverging: read.diverging !== undefined,
    hasPreferredReplica: read.preferred !== undefined,
  };
}

/** Neighbouring partitions of one topic share its entry, as in Kafka's FetchResponse. */
function byTopic(reads: readonly PartitionRead[], usesTopicIds: boolean): TopicAnswer[] {
  const topics: { topic: string; topicId: string; partitions: PartitionData[] }[] = [];
  for (const read of reads) {
    const { topic, topicId } = read.wanted;
    let last = topics.at(-1);
    if (last === undefined || (usesTopicIds ? last.topicId !== topicId : last.topic !== topic)) {
      last = { topic, topicId, partitions: [] };
      topics.push(last);
    }
    last.partitions.push({
      partitionIndex: read.wanted.partition,
      errorCode: read.error.code,
      highWatermark: read.highWatermark,
      lastStableOffset: read.lastStableOffset,
      logStartOffset: read.logStartOffset,
      ...(read.diverging === undefined ? {} : { divergingEpoch: read.diverging }),
      ...(read.leader === undefined ? {} : { currentLeader: read.leader }),
      ...(read.preferred === undefined ? {} : { preferredReadReplica: read.preferred }),
      abortedTransactions: read.aborted,
      records: read.slice?.chunks ?? NO_CHUNKS,
    });
  }
  return topics;
}

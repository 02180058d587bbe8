import { E, errorOf, type ErrorSpec } from '../../protocol/errors.ts';
import { produce } from '../../protocol/messages/000-produce.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../base/uuid.ts';
import type { ClusterView, KnownBroker, LeaderHint } from '../cluster-view.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerBatch } from './producer-batch.ts';

/** From this version on topics go by their ids. */
const TOPIC_ID_VERSION = 13;

/** A batch on its way, and the queue it came from. */
export interface SentBatch {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

/** What a leader said about one batch. */
export interface BatchAnswer {
  readonly error: ErrorSpec;
  /** The broker's own words; null when there are none. */
  readonly message: string | null;
  readonly baseOffset: number;
  readonly logAppendTime: number;
  readonly logStartOffset: number;
  /** Where the partition moved, when the broker told. */
  readonly leader: LeaderHint | undefined;
}

export interface ProduceOptions {
  readonly transactionalId: string | null;
  readonly acks: number;
  readonly timeoutMs: number;
}

type TopicData = WriteMessage<typeof produce.request>['topicData'][number];
type ProduceResponse = ReadMessage<typeof produce.response>;
type PartitionResponse = ProduceResponse['responses'][number]['partitionResponses'][number];

/** The newest version in which these batches can be written: by ids only when all are known. */
export function produceVersionMax(batches: readonly SentBatch[], view: ClusterView): number {
  const hasAllIds = batches.every(({ queue }) => (view.topic(queue.topic)?.topicId ?? ZERO_UUID) !== ZERO_UUID);
  return hasAllIds ? TOPIC_ID_VERSION : TOPIC_ID_VERSION - 1;
}

export function produceRequest(
  batches: readonly SentBatch[],
  view: ClusterView,
  options: ProduceOptions,
): WriteMessage<typeof produce.request> {
  const topics = new Map<string, TopicData['partitionData'][number][]>();
  for (const { queue, batch } of batches) {
    const data = { index: queue.partition, records: batch.sealed() };
    const partitions = topics.get(queue.topic);
    if (partitions === undefined) topics.set(queue.topic, [data]);
    else partitions.push(data);
  }
  const topicData = Array.from(topics, ([name, partitionData]) => {
    return { name, topicId: view.topic(name)?.topicId ?? ZERO_UUID, partitionData };
  });
  return { ...options, topicData };
}

/** The answer to each batch, in their order; undefined where the broker left one out. */
export function produceAnswers(
  batches: readonly SentBatch[],
  view: ClusterView,
  response: ProduceResponse,
): (BatchAnswer | undefined)[] {
  const brokers = new Map(response.nodeEndpoints.map((node): [number, KnownBroker] => [node.nodeId, node]));
  const byPlace = new Map<string, PartitionResponse>();
  for (const { name, topicId, partitionResponses } of response.responses) {
    const topic = topicId === ZERO_UUID ? name : topicId;
    for (const partition of partitionResponses) byPlace.set(`${topic} ${partition.index}`, partition);
  }
  return batches.map(({ queue: { topic, partition } }) => {
    const answer =
      byPlace.get(`${view.topic(topic)?.topicId ?? ZERO_UUID} ${partition}`) ?? byPlace.get(`${topic} ${partition}`);
    return answer === undefined ? undefined : batchAnswer(answer, brokers);
  });
}

function batchAnswer(answer: PartitionResponse, brokers: ReadonlyMap<number, KnownBroker>): BatchAnswer {
  const { leaderId, leaderEpoch } = answer.currentLeader;
  const recordMessage = answer.recordErrors.find((record) => record.batchIndexErrorMessage !== null);
  return {
    error: errorOf(answer.errorCode),
    message: recordMessage?.batchIndexErrorMessage ?? answer.errorMessage,
    baseOffset: answer.baseOffset,
    logAppendTime: answer.logAppendTimeMs,
    logStartOffset: answer.logStartOffset,
    leader: leaderId < 0 ? undefined : { leaderId, leaderEpoch, broker: brokers.get(leaderId) },
  };
}

/** What stands for a broker's answer that has none, with acks=0. */
export const unanswered: BatchAnswer = {
  error: E.NONE,
  message: null,
  baseOffset: -1,
  logAppendTime: -1,
  logStartOffset: -1,
  leader: undefined,
};

import { ZERO_UUID } from '../../base/uuid.ts';
import type { PartitionImage, TopicImage } from '../../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { metadata } from '../../protocol/messages/003-metadata.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { handler } from '../requests/handler.ts';
import { liveReplicas } from '../replicas/live-replicas.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED, TOPIC_OPERATIONS } from '../operations.ts';
import type { BrokerServices } from '../services.ts';
import { topicNameProblem } from '../../controller/topic-name.ts';

type Request = ReadMessage<typeof metadata.request>;
type TopicAnswer = WriteMessage<typeof metadata.response>['topics'][number];

const FIRST_VERSION_BY_ID = 12;

/** Brokers, topics, partitions and their leaders; creates named topics where that is allowed (Metadata; KIP-516). */
export const handleMetadata = handler(metadata, (request, context, broker) => {
  const wantsAll = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
  const operations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : OPERATIONS_NOT_ASKED;
  const error = wantsAll ? E.NONE : refusal(request, context.apiVersion);
  const topics =
    error !== E.NONE
      ? refused(request, error)
      : wantsAll
        ? allTopics(broker, operations)
        : wantedTopics(request, broker, operations);
  return {
    throttleTimeMs: 0,
    brokers: broker.endpoints(context.peer),
    clusterId: broker.clusterId,
    controllerId: broker.image().controller?.brokerId ?? -1,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
    errorCode: E.NONE.code,
  };
});

/** Topics by id came with version 12; before it a topic without a name makes the whole request invalid. */
function refusal(request: Request, version: number): ErrorSpec {
  const topics = request.topics ?? [];
  if (version < FIRST_VERSION_BY_ID) {
    return topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID) ? E.INVALID_REQUEST : E.NONE;
  }
  const hasNeither = topics.some(({ name }) => name === null) && topics.every(({ topicId }) => topicId === ZERO_UUID);
  return hasNeither ? E.UNKNOWN_SERVER_ERROR : E.NONE;
}

function refused(request: Request, error: ErrorSpec): TopicAnswer[] {
  return (request.topics ?? []).map(({ name, topicId }) => failed(name ?? '', topicId, error));
}

function allTopics(broker: BrokerServices, operations: number): TopicAnswer[] {
  const answers: TopicAnswer[] = [];
  for (const topic of broker.image().topics.values()) answers.push(found(topic, broker, operations));
  return answers;
}

/** One id in the request and names count no more, not even those beside an id: the Java client leaves them empty. */
function wantedTopics(request: Request, broker: BrokerServices, operations: number): TopicAnswer[] {
  const topics = request.topics ?? [];
  const ids = new Set(topics.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID));
  if (ids.size === 0) return namedTopics(request, broker, operations);
  return [...ids].map((id) => {
    const topic = broker.image().topicById(id);
    return topic === undefined ? failed(null, id, E.UNKNOWN_TOPIC_ID) : found(topic, broker, operations);
  });
}

function namedTopics(request: Request, broker: BrokerServices, operations: number): TopicAnswer[] {
  const image = broker.image();
  const mayCreate = request.allowAutoTopicCreation && broker.autoTopics.isEnabled;
  const answers: TopicAnswer[] = [];
  for (const name of new Set((request.topics ?? []).flatMap((topic) => topic.name ?? []))) {
    const topic = image.topics.get(name);
    if (topic !== undefined) {
      answers.push(found(topic, broker, operations));
    } else if (topicNameProblem(name) !== undefined) {
      answers.push(failed(name, ZERO_UUID, E.INVALID_TOPIC_EXCEPTION));
    } else {
      if (mayCreate) broker.autoTopics.create(name);
      answers.push(failed(name, ZERO_UUID, E.UNKNOWN_TOPIC_OR_PARTITION));
    }
  }
  return answers;
}

function found(topic: TopicImage, broker: BrokerServices, operations: number): TopicAnswer {
  return {
    errorCode: E.NONE.code,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition, index) => describePartition(topic, index, partition, broker)),
    topicAuthorizedOperations: operations,
  };
}

function describePartition(
  topic: TopicImage,
  index: number,
  partition: PartitionImage,
  broker: BrokerServices,
): TopicAnswer['partitions'][number] {
  const isLive = liveReplicas(topic, index, broker);
  const leaderId = isLive(partition.leader) ? partition.leader : -1;
  return {
    errorCode: (leaderId === -1 ? E.LEADER_NOT_AVAILABLE : E.NONE).code,
    partitionIndex: index,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: leaderId === -1 ? partition.isr.filter(isLive) : partition.isr,
    offlineReplicas: partition.replicas.filter((id) => !isLive(id)),
  };
}

function failed(name: string | null, topicId: string, error: ErrorSpec): TopicAnswer {
  const isInternal = name !== null && isInternalTopic(name);
  return {
    errorCode: error.code,
    name,
    topicId,
    isInternal,
    partitions: [],
    topicAuthorizedOperations: OPERATIONS_NOT_ASKED,
  };
}

import { ZERO_UUID } from '../../base/uuid.ts';
import type { PartitionImage, TopicImage } from '../../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { describeTopicPartitions } from '../../protocol/messages/075-describe-topic-partitions.ts';
import type { WriteMessage } from '../../protocol/schema.ts';
import { handler } from '../requests/handler.ts';
import { liveReplicas } from '../replicas/live-replicas.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';
import { OPERATIONS_NOT_ASKED, TOPIC_OPERATIONS } from '../operations.ts';
import type { BrokerServices } from '../services.ts';
import { topicNameProblem } from '../../controller/topic-name.ts';

type Response = WriteMessage<typeof describeTopicPartitions.response>;
type TopicAnswer = Response['topics'][number];
type Cursor = { topicName: string; partitionIndex: number };

/** Topics in the order of their names, as many partitions as a page holds, and where the next page begins (KIP-966). */
export const handleDescribeTopicPartitions = handler(describeTopicPartitions, (request, _context, broker) => {
  const image = broker.image();
  const { cursor } = request;
  const isAll = request.topics.length === 0;
  const names = isAll ? image.sortedTopicNames() : [...new Set(request.topics.map(({ name }) => name))].toSorted();
  if (cursor !== null && (cursor.partitionIndex < 0 || (!isAll && !names.includes(cursor.topicName)))) {
    return { throttleTimeMs: 0, topics: names.map((name) => failed(name, E.INVALID_REQUEST)), nextCursor: null };
  }
  const limit = Math.min(broker.config.get('max.request.partition.size.limit'), request.responsePartitionLimit);
  const topics: TopicAnswer[] = [];
  let left = Math.max(1, limit);
  let next: Cursor | null = null;
  for (const name of names) {
    if (cursor !== null && name < cursor.topicName) continue;
    if (left <= 0) {
      next = { topicName: name, partitionIndex: 0 };
      break;
    }
    const topic = image.topics.get(name);
    if (topic === undefined) {
      const error = topicNameProblem(name) === undefined ? E.UNKNOWN_TOPIC_OR_PARTITION : E.INVALID_TOPIC_EXCEPTION;
      topics.push({ ...failed(name, error), topicAuthorizedOperations: TOPIC_OPERATIONS });
      continue;
    }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const page = topic.partitions.slice(first, first + left);
    topics.push({
      errorCode: E.NONE.code,
      name,
      topicId: topic.id,
      isInternal: isInternalTopic(name),
      partitions: page.map((partition, index) => describe(topic, first + index, partition, broker)),
      topicAuthorizedOperations: TOPIC_OPERATIONS,
    });
    left -= page.length;
    if (first + page.length < topic.partitions.length) {
      next = { topicName: name, partitionIndex: first + page.length };
      break;
    }
  }
  return { throttleTimeMs: 0, topics, nextCursor: next };
});

function failed(name: string, error: ErrorSpec): TopicAnswer {
  return {
    errorCode: error.code,
    name,
    topicId: ZERO_UUID,
    isInternal: isInternalTopic(name),
    partitions: [],
    topicAuthorizedOperations: OPERATIONS_NOT_ASKED,
  };
}

function describe(
  topic: TopicImage,
  partitionIndex: number,
  partition: PartitionImage,
  broker: BrokerServices,
): TopicAnswer['partitions'][number] {
  const isLive = liveReplicas(topic, partitionIndex, broker);
  const leaderId = isLive(partition.leader) ? partition.leader : -1;
  return {
    // That nobody leads is told by the leader alone, unlike in Metadata.
    errorCode: E.NONE.code,
    partitionIndex,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: leaderId === -1 ? partition.isr.filter(isLive) : partition.isr,
    eligibleLeaderReplicas: partition.elr,
    lastKnownElr: partition.lastKnownElr,
    offlineReplicas: partition.replicas.filter((id) => !isLive(id)),
  };
}

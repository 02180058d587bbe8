import { ZERO_UUID } from '../../base/uuid.ts';
import { E } from '../../protocol/errors.ts';
import { describeQuorum } from '../../protocol/messages/055-describe-quorum.ts';
import { handler } from '../requests/handler.ts';

const METADATA_TOPIC = '__cluster_metadata';
const FIRST_VERSION_WITH_NODES = 2;

/**
 * Who keeps the cluster's metadata, in the terms of Kafka's quorum (DescribeQuorum; KIP-595): the controller is its
 * leader and only voter, and the store's revision its high watermark.
 */
export const handleDescribeQuorum = handler(describeQuorum, ({ topics }, context, broker) => {
  const [topic] = topics;
  const isMetadata =
    topics.length === 1 &&
    topic?.topicName === METADATA_TOPIC &&
    topic.partitions.length === 1 &&
    topic.partitions[0]?.partitionIndex === 0;
  if (!isMetadata) {
    return {
      errorCode: E.NONE.code,
      errorMessage: null,
      topics: topics.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: E.UNKNOWN_TOPIC_OR_PARTITION.code,
          errorMessage: E.UNKNOWN_TOPIC_OR_PARTITION.text,
          leaderId: 0,
          leaderEpoch: 0,
          highWatermark: 0,
          currentVoters: [],
          observers: [],
        })),
      })),
      nodes: [],
    };
  }
  const { revision, controller } = broker.image();
  const leaderId = controller?.brokerId ?? -1;
  const nowMs = broker.clock.nowMs();
  const voter = {
    replicaId: leaderId,
    replicaDirectoryId: ZERO_UUID,
    logEndOffset: revision,
    lastFetchTimestamp: nowMs,
    lastCaughtUpTimestamp: nowMs,
  };
  const node = broker.endpoints(context.peer).find(({ nodeId }) => nodeId === leaderId);
  return {
    errorCode: E.NONE.code,
    errorMessage: null,
    topics: [
      {
        topicName: METADATA_TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: E.NONE.code,
            errorMessage: null,
            leaderId,
            leaderEpoch: Math.min(controller?.epoch ?? 0, 0x7fff_ffff),
            highWatermark: revision,
            currentVoters: leaderId < 0 ? [] : [voter],
            observers: [],
          },
        ],
      },
    ],
    nodes:
      node === undefined || context.apiVersion < FIRST_VERSION_WITH_NODES
        ? []
        : [{ nodeId: leaderId, listeners: [{ name: 'CONTROLLER', host: node.host, port: node.port }] }],
  };
});

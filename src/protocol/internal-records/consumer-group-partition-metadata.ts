import { array, int32, message, string, uuid } from '../schema.ts';

/** Key of the topics that a consumer group subscribes to; no longer written since 4.1. */
export const consumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  recordType: 4,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
});

/** Partition counts that the group epoch was made with. */
export const consumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  recordType: 4,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: array({
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array({
        partition: int32(),
        racks: array(string()),
      }),
    }),
  },
});

import { int32, int64, message, string } from '../schema.ts';

/** Key of the target assignment of a consumer group. */
export const consumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  recordType: 6,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
});

/** Epoch of the target assignment. */
export const consumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  recordType: 6,
  versions: '0',
  flexible: '0+',
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0, tagged: '0+', ignorable: true }),
  },
});

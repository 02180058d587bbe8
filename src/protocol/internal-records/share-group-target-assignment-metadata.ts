import { int32, int64, message, string } from '../schema.ts';

/** Key of the target assignment of a share group. */
export const shareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  recordType: 12,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
});

/** Epoch of the target assignment. */
export const shareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  recordType: 12,
  versions: '0',
  flexible: '0+',
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0, tagged: '0+', ignorable: true }),
  },
});

import { array, int16, int32, int64, int8, message, string, uuid } from '../schema.ts';

/** Key of an update of share-partition state. In `__share_group_state`. */
export const shareUpdateKey = message({
  name: 'ShareUpdateKey',
  recordType: 1,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

/** What changed in the state of one share partition since its snapshot. */
export const shareUpdateValue = message({
  name: 'ShareUpdateValue',
  recordType: 1,
  versions: '0',
  flexible: '0+',
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ default: -1, tag: 0, tagged: '0+' }),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
});

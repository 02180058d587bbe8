import { array, int16, int32, int64, int8, message, string, uuid } from '../schema.ts';

/** Key of a snapshot of share-partition state. In `__share_group_state`. */
export const shareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  recordType: 0,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

/** The whole state of one share partition. */
export const shareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  recordType: 0,
  versions: '0',
  flexible: '0+',
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ default: -1, tag: 0, tagged: '0+' }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
});

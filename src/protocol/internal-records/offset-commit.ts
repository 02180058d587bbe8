import { int32, int64, message, string, uuid } from '../schema.ts';

/** Key of a committed offset: group, topic, partition. In `__consumer_offsets`. */
export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  recordType: 1,
  versions: '0',
  flexible: 'none',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

/** A committed offset. 4 adds the topic id. */
export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  recordType: 1,
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: int64(),
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
    topicId: uuid({ versions: '4+', tag: 0, tagged: '4+', ignorable: true }),
  },
});

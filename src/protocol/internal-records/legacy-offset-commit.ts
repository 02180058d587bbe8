import { int32, int64, message, string } from '../schema.ts';

/** Key of a committed offset as releases before 0.9 wrote it; read, never written. */
export const legacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  recordType: 0,
  versions: '0',
  flexible: 'none',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

/** Its value. */
export const legacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  recordType: 0,
  versions: '0',
  flexible: 'none',
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
});

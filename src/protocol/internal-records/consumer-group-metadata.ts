import { bits64, int32, message, string } from '../schema.ts';

/** Key of a consumer group (KIP-848). */
export const consumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  recordType: 3,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
});

/** A consumer group's epoch. */
export const consumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  recordType: 3,
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    metadataHash: bits64({ tag: 0, tagged: '0+' }),
  },
});

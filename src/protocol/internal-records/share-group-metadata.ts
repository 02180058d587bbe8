import { bits64, int32, message, string } from '../schema.ts';

/** Key of a share group (KIP-932). */
export const shareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  recordType: 11,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
});

/** A share group's epoch. */
export const shareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  recordType: 11,
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    metadataHash: bits64(),
  },
});

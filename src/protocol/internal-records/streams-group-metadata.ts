import { array, bits64, int32, message, string } from '../schema.ts';

/** Key of a streams group (KIP-1071). */
export const streamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  recordType: 17,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
});

const lastAssignmentConfig = {
  key: string(),
  value: string(),
};

/** A streams group's epochs and the configuration of its last assignment. */
export const streamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  recordType: 17,
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    metadataHash: bits64(),
    validatedTopologyEpoch: int32({ default: -1, tag: 0, tagged: '0+' }),
    lastAssignmentConfigs: array(lastAssignmentConfig, { nullable: '0+', tag: 1, tagged: '0+' }),
  },
});

import { array, bytes, int32, int64, message, string } from '../schema.ts';

/** Key of a classic group. In `__consumer_offsets`. */
export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  recordType: 2,
  versions: '0',
  flexible: 'none',
  fields: {
    group: string(),
  },
});

const memberMetadata = {
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
};

/** A classic group after a completed rebalance: generation, protocol, members. No value: the group is gone. */
export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  recordType: 2,
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: int64({ versions: '2+', default: -1, ignorable: true }),
    members: array(memberMetadata),
  },
});

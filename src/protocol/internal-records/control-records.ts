import { array, int16, int32, message, uuid } from '../schema.ts';

/**
 * Key of a control record after its int16 version: 0 abort, 1 commit, 2 leader change, 3 and 4 snapshot header and
 * footer, 5 and 6 KRaft version and voters.
 */
export const controlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: '0',
  flexible: 'none',
  fields: {
    type: int16(),
  },
});

/** Value of a commit or abort marker: the epoch of the coordinator that wrote it. */
export const endTxnMarker = message({
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  fields: {
    coordinatorEpoch: int32(),
  },
});

const voter = {
  voterId: int32(),
  voterDirectoryId: uuid({ versions: '1+' }),
};

/** Value of the control record with which a new leader of the metadata quorum begins its epoch. */
export const leaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  fields: {
    version: int16(),
    leaderId: int32(),
    voters: array(voter),
    grantingVoters: array(voter),
  },
});

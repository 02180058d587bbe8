import { api, errorCode, int16, int32, int64, string } from '../schema.ts';

/** Adds a group's offsets partition to a transaction. 4 may answer that the transaction is to be aborted (KIP-890). */
export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexible: '3+',
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: errorCode(),
  },
});

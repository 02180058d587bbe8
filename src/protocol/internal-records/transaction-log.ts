import { array, int16, int32, int64, int8, message, string } from '../schema.ts';

/** Key of a transactional id. In `__transaction_state`. */
export const transactionLogKey = message({
  name: 'TransactionLogKey',
  recordType: 0,
  versions: '0',
  flexible: 'none',
  fields: {
    transactionalId: string(),
  },
});

/**
 * State of a transactional id. 1 adds the ids and epochs around a completed transaction (KIP-890). No value: the id
 * is gone.
 */
export const transactionLogValue = message({
  name: 'TransactionLogValue',
  recordType: 0,
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: int64(),
    previousProducerId: int64({ versions: '1+', default: -1, tag: 0, tagged: '1+' }),
    nextProducerId: int64({ versions: '1+', default: -1, tag: 1, tagged: '1+' }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ versions: '1+', default: -1, tag: 3, tagged: '1+' }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: array(
      {
        topic: string(),
        partitionIds: array(int32()),
      },
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ versions: '1+', default: 0, tag: 2, tagged: '1+' }),
  },
});

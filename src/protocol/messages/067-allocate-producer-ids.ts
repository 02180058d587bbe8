import { api, errorCode, int32, int64 } from '../schema.ts';

/** Gives a broker a block of producer ids (KIP-730). */
export const allocateProducerIds = api({
  key: 67,
  name: 'AllocateProducerIds',
  versions: '0',
  flexible: '0+',
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: errorCode(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  },
});

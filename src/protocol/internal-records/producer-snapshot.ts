import { array, int16, int32, int64, message, uint32 } from '../schema.ts';

/**
 * A `.snapshot` file: the state of all producers of a partition at an offset. Its version stands before it as int16;
 * the CRC-32C covers what follows it.
 */
export const producerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: '1',
  flexible: 'none',
  fields: {
    crc: uint32(),
    producerEntries: array({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    }),
  },
});

import { E } from '../../protocol/errors.ts';
import { describeProducers } from '../../protocol/messages/061-describe-producers.ts';
import { handler } from '../handler.ts';

/** Producers that a partition remembers, with their open transactions (DescribeProducers; KIP-664). */
export const handleDescribeProducers = handler(describeProducers, ({ topics }, _context, broker) => ({
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const partition = broker.partitions.get(name, partitionIndex);
      const error = partition?.check(-1) ?? E.UNKNOWN_TOPIC_OR_PARTITION;
      const activeProducers = partition !== undefined && error === E.NONE ? partition.log.activeProducers() : [];
      return { partitionIndex, errorCode: error.code, errorMessage: null, activeProducers };
    }),
  })),
}));

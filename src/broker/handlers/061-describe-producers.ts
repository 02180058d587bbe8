import { topicNameProblem } from '../../controller/topic-name.ts';
import { E } from '../../protocol/errors.ts';
import { describeProducers } from '../../protocol/messages/061-describe-producers.ts';
import { absenceError } from '../replicas/absent-partition.ts';
import { handler } from '../requests/handler.ts';
import type { BrokerServices } from '../services.ts';

/** Producers that a partition remembers, with their open transactions; followers tell it as well (DescribeProducers; KIP-664). */
export const handleDescribeProducers = handler(describeProducers, ({ topics }, _context, broker) => ({
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const problem = topicProblem(name, broker);
      if (problem !== undefined) return { partitionIndex, ...problem, activeProducers: [] };
      const partition = broker.partitions.get(name, partitionIndex);
      const error = partition?.checkRead(-1, true) ?? absenceError(broker.image(), name, partitionIndex);
      const activeProducers = partition !== undefined && error === E.NONE ? partition.log.activeProducers() : [];
      return { partitionIndex, errorCode: error.code, errorMessage: null, activeProducers };
    }),
  })),
}));

function topicProblem(name: string, broker: BrokerServices): { errorCode: number; errorMessage: string } | undefined {
  const illegal = topicNameProblem(name);
  if (illegal !== undefined) return { errorCode: E.INVALID_TOPIC_EXCEPTION.code, errorMessage: illegal };
  if (broker.image().topics.has(name)) return undefined;
  const { code, text } = E.UNKNOWN_TOPIC_OR_PARTITION;
  return { errorCode: code, errorMessage: text };
}

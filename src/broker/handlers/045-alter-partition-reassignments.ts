import { E } from '../../protocol/errors.ts';
import { alterPartitionReassignments } from '../../protocol/messages/045-alter-partition-reassignments.ts';
import { byTopic } from '../by-topic.ts';
import { handler } from '../handler.ts';

/** Moves partitions to other brokers, or cancels that (AlterPartitionReassignments; KIP-455). */
export const handleAlterPartitionReassignments = handler(
  alterPartitionReassignments,
  async (request, _context, broker) => {
    const wanted = request.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, replicas }) => ({ topic: name, partition: partitionIndex, replicas })),
    );
    const results = await broker.controller.alterPartitionReassignments(wanted);
    return {
      allowReplicationFactorChange: request.allowReplicationFactorChange,
      errorCode: E.NONE.code,
      errorMessage: wanted.length === 0 ? '' : null,
      responses: byTopic(results, ({ partition, error, message }) => ({
        partitionIndex: partition,
        errorCode: error.code,
        errorMessage: message,
      })).map(({ topic, items }) => ({ name: topic, partitions: items })),
    };
  },
);

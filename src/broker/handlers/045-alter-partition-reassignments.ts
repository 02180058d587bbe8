import { E } from '../../protocol/errors.ts';
import { alterPartitionReassignments } from '../../protocol/messages/045-alter-partition-reassignments.ts';
import { handler } from '../requests/handler.ts';

/** Moves partitions to other brokers, or cancels that (AlterPartitionReassignments; KIP-455). */
export const handleAlterPartitionReassignments = handler(
  alterPartitionReassignments,
  async (request, _context, broker) => {
    const wanted = request.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, replicas }) => ({ topic: name, partition: partitionIndex, replicas })),
    );
    const { allowReplicationFactorChange } = request;
    const results = await broker.controller.alterPartitionReassignments(wanted, allowReplicationFactorChange);
    let next = 0;
    return {
      allowReplicationFactorChange,
      errorCode: E.NONE.code,
      errorMessage: request.topics.length === 0 ? '' : null,
      responses: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(() => {
          const { partition, error, message } = results[next++]!;
          return { partitionIndex: partition, errorCode: error.code, errorMessage: message };
        }),
      })),
    };
  },
);

import { listReassignments } from '../../controller/reassignments.ts';
import { E } from '../../protocol/errors.ts';
import { listPartitionReassignments } from '../../protocol/messages/046-list-partition-reassignments.ts';
import { byTopic } from '../requests/by-topic.ts';
import { handler } from '../requests/handler.ts';

/** Reassignments under way (ListPartitionReassignments; KIP-455). */
export const handleListPartitionReassignments = handler(listPartitionReassignments, ({ topics }, _context, broker) => ({
  errorCode: E.NONE.code,
  errorMessage: null,
  topics: byTopic(listReassignments(broker.image(), topics), ({ partition, replicas, adding, removing }) => ({
    partitionIndex: partition,
    replicas,
    addingReplicas: adding,
    removingReplicas: removing,
  })).map(({ topic, items }) => ({ name: topic, partitions: items })),
}));

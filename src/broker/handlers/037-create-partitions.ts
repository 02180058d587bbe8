import { createPartitions } from '../../protocol/messages/037-create-partitions.ts';
import { handler } from '../requests/handler.ts';

/** Adds partitions to topics (CreatePartitions; KIP-195). */
export const handleCreatePartitions = handler(createPartitions, async ({ topics, validateOnly }, _context, broker) => {
  const results = await broker.controller.createPartitions({ topics, validateOnly });
  return {
    results: results.map(({ name, error, message }) => ({ name, errorCode: error.code, errorMessage: message })),
  };
});

import { offsetDelete } from '../../protocol/messages/047-offset-delete.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Deletes committed offsets of topics nobody in the group reads (OffsetDelete; KIP-496). */
export const handleOffsetDelete = handler(offsetDelete, (request, context, broker) => {
  const topics = request.topics.filter(({ partitions }) => partitions.length > 0);
  return broker.groups.offsetDelete({ ...request, topics }, groupContext(context));
});

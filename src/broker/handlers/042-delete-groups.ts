import { deleteGroups } from '../../protocol/messages/042-delete-groups.ts';
import { handler } from '../requests/handler.ts';

/** Deletes empty groups with their offsets (DeleteGroups; KIP-229). */
export const handleDeleteGroups = handler(deleteGroups, (request, _context, broker) =>
  broker.groups.deleteGroups(request),
);

import { listGroups } from '../../protocol/messages/016-list-groups.ts';
import { handler } from '../requests/handler.ts';

/** Groups of this coordinator, by state and type (ListGroups; KIP-518, 848). */
export const handleListGroups = handler(listGroups, (request, _context, broker) => broker.groups.listGroups(request));

import { offsetFetch } from '../../protocol/messages/009-offset-fetch.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Reads committed offsets, of many groups at once since version 8 (OffsetFetch; KIP-447, 709). */
export const handleOffsetFetch = handler(offsetFetch, (request, context, broker) =>
  broker.groups.offsetFetch(request, groupContext(context)),
);

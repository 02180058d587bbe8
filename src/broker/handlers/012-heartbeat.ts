import { heartbeat } from '../../protocol/messages/012-heartbeat.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Keeps a member of a classic group alive (Heartbeat; KIP-345). */
export const handleHeartbeat = handler(heartbeat, (request, context, broker) =>
  broker.groups.heartbeat(request, groupContext(context)),
);

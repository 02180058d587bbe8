import { leaveGroup } from '../../protocol/messages/013-leave-group.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Takes members out of a classic group (LeaveGroup; KIP-345). */
export const handleLeaveGroup = handler(leaveGroup, (request, context, broker) =>
  broker.groups.leaveGroup(request, groupContext(context)),
);

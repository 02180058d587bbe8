import { joinGroup } from '../../protocol/messages/011-join-group.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Joins a classic group and waits for the others (JoinGroup; KIP-345, 394, 559). */
export const handleJoinGroup = handler(joinGroup, (request, context, broker) =>
  broker.groups.joinGroup(request, groupContext(context)),
);

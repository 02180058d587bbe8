import { syncGroup } from '../../protocol/messages/014-sync-group.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Brings the leader's assignment to every member (SyncGroup; KIP-559). */
export const handleSyncGroup = handler(syncGroup, (request, context, broker) =>
  broker.groups.syncGroup(request, groupContext(context)),
);

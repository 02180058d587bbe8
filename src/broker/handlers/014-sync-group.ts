import { syncGroup } from '../../protocol/messages/014-sync-group.ts';
import { groupContext } from '../group-context.ts';
import { handler } from '../handler.ts';

/** Brings the leader's assignment to every member (SyncGroup; KIP-559). */
export const handleSyncGroup = handler(syncGroup, (request, context, broker) =>
  broker.groups.syncGroup(request, groupContext(context)),
);

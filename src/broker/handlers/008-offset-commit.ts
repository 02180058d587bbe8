import { offsetCommit } from '../../protocol/messages/008-offset-commit.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';

/** Commits offsets of a group (OffsetCommit; KIP-211, 345, 848). */
export const handleOffsetCommit = handler(offsetCommit, (request, context, broker) =>
  broker.groups.offsetCommit(request, groupContext(context)),
);

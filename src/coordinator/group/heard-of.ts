import type { Reply } from '../pending-reply.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import type { GroupRequestContext } from './request-context.ts';
import { graceKey } from './timer-keys.ts';

/** A request on its way: what it says, where it came from, and where its answer goes. */
export interface GroupCall<Request, Response> {
  readonly request: Request;
  readonly context: GroupRequestContext;
  readonly reply: Reply<Response>;
}

/** A member has spoken over a connection: it is not gone, whatever became of the connection it had before. */
export function heardOf(
  state: GroupState,
  effects: GroupEffects,
  group: { readonly id: string },
  { memberId, connectionId }: { readonly memberId: string; readonly connectionId: number },
): void {
  const ref = { groupId: group.id, memberId };
  state.connections.track(connectionId, ref);
  effects.cancelTimer(graceKey(ref));
}

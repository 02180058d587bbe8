import type { GroupEffects, GroupState } from './group-state.ts';
import type { MemberRef } from './member-connections.ts';
import { graceKey, memberJoinKey, memberSyncKey, revocationKey, sessionKey } from './timer-keys.ts';

/** A member of a consumer group is gone: nothing waits for it any more. */
export function forgetMember(state: GroupState, effects: GroupEffects, ref: MemberRef): void {
  state.connections.untrack(ref);
  state.findConsumerGroup(ref.groupId)?.rejoining.delete(ref.memberId);
  effects.cancelTimer(graceKey(ref));
  cancelMemberTimers(effects, ref);
}

/** Ends the deadlines that a member has in a consumer group. */
export function cancelMemberTimers(effects: GroupEffects, ref: MemberRef): void {
  for (const key of [sessionKey, revocationKey, memberJoinKey, memberSyncKey]) effects.cancelTimer(key(ref));
}

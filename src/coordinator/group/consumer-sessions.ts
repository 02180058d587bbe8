import type { ConsumerGroup } from './consumer-group.ts';
import { MemberState, type ConsumerMember } from './consumer-member.ts';
import { removeConsumerMembers } from './consumer-removal.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { memberJoinKey, memberSyncKey, revocationKey, sessionKey } from './timer-keys.ts';

/** Starts the member's session anew; its end removes the member. A classic member brings its own length. */
export function startConsumerSession(
  state: GroupState,
  effects: GroupEffects,
  groupId: string,
  member: ConsumerMember,
): void {
  const delayMs = member.classic?.sessionTimeoutMs ?? state.config.consumerSessionTimeoutMs(groupId);
  const ref = { groupId, memberId: member.id };
  effects.setTimer(sessionKey(ref), delayMs, (later) => removeIfThere(state, later, ref));
}

/** A member that has to give partitions back has its rebalance timeout for that; another one has no such deadline. */
export function watchRevocation(
  state: GroupState,
  effects: GroupEffects,
  groupId: string,
  { id: memberId, state: memberState, epoch, rebalanceTimeoutMs }: ConsumerMember,
): void {
  const ref = { groupId, memberId };
  if (memberState !== MemberState.unrevokedPartitions) {
    effects.cancelTimer(revocationKey(ref));
    return;
  }
  effects.setTimer(revocationKey(ref), rebalanceTimeoutMs, (later) => {
    if (state.findConsumerGroup(groupId)?.members.get(memberId)?.epoch === epoch) removeIfThere(state, later, ref);
  });
}

/** A classic member was told to join again: it has its rebalance timeout for that, from the first time that it was told. */
export function awaitRejoin(state: GroupState, effects: GroupEffects, groupId: string, member: ConsumerMember): void {
  const ref = { groupId, memberId: member.id };
  const group = state.findConsumerGroup(groupId);
  if (group === undefined || group.rejoining.has(member.id)) return;
  group.rejoining.add(member.id);
  effects.setTimer(memberJoinKey(ref), member.rebalanceTimeoutMs, (later) => removeIfThere(state, later, ref));
}

/** A classic member has joined: it has its rebalance timeout to fetch its assignment. */
export function awaitSync(state: GroupState, effects: GroupEffects, groupId: string, member: ConsumerMember): void {
  const ref = { groupId, memberId: member.id };
  state.findConsumerGroup(groupId)?.rejoining.delete(member.id);
  effects.cancelTimer(memberJoinKey(ref));
  effects.setTimer(memberSyncKey(ref), member.rebalanceTimeoutMs, (later) => removeIfThere(state, later, ref));
}

/** Sets the timers of a group that was read from the log. */
export function resumeConsumerGroup(state: GroupState, effects: GroupEffects, group: ConsumerGroup): void {
  for (const member of group.members.values()) {
    startConsumerSession(state, effects, group.id, member);
    if (member.classic === null) watchRevocation(state, effects, group.id, member);
  }
}

function removeIfThere(
  state: GroupState,
  effects: GroupEffects,
  { groupId, memberId }: { readonly groupId: string; readonly memberId: string },
): void {
  const group = state.findConsumerGroup(groupId);
  const member = group?.members.get(memberId);
  if (group !== undefined && member !== undefined) removeConsumerMembers(state, effects, group, [member]);
}

import { removeMember } from './classic-rebalance.ts';
import { removeConsumerMembers } from './consumer-removal.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import type { MemberRef } from './member-connections.ts';
import { graceKey } from './timer-keys.ts';

/**
 * A connection closed. Dynamic members that spoke over it are dropped after the grace unless they are heard of before;
 * so a consumer that was killed does not hold its partitions until its session ends. Off (-1) as in Kafka.
 */
export function dropDisconnected(state: GroupState, effects: GroupEffects, connectionId: number): void {
  const graceMs = state.config.memberDisconnectGraceMs;
  for (const ref of state.connections.closed(connectionId)) {
    const member = state.groups.get(ref.groupId)?.members.get(ref.memberId);
    if (graceMs < 0 || (member?.instanceId ?? null) !== null) continue;
    effects.setTimer(graceKey(ref), graceMs, (later) => drop(state, later, ref));
  }
}

function drop(state: GroupState, effects: GroupEffects, { groupId, memberId }: MemberRef): void {
  const group = state.groups.get(groupId);
  if (group?.type === 'classic') removeMember(state, effects, group, memberId);
  if (group?.type !== 'consumer') return;
  const member = group.members.get(memberId);
  if (member !== undefined) removeConsumerMembers(state, effects, group, [member]);
}

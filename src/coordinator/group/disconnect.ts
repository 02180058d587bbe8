import { removeMember, graceKey } from './classic-rebalance.ts';
import type { GroupEffects, GroupState } from './group-state.ts';

/**
 * A connection closed. Dynamic members that spoke over it are dropped after the grace unless they are heard of before;
 * so a consumer that was killed does not hold its partitions until its session ends. Off (-1) as in Kafka.
 */
export function dropDisconnected(state: GroupState, effects: GroupEffects, connectionId: number): void {
  const graceMs = state.config.memberDisconnectGraceMs;
  for (const { groupId, memberId } of state.connections.closed(connectionId)) {
    const group = state.groups.get(groupId);
    if (graceMs < 0 || group === undefined || group.members.get(memberId)?.isStatic) continue;
    effects.setTimer(graceKey(groupId, memberId), graceMs, (later) => removeMember(state, later, group, memberId));
  }
}

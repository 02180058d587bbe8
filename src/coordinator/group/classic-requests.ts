import { heartbeatClassicGroup, type HeartbeatRequest, type HeartbeatResponse } from './classic-heartbeat.ts';
import { beatInConsumerGroup, leaveFromConsumerGroup, syncInConsumerGroup } from './classic-in-consumer.ts';
import { joinConsumerGroup } from './classic-join-consumer.ts';
import { joinClassicGroup } from './classic-join.ts';
import { leaveClassicGroup, type LeaveRequest, type LeaveResponse } from './classic-leave.ts';
import type { SyncRequest, SyncResponse } from './classic-member.ts';
import { syncClassicGroup } from './classic-sync.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import type { GroupCall } from './heard-of.ts';
import type { JoinCall } from './join-call.ts';

/** The requests of the classic protocol go to groups of both kinds: while a group changes over, its members speak both. */
export function joinGroup(state: GroupState, effects: GroupEffects, call: JoinCall): void {
  const group = state.groups.get(call.request.groupId);
  if (group?.type === 'consumer' && !group.isEmpty) joinConsumerGroup(state, effects, group, call);
  else joinClassicGroup(state, effects, call);
}

export function syncGroup(state: GroupState, effects: GroupEffects, call: GroupCall<SyncRequest, SyncResponse>): void {
  const group = state.groups.get(call.request.groupId);
  if (group?.type === 'consumer') syncInConsumerGroup(state, effects, group, call);
  else syncClassicGroup(state, effects, group, call);
}

export function heartbeat(
  state: GroupState,
  effects: GroupEffects,
  call: GroupCall<HeartbeatRequest, HeartbeatResponse>,
): void {
  const group = state.groups.get(call.request.groupId);
  if (group?.type === 'consumer') beatInConsumerGroup(state, effects, group, call);
  else heartbeatClassicGroup(state, effects, group, call);
}

export function leaveGroup(
  state: GroupState,
  effects: GroupEffects,
  call: GroupCall<LeaveRequest, LeaveResponse>,
): void {
  const group = state.groups.get(call.request.groupId);
  if (group?.type === 'consumer') leaveFromConsumerGroup(state, effects, group, call);
  else leaveClassicGroup(state, effects, group, call);
}

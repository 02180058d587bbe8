import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { heartbeat } from '../../protocol/messages/012-heartbeat.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { ClassicState, type ClassicGroup } from './classic-group.ts';
import { memberError } from './classic-join.ts';
import { startSession } from './classic-rebalance.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { heardOf, type GroupCall } from './heard-of.ts';

export type HeartbeatRequest = ReadMessage<typeof heartbeat.request>;
export type HeartbeatResponse = WriteMessage<typeof heartbeat.response>;

/** Heartbeat: keeps the session alive and tells of a rebalance. */
export function heartbeatClassicGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup | undefined,
  call: GroupCall<HeartbeatRequest, HeartbeatResponse>,
): void {
  effects.answer(call.reply, { errorCode: beat(state, effects, group, call).code });
}

function beat(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup | undefined,
  { request, context }: GroupCall<HeartbeatRequest, HeartbeatResponse>,
): ErrorSpec {
  if (group === undefined) return E.UNKNOWN_MEMBER_ID;
  const error = memberError(group, request.memberId, request.groupInstanceId);
  if (error !== undefined) return error;
  if (request.generationId !== group.generation) return E.ILLEGAL_GENERATION;
  const member = group.members.get(request.memberId)!;
  heardOf(state, effects, group, { memberId: member.id, connectionId: context.connectionId });
  switch (group.state) {
    case ClassicState.preparingRebalance:
      startSession(state, effects, group, member);
      return E.REBALANCE_IN_PROGRESS;
    case ClassicState.completingRebalance:
    case ClassicState.stable:
      startSession(state, effects, group, member);
      return E.NONE;
    case ClassicState.empty:
    case ClassicState.dead:
      return E.UNKNOWN_MEMBER_ID;
    default:
      return group.state satisfies never;
  }
}

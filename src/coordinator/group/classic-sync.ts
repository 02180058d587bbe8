import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { ClassicState, type ClassicGroup } from './classic-group.ts';
import type { ClassicMember, SyncRequest, SyncResponse } from './classic-member.ts';
import { memberError } from './classic-join.ts';
import { answerSync, prepareRebalance, startSession, syncError, syncReceived } from './classic-rebalance.ts';
import { encodeGroupValue } from './group-records.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { NO_BYTES } from './member-protocol.ts';
import { heardOf, type GroupCall } from './heard-of.ts';

/** SyncGroup: the leader brings the assignment, the others wait for it. Its record is what makes the group Stable. */
export function syncClassicGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup | undefined,
  { request, context, reply }: GroupCall<SyncRequest, SyncResponse>,
): void {
  const error = group === undefined ? E.UNKNOWN_MEMBER_ID : syncRefusal(group, request);
  if (group === undefined || error !== undefined) {
    effects.answer(reply, syncError(error ?? E.UNKNOWN_MEMBER_ID));
    return;
  }
  const member = group.members.get(request.memberId)!;
  heardOf(state, effects, group, { memberId: member.id, connectionId: context.connectionId });
  syncReceived(effects, group, member.id);
  if (group.state === ClassicState.stable) {
    startSession(state, effects, group, member);
    effects.answer(reply, syncSuccess(group, member));
    return;
  }
  // Its earlier request is of a connection given up.
  answerSync(effects, member, syncError(E.REBALANCE_IN_PROGRESS));
  member.awaitingSync = reply;
  if (group.isLeader(member.id)) assign(state, effects, group, request);
}

function syncRefusal(group: ClassicGroup, request: SyncRequest): ErrorSpec | undefined {
  const error = memberError(group, request.memberId, request.groupInstanceId);
  if (error !== undefined) return error;
  if (request.generationId !== group.generation) return E.ILLEGAL_GENERATION;
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName)) {
    return E.INCONSISTENT_GROUP_PROTOCOL;
  }
  if (group.state === ClassicState.preparingRebalance) return E.REBALANCE_IN_PROGRESS;
  return group.state === ClassicState.empty || group.state === ClassicState.dead ? E.UNKNOWN_MEMBER_ID : undefined;
}

/** Null on either side says nothing. */
function differs(mine: string | null, theirs: string | null): boolean {
  return mine !== null && theirs !== null && mine !== theirs;
}

/** Stores the leader's assignment, those it forgot getting nothing, and hands it to all who wait. */
function assign(state: GroupState, effects: GroupEffects, group: ClassicGroup, request: SyncRequest): void {
  const assignments = new Map<string, Uint8Array>();
  for (const id of group.members.keys()) assignments.set(id, NO_BYTES);
  for (const { memberId, assignment } of request.assignments) {
    if (assignments.has(memberId)) assignments.set(memberId, assignment);
  }
  const value = group.toRecord(assignments, effects.nowMs);
  if (encodeGroupValue(value).length > effects.recordBytesMax) {
    for (const member of group.members.values()) answerSync(effects, member, syncError(E.UNKNOWN_SERVER_ERROR));
    prepareRebalance(state, effects, group);
    return;
  }
  effects.write({ type: 'classicGroup', group: group.id, value });
  for (const member of group.members.values()) {
    if (member.awaitingSync === undefined) continue;
    answerSync(effects, member, syncSuccess(group, member));
    startSession(state, effects, group, member);
  }
}

function syncSuccess(group: ClassicGroup, member: ClassicMember): SyncResponse {
  return {
    errorCode: E.NONE.code,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  };
}

import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { ClassicState, type ClassicGroup } from './classic-group.ts';
import { ClassicMember } from './classic-member.ts';
import {
  answerJoin,
  answerSync,
  completeJoinIfAllJoined,
  joinError,
  joinSuccess,
  rebalanceOrCompleteJoin,
  removeMember,
  scheduleSessionEnd,
  startSession,
  syncError,
} from './classic-rebalance.ts';
import { writeConsumerGroupTombstones } from './consumer-tombstones.ts';
import { PENDING_MEMBERS_MAX } from './group-config.ts';
import { encodeGroupValue } from './group-records.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { needsMemberId, profileOf, type JoinCall } from './join-call.ts';
import type { MemberProtocol } from './member-protocol.ts';
import { graceKey } from './timer-keys.ts';

/** From this version on a static leader that came back can be told to keep the assignment (KIP-814). */
const SKIP_ASSIGNMENT_VERSION = 9;

/**
 * JoinGroup: makes the sender a member and has it wait for the generation to come, or tells it the current one. A consumer
 * group without members becomes a classic one.
 */
export function joinClassicGroup(state: GroupState, effects: GroupEffects, call: JoinCall): void {
  const { groupId, memberId, protocolType, protocols, groupInstanceId } = call.request;
  const found = state.groups.get(groupId);
  const present = found?.type === 'classic' ? found : undefined;
  if (present === undefined && memberId !== '') {
    refuse(effects, call, E.UNKNOWN_MEMBER_ID, memberId);
    return;
  }
  if (present !== undefined && !hasRoomFor(state, present, memberId)) {
    refuse(effects, call, E.GROUP_MAX_SIZE_REACHED, '');
    // It is told to go: the others need not wait for it.
    if (memberId !== '') removeMember(state, effects, present, memberId);
    return;
  }
  if (!(present ?? NEW_GROUP).supports(protocolType, protocols)) {
    refuse(effects, call, E.INCONSISTENT_GROUP_PROTOCOL, memberId);
    return;
  }
  if (found?.type === 'consumer') writeConsumerGroupTombstones(effects, found);
  const group = present ?? state.classicGroup(groupId);
  if (memberId !== '') rejoin(state, effects, group, call);
  else if (groupInstanceId !== null) joinStatic(state, effects, group, call);
  else if (needsMemberId(call)) handOutId(state, effects, group, call);
  else addMember(state, effects, group, call);
}

/** Why a request that names a member cannot be from it; undefined when it can. */
export function memberError(group: ClassicGroup, memberId: string, instanceId: string | null): ErrorSpec | undefined {
  if (instanceId !== null) {
    const holder = group.staticMembers.get(instanceId);
    if (holder === undefined) return E.UNKNOWN_MEMBER_ID;
    return holder === memberId ? undefined : E.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? undefined : E.UNKNOWN_MEMBER_ID;
}

const NEW_GROUP = {
  supports: (protocolType: string, protocols: readonly MemberProtocol[]) => protocolType !== '' && protocols.length > 0,
};

function refuse(effects: GroupEffects, call: JoinCall, error: ErrorSpec, memberId: string): void {
  effects.answer(call.reply, joinError(error, memberId));
}

/** group.max.size; while joins are under way the ones that have joined count, so that the last to come are refused. */
function hasRoomFor(state: GroupState, group: ClassicGroup, memberId: string): boolean {
  const { groupMaxSize } = state.config;
  if (memberId === '' && group.pendingMembers.size >= PENDING_MEMBERS_MAX) return false;
  if (group.state === ClassicState.empty || group.state === ClassicState.dead) return true;
  if (group.state !== ClassicState.preparingRebalance) {
    return group.members.has(memberId) || group.members.size < groupMaxSize;
  }
  return group.members.get(memberId)?.awaitingJoin !== undefined || group.awaitingJoinCount < groupMaxSize;
}

function handOutId(state: GroupState, effects: GroupEffects, group: ClassicGroup, call: JoinCall): void {
  const { newMemberId: memberId, request, context } = call;
  group.pendingMembers.add(memberId);
  state.connections.track(context.connectionId, { groupId: group.id, memberId });
  scheduleSessionEnd(state, effects, { groupId: group.id, memberId, delayMs: request.sessionTimeoutMs });
  refuse(effects, call, E.MEMBER_ID_REQUIRED, memberId);
}

function joinStatic(state: GroupState, effects: GroupEffects, group: ClassicGroup, call: JoinCall): void {
  const holderId = group.staticMembers.get(call.request.groupInstanceId!);
  const holder = holderId === undefined ? undefined : group.members.get(holderId);
  if (holder === undefined) addMember(state, effects, group, call);
  else replaceStatic(state, effects, group, { call, holder });
}

function addMember(state: GroupState, effects: GroupEffects, group: ClassicGroup, call: JoinCall): void {
  const { request, context } = call;
  const member = new ClassicMember(request.memberId === '' ? call.newMemberId : request.memberId, profileOf(call));
  member.isNew = true;
  member.awaitingJoin = call.reply;
  if (group.state === ClassicState.preparingRebalance && group.previousState === ClassicState.empty) {
    group.hasNewJoin = true;
  }
  group.add(member, request.protocolType);
  state.connections.track(context.connectionId, { groupId: group.id, memberId: member.id });
  startSession(state, effects, group, member);
  rebalanceOrCompleteJoin(state, effects, group);
}

/** A JoinGroup of someone who knows its member id. */
function rejoin(state: GroupState, effects: GroupEffects, group: ClassicGroup, call: JoinCall): void {
  const { memberId, groupInstanceId, protocols } = call.request;
  if (group.pendingMembers.has(memberId)) {
    if (groupInstanceId === null) addMember(state, effects, group, call);
    else refuse(effects, call, E.UNKNOWN_MEMBER_ID, memberId);
    return;
  }
  const error = memberError(group, memberId, groupInstanceId);
  if (error !== undefined) {
    refuse(effects, call, error, memberId);
    return;
  }
  const member = group.members.get(memberId)!;
  state.connections.track(call.context.connectionId, { groupId: group.id, memberId });
  effects.cancelTimer(graceKey({ groupId: group.id, memberId }));
  switch (group.state) {
    case ClassicState.preparingRebalance:
      updateMember(state, effects, group, { member, call });
      break;
    case ClassicState.completingRebalance:
      // The same metadata: it has not received the answer to its join. Other metadata: the leader must know of it.
      if (member.offersSame(protocols)) effects.answer(call.reply, joinSuccess(group, memberId));
      else updateMember(state, effects, group, { member, call });
      break;
    case ClassicState.stable:
      // A leader that rejoins wants a new assignment; a follower without news is told what it may have missed.
      if (!group.isLeader(memberId) && member.offersSame(protocols)) {
        effects.answer(call.reply, joinSuccess(group, memberId));
      } else {
        updateMember(state, effects, group, { member, call });
      }
      break;
    case ClassicState.empty:
    case ClassicState.dead:
      refuse(effects, call, E.UNKNOWN_MEMBER_ID, memberId);
      break;
    default:
      group.state satisfies never;
  }
}

interface MemberCall {
  readonly member: ClassicMember;
  readonly call: JoinCall;
}

function updateMember(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup,
  { member, call }: MemberCall,
): void {
  const profile = profileOf(call);
  member.protocols = profile.protocols;
  member.rebalanceTimeoutMs = profile.rebalanceTimeoutMs;
  member.sessionTimeoutMs = profile.sessionTimeoutMs;
  // Its earlier request is of a connection given up.
  answerJoin(effects, member, joinError(E.REBALANCE_IN_PROGRESS, member.id));
  member.awaitingJoin = call.reply;
  rebalanceOrCompleteJoin(state, effects, group);
}

/**
 * A new process in the place of a static member (KIP-345): it takes over the assignment. Only when the protocol would
 * change, or the old id has been told to a leader that is assigning just now, is there a rebalance.
 */
function replaceStatic(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup,
  { call, holder }: { readonly call: JoinCall; readonly holder: ClassicMember },
): void {
  const oldLeader = group.leaderId ?? '';
  answerJoin(effects, holder, joinError(E.FENCED_INSTANCE_ID, holder.id));
  answerSync(effects, holder, syncError(E.FENCED_INSTANCE_ID));
  const member = new ClassicMember(call.newMemberId, profileOf(call));
  member.assignment = holder.assignment;
  member.isNew = holder.isNew;
  const oldRef = { groupId: group.id, memberId: holder.id };
  group.replaceStatic(holder, member);
  state.connections.untrack(oldRef);
  state.connections.track(call.context.connectionId, { groupId: group.id, memberId: member.id });
  effects.cancelTimer(graceKey(oldRef));
  startSession(state, effects, group, member);

  const keepsProtocol = group.state === ClassicState.stable && group.selectProtocol() === group.protocolName;
  if (!keepsProtocol || !isStorable(effects, group)) {
    member.awaitingJoin = call.reply;
    if (group.state === ClassicState.preparingRebalance) completeJoinIfAllJoined(state, effects, group);
    else rebalanceOrCompleteJoin(state, effects, group);
    return;
  }
  const isSkipping = call.context.apiVersion >= SKIP_ASSIGNMENT_VERSION;
  effects.write({ type: 'classicGroup', group: group.id, value: group.toRecord(new Map(), effects.nowMs) });
  const response = joinSuccess(group, member.id);
  effects.answer(
    call.reply,
    // Before version 9 it must not take itself for the leader, for then it would assign; so it is told the old id.
    isSkipping
      ? { ...response, skipAssignment: group.isLeader(member.id) }
      : { ...response, leader: oldLeader, members: [] },
  );
}

function isStorable(effects: GroupEffects, group: ClassicGroup): boolean {
  return encodeGroupValue(group.toRecord(new Map(), effects.nowMs)).length <= effects.recordBytesMax;
}

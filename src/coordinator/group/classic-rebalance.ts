import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { ClassicState, type ClassicGroup } from './classic-group.ts';
import type { ClassicMember, JoinResponse, SyncResponse } from './classic-member.ts';
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from './group-config.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { NO_BYTES } from './member-protocol.ts';
import { graceKey, joinKey, sessionKey, syncKey } from './timer-keys.ts';

/** The JoinGroup response of a request that failed. */
export function joinError(error: ErrorSpec, memberId: string): JoinResponse {
  return { errorCode: error.code, generationId: -1, protocolName: null, leader: '', memberId, members: [] };
}

/** The SyncGroup response of a request that failed. */
export function syncError(error: ErrorSpec): SyncResponse {
  return { errorCode: error.code, assignment: NO_BYTES };
}

/** The current generation as one member is told it: only the leader learns of the others. */
export function joinSuccess(group: ClassicGroup, memberId: string): JoinResponse {
  const members = [];
  if (group.isLeader(memberId)) {
    for (const { id, instanceId, protocols } of group.members.values()) {
      const metadata = protocols.find(({ name }) => name === group.protocolName)?.metadata ?? NO_BYTES;
      members.push({ memberId: id, groupInstanceId: instanceId, metadata });
    }
  }
  return {
    errorCode: E.NONE.code,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId,
    members,
  };
}

/** Answers a member's parked JoinGroup, if there is one. */
export function answerJoin(effects: GroupEffects, member: ClassicMember, response: JoinResponse): void {
  if (member.awaitingJoin === undefined) return;
  effects.answer(member.awaitingJoin, response);
  member.awaitingJoin = undefined;
}

/** Answers a member's parked SyncGroup, if there is one. */
export function answerSync(effects: GroupEffects, member: ClassicMember, response: SyncResponse): void {
  if (member.awaitingSync === undefined) return;
  effects.answer(member.awaitingSync, response);
  member.awaitingSync = undefined;
}

/** Starts a rebalance where one can start; joins that is under way may be complete by what has just happened. */
export function rebalanceOrCompleteJoin(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  if (group.state === ClassicState.preparingRebalance) completeJoinIfAllJoined(state, effects, group);
  else if (group.state !== ClassicState.dead) prepareRebalance(state, effects, group);
}

/** Ends the join phase when nobody is missing; the first one of an empty group is left to its delay. */
export function completeJoinIfAllJoined(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  if (group.state !== ClassicState.preparingRebalance || group.previousState === ClassicState.empty) return;
  if (group.hasAllJoined) completeJoin(state, effects, group);
}

/** Has all members join anew: at once for those who sync, with the next heartbeat for the rest. */
export function prepareRebalance(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  if (group.state === ClassicState.completingRebalance) {
    for (const member of group.members.values()) {
      member.assignment = NO_BYTES;
      if (member.awaitingSync === undefined) continue;
      answerSync(effects, member, syncError(E.REBALANCE_IN_PROGRESS));
      startSession(state, effects, group, member);
    }
  }
  cancelPendingSync(effects, group);
  const isFirst = group.state === ClassicState.empty;
  group.transitionTo(ClassicState.preparingRebalance, effects.nowMs);
  if (isFirst) {
    const delayMs = state.config.groupInitialRebalanceDelayMs;
    awaitFirstMembers(state, effects, group, {
      delayMs,
      remainingMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0),
    });
  } else if (group.hasAllJoined) {
    completeJoin(state, effects, group);
  } else {
    scheduleJoinEnd(state, effects, group);
  }
}

/** Members of the generation were to fetch their assignments; that is over. */
export function cancelPendingSync(effects: GroupEffects, group: ClassicGroup): void {
  group.pendingSync.clear();
  effects.cancelTimer(syncKey(group.id));
}

/** Starts the member's session anew; its end removes the member. */
export function startSession(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup,
  member: ClassicMember,
): void {
  const delayMs = member.isNew ? NEW_MEMBER_JOIN_TIMEOUT_MS : member.sessionTimeoutMs;
  scheduleSessionEnd(state, effects, { groupId: group.id, memberId: member.id, delayMs });
}

/** Also for ids that are handed out to members yet to come. */
export function scheduleSessionEnd(
  state: GroupState,
  effects: GroupEffects,
  session: { readonly groupId: string; readonly memberId: string; readonly delayMs: number },
): void {
  effects.setTimer(sessionKey(session), session.delayMs, (later) =>
    endSession(state, later, session.groupId, session.memberId),
  );
}

/** Takes a member out, answering what it waits for, and lets the others go on without it. */
export function removeMember(state: GroupState, effects: GroupEffects, group: ClassicGroup, memberId: string): void {
  const wasMember = group.members.has(memberId);
  dropMember(state, effects, group, memberId);
  goOnWithout(state, effects, group, wasMember);
}

/** After members were dropped: the rest shares their work anew. A mere id that was handed out leaves no work. */
export function goOnWithout(state: GroupState, effects: GroupEffects, group: ClassicGroup, wereMembers: boolean): void {
  const { stable, completingRebalance } = ClassicState;
  if (wereMembers && (group.state === stable || group.state === completingRebalance)) {
    prepareRebalance(state, effects, group);
  } else {
    completeJoinIfAllJoined(state, effects, group);
  }
}

/** Takes a member, or an id not joined with yet, out of the group and does nothing else about it. */
export function dropMember(state: GroupState, effects: GroupEffects, group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member !== undefined) {
    answerJoin(effects, member, joinError(E.UNKNOWN_MEMBER_ID, ''));
    answerSync(effects, member, syncError(E.UNKNOWN_MEMBER_ID));
  }
  group.remove(memberId);
  const ref = { groupId: group.id, memberId };
  state.connections.untrack(ref);
  effects.cancelTimer(sessionKey(ref));
  effects.cancelTimer(graceKey(ref));
}

/** A member's sync has come, or will never come. */
export function syncReceived(effects: GroupEffects, group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId);
  if (group.pendingSync.size === 0) effects.cancelTimer(syncKey(group.id));
}

/** Sets the timers of a group that was read from the log. More members than allowed must choose anew. */
export function resumeAfterLoad(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  for (const member of group.members.values()) startSession(state, effects, group, member);
  if (group.members.size > state.config.groupMaxSize) prepareRebalance(state, effects, group);
}

/** group.initial.rebalance.delay.ms: put off again while new members come, up to the rebalance timeout in all. */
function awaitFirstMembers(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup,
  wait: { readonly delayMs: number; readonly remainingMs: number },
): void {
  if (wait.delayMs <= 0) {
    completeJoin(state, effects, group);
    return;
  }
  effects.setTimer(joinKey(group.id), wait.delayMs, (later) => {
    if (!group.hasNewJoin || wait.remainingMs === 0) {
      completeJoin(state, later, group);
      return;
    }
    group.hasNewJoin = false;
    awaitFirstMembers(state, later, group, {
      delayMs: Math.min(state.config.groupInitialRebalanceDelayMs, wait.remainingMs),
      remainingMs: Math.max(wait.remainingMs - wait.delayMs, 0),
    });
  });
}

function scheduleJoinEnd(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  effects.setTimer(joinKey(group.id), group.rebalanceTimeoutMs, (later) => completeJoin(state, later, group));
}

/** Ends the join phase: who did not come back is out, unless static; the rest is the next generation. */
function completeJoin(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  if (group.state !== ClassicState.preparingRebalance) return;
  effects.cancelTimer(joinKey(group.id));
  for (const member of group.members.values()) {
    if (member.awaitingJoin === undefined && !member.isStatic) dropMember(state, effects, group, member.id);
  }
  if (!group.electLeader() && group.members.size > 0) {
    scheduleJoinEnd(state, effects, group);
    return;
  }
  state.counters.classicRebalances++;
  group.startGeneration(effects.nowMs);
  if (group.members.size === 0) {
    effects.write({ type: 'classicGroup', group: group.id, value: group.toRecord(new Map(), effects.nowMs) });
    return;
  }
  for (const member of group.members.values()) {
    answerJoin(effects, member, joinSuccess(group, member.id));
    member.isNew = false;
    startSession(state, effects, group, member);
    group.pendingSync.add(member.id);
  }
  const { generation } = group;
  effects.setTimer(syncKey(group.id), group.rebalanceTimeoutMs, (later) =>
    endPendingSync(state, later, group, generation),
  );
}

/** Members that did not fetch their assignment in time are taken for gone. */
function endPendingSync(state: GroupState, effects: GroupEffects, group: ClassicGroup, generation: number): void {
  const { stable, completingRebalance } = ClassicState;
  if (group.generation !== generation || (group.state !== stable && group.state !== completingRebalance)) return;
  if (group.pendingSync.size === 0) return;
  for (const memberId of group.pendingSync) dropMember(state, effects, group, memberId);
  prepareRebalance(state, effects, group);
}

function endSession(state: GroupState, effects: GroupEffects, groupId: string, memberId: string): void {
  const group = state.groups.get(groupId);
  if (group?.type !== 'classic') return;
  const member = group.members.get(memberId);
  if (member === undefined && !group.pendingMembers.has(memberId)) return;
  if (member?.isExcusedFromHeartbeats) return;
  removeMember(state, effects, group, memberId);
}

import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { HeartbeatRequest, HeartbeatResponse } from './classic-heartbeat.ts';
import type { LeaveRequest, LeaveResponse } from './classic-leave.ts';
import type { SyncRequest, SyncResponse } from './classic-member.ts';
import { syncError } from './classic-rebalance.ts';
import { findPresentMember } from './consumer-entry.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { MemberState, type ClassicProfile, type ConsumerMember } from './consumer-member.ts';
import { removeConsumerMembers } from './consumer-removal.ts';
import { awaitRejoin, startConsumerSession } from './consumer-sessions.ts';
import { subscriptionVersion, writeAssignment } from './embedded-protocol.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { heardOf, type GroupCall } from './heard-of.ts';
import { CONSUMER_PROTOCOL_TYPE } from './subscription.ts';
import { memberSyncKey } from './timer-keys.ts';

type ClassicConsumerMember = ConsumerMember & { readonly classic: ClassicProfile };

/** SyncGroup of a classic member: what it has by now, which only its own joins and heartbeats of others change. */
export function syncInConsumerGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  { request, context, reply }: GroupCall<SyncRequest, SyncResponse>,
): void {
  const member = classicMember(group, request.memberId, request.groupInstanceId);
  const error =
    'code' in member ? member : (syncRefusal(member, request) ?? rejoinRequest(state, effects, group, member));
  if ('code' in member || error !== undefined) {
    effects.answer(reply, syncError(error ?? E.UNKNOWN_MEMBER_ID));
    return;
  }
  effects.cancelTimer(memberSyncKey({ groupId: group.id, memberId: member.id }));
  startConsumerSession(state, effects, group.id, member);
  heardOf(state, effects, group, { memberId: member.id, connectionId: context.connectionId });
  const version = subscriptionVersion(member.classic.protocols[0]!.metadata) ?? 0;
  const assigned = new Map([...member.assigned].map(([topicId, epochs]) => [topicId, epochs.keys()]));
  effects.answer(reply, {
    errorCode: E.NONE.code,
    protocolType: request.protocolType,
    protocolName: request.protocolName,
    assignment: writeAssignment(assigned, version, state.topics),
  });
}

function syncRefusal(member: ClassicConsumerMember, request: SyncRequest): ErrorSpec | undefined {
  if (request.generationId !== member.epoch) return E.ILLEGAL_GENERATION;
  const { protocolType, protocolName } = request;
  if (protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE) return E.INCONSISTENT_GROUP_PROTOCOL;
  if (protocolName !== null && protocolName !== member.classic.protocols[0]!.name) return E.INCONSISTENT_GROUP_PROTOCOL;
  return undefined;
}

/** A member that is behind the target has to join again before it gets anything. */
function rejoinRequest(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  member: ConsumerMember,
): ErrorSpec | undefined {
  // One that gives partitions back has joined already, and joins again when it has done so.
  if (group.targetEpoch <= member.epoch || member.state === MemberState.unrevokedPartitions) return undefined;
  awaitRejoin(state, effects, group.id, member);
  return E.REBALANCE_IN_PROGRESS;
}

/** Heartbeat of a classic member: told to join again whenever that would get it on. */
export function beatInConsumerGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  { request, context, reply }: GroupCall<HeartbeatRequest, HeartbeatResponse>,
): void {
  const member = classicMember(group, request.memberId, request.groupInstanceId);
  if ('code' in member || request.generationId !== member.epoch) {
    effects.answer(reply, { errorCode: ('code' in member ? member : E.ILLEGAL_GENERATION).code });
    return;
  }
  startConsumerSession(state, effects, group.id, member);
  heardOf(state, effects, group, { memberId: member.id, connectionId: context.connectionId });
  const isBehind =
    member.epoch < group.targetEpoch ||
    member.state === MemberState.unrevokedPartitions ||
    (member.state === MemberState.unreleasedPartitions && !isWaitingForOthers(group, member));
  if (isBehind) awaitRejoin(state, effects, group.id, member);
  effects.answer(reply, { errorCode: (isBehind ? E.REBALANCE_IN_PROGRESS : E.NONE).code });
}

/** LeaveGroup, of members of either protocol. */
export function leaveFromConsumerGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  { request, context, reply }: GroupCall<LeaveRequest, LeaveResponse>,
): void {
  const hasMembers = context.apiVersion >= BATCH_VERSION;
  const identities = hasMembers ? request.members : [{ memberId: request.memberId, groupInstanceId: null }];
  const leaving = new Map<string, ConsumerMember>();
  const members = identities.map(({ memberId, groupInstanceId }) => {
    const member = leavingMember(group, memberId, groupInstanceId);
    if (!('error' in member)) leaving.set(member.id, member);
    return { memberId, groupInstanceId, errorCode: ('error' in member ? member.error : E.NONE).code };
  });
  removeConsumerMembers(state, effects, group, [...leaving.values()]);
  effects.answer(
    reply,
    hasMembers ? { errorCode: E.NONE.code, members } : { errorCode: members[0]!.errorCode, members: [] },
  );
}

/** From this version on one request names several members (KIP-345). */
const BATCH_VERSION = 3;

/** An administrator who knows only the instance id leaves the member id out. */
function leavingMember(group: ConsumerGroup, memberId: string, instanceId: string | null) {
  const holder = instanceId === null || memberId !== '' ? undefined : group.staticMember(instanceId);
  return holder ?? findPresentMember(group, memberId, instanceId);
}

function classicMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): ClassicConsumerMember | ErrorSpec {
  const member = findPresentMember(group, memberId, instanceId);
  if ('error' in member) return member.error;
  return isClassic(member) ? member : E.UNKNOWN_MEMBER_ID;
}

function isClassic(member: ConsumerMember): member is ClassicConsumerMember {
  return member.classic !== null;
}

/** Whether something that the member is to have is still held by another. */
function isWaitingForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(member.id)) {
    const assigned = member.assigned.get(topicId);
    if (partitions.some((partition) => !assigned?.has(partition) && group.isOwned(topicId, partition))) return true;
  }
  return false;
}

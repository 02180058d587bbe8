import type { Uuid } from '../../base/uuid.ts';
import { E } from '../../protocol/errors.ts';
import { enterGroup, findMember, findMemberAgain, type Claimant } from './consumer-entry.ts';
import { followEpoch, isTargetDue } from './consumer-epoch.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { nextHeartbeatMs } from './consumer-heartbeat-interval.ts';
import {
  consumerHeartbeatError,
  type ConsumerHeartbeatCall,
  type ConsumerHeartbeatRequest,
} from './consumer-heartbeat-request.ts';
import { leaveConsumerGroup } from './consumer-leave.ts';
import {
  isSameAssignment,
  LEAVE_EPOCH,
  STATIC_LEAVE_EPOCH,
  type ConsumerMember,
  type EpochAssignment,
} from './consumer-member.ts';
import { patternRefusal } from './consumer-patterns.ts';
import { startConsumerSession } from './consumer-sessions.ts';
import { goOn, sizeRefusal, updateMember } from './consumer-update.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { heardOf } from './heard-of.ts';

/** ConsumerGroupHeartbeat: the one request of the consumer protocol. */
export function heartbeatConsumerGroup(state: GroupState, effects: GroupEffects, call: ConsumerHeartbeatCall): void {
  const { memberEpoch } = call.request;
  if (memberEpoch === LEAVE_EPOCH || memberEpoch === STATIC_LEAVE_EPOCH) leaveConsumerGroup(state, effects, call);
  else beat(state, effects, call);
}

/**
 * A heartbeat that does not leave: the member joins or tells what is new, the group's epoch and target assignment follow, and
 * the member goes its next step towards its target (KIP-848; Kafka's consumerGroupHeartbeat). All that can be refused
 * is looked at before anything is written.
 */
function beat(state: GroupState, effects: GroupEffects, call: ConsumerHeartbeatCall): void {
  const { request, context, reply } = call;
  const claimant = {
    groupId: request.groupId,
    memberId: request.memberId === '' ? call.newMemberId : request.memberId,
    memberEpoch: request.memberEpoch,
    instanceId: request.instanceId,
    owned: request.topicPartitions,
  };
  const found = findMember(state, claimant);
  if ('error' in found) {
    effects.answer(reply, consumerHeartbeatError(found));
    return;
  }
  const before = found.member;
  const told = tell(before, call);
  const refused =
    (told.pattern === before.pattern ? undefined : patternRefusal(told.pattern)) ??
    sizeRefusal(effects, request.groupId, { before, told });
  if (refused !== undefined) {
    effects.answer(reply, consumerHeartbeatError(refused));
    return;
  }
  const group = enterGroup(state, effects, found);
  const hasNewSubscription = updateMember(state, effects, group, { before, told });
  startConsumerSession(state, effects, group.id, told);
  heardOf(state, effects, group, { memberId: told.id, connectionId: context.connectionId });
  const heard = { call, claimant, hasNewSubscription, assignedBefore: before.assigned };
  if (isTargetDue(state, group, effects.nowMs)) effects.beforeAppend((later) => goOnTogether(state, later, heard));
  else answerStep(state, effects, heard, { group, member: told });
}

/** A heartbeat that was let in, with what is needed to answer it. */
interface Heard {
  readonly call: ConsumerHeartbeatCall;
  readonly claimant: Claimant;
  readonly hasNewSubscription: boolean;
  /** What the member had before the heartbeat. */
  readonly assignedBefore: EpochAssignment;
}

/**
 * Members that come at the same time get one target assignment, made with all of them in it, and not one each: that would be
 * work in the square of their number, and partitions moved for nothing. The first of them makes it.
 */
function goOnTogether(state: GroupState, effects: GroupEffects, heard: Heard): void {
  const found = findMemberAgain(state, heard.claimant);
  if ('error' in found) {
    effects.answer(heard.call.reply, consumerHeartbeatError(found));
    return;
  }
  followEpoch(state, effects, found.group);
  answerStep(state, effects, heard, found);
}

function answerStep(
  state: GroupState,
  effects: GroupEffects,
  { call: { request, reply }, hasNewSubscription, assignedBefore }: Heard,
  { group, member }: { readonly group: ConsumerGroup; readonly member: ConsumerMember },
): void {
  const after = goOn(state, effects, group, { member, hasNewSubscription, owned: request.topicPartitions });
  const isTold = isFullRequest(request) || !isSameAssignment(assignedBefore, after.assigned);
  effects.answer(reply, {
    errorCode: E.NONE.code,
    memberId: after.id,
    memberEpoch: after.epoch,
    heartbeatIntervalMs: nextHeartbeatMs(state, group, after, effects.nowMs),
    assignment: isTold ? { topicPartitions: partitionsOf(after.assigned) } : null,
  });
}

/** The member with what it says of itself now; what it leaves out is as it was. */
function tell(before: ConsumerMember, { request, context }: ConsumerHeartbeatCall): ConsumerMember {
  return {
    ...before,
    instanceId: request.instanceId ?? before.instanceId,
    rackId: request.rackId ?? before.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? before.serverAssignor,
    topics: request.subscribedTopicNames === null ? before.topics : new Set(request.subscribedTopicNames),
    pattern: request.subscribedTopicRegex ?? before.pattern,
    clientId: context.clientId,
    clientHost: context.clientHost,
    classic: null,
  };
}

/** A member that says everything of itself is told everything: it joins, or does not know what it was told. */
function isFullRequest(request: ConsumerHeartbeatRequest): boolean {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } = request;
  if (memberEpoch === 0) return true;
  const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null;
  return rebalanceTimeoutMs !== -1 && hasSubscription && topicPartitions !== null;
}

function partitionsOf(assigned: EpochAssignment): { topicId: Uuid; partitions: number[] }[] {
  return [...assigned].map(([topicId, epochs]) => ({ topicId, partitions: [...epochs.keys()] }));
}

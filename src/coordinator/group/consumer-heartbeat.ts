import type { Uuid } from '../../base/uuid.ts';
import { E } from '../../protocol/errors.ts';
import { enterGroup, findMember } from './consumer-entry.ts';
import { followEpoch } from './consumer-epoch.ts';
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
  const memberId = request.memberId === '' ? call.newMemberId : request.memberId;
  const found = findMember(state, {
    groupId: request.groupId,
    memberId,
    memberEpoch: request.memberEpoch,
    instanceId: request.instanceId,
    owned: request.topicPartitions,
  });
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
  followEpoch(state, effects, group);
  const after = goOn(state, effects, group, { member: told, hasNewSubscription, owned: request.topicPartitions });
  startConsumerSession(state, effects, group.id, after);
  heardOf(state, effects, group, { memberId, connectionId: context.connectionId });
  const isTold = isFullRequest(request) || !isSameAssignment(before.assigned, after.assigned);
  effects.answer(reply, {
    errorCode: E.NONE.code,
    memberId,
    memberEpoch: after.epoch,
    heartbeatIntervalMs: state.config.consumerHeartbeatIntervalMs(group.id),
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

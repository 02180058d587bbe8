import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { prepareRebalance, joinError } from './classic-rebalance.ts';
import { enterGroup, findPresentMember, isFull, successor, type Entry } from './consumer-entry.ts';
import { followEpoch } from './consumer-epoch.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { newConsumerMember, type ConsumerMember } from './consumer-member.ts';
import { awaitSync, startConsumerSession } from './consumer-sessions.ts';
import { goOn, sizeRefusal, updateMember } from './consumer-update.ts';
import { ownedPartitions, readSubscription, type Subscription } from './embedded-protocol.ts';
import { downgrade, mayDowngradeReplacing } from './group-downgrade.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { heardOf } from './heard-of.ts';
import { needsMemberId, profileOf, type JoinCall } from './join-call.ts';
import { CONSUMER_PROTOCOL_TYPE } from './subscription.ts';

/**
 * JoinGroup of a classic member in a consumer group: it is assigned to by the broker like the others, and its join is
 * answered at once with its epoch as the generation (Kafka's classicGroupJoinToConsumerGroup).
 */
export function joinConsumerGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  call: JoinCall,
): void {
  const { request, context, reply } = call;
  const memberId = request.memberId === '' ? call.newConsumerMemberId : request.memberId;
  const error = joinRefusal(state, group, call, memberId);
  if (error !== undefined) {
    effects.answer(reply, joinError(error, error === E.MEMBER_ID_REQUIRED ? memberId : ''));
    return;
  }
  const subscription = readSubscription(request.protocols[0]!.metadata);
  const entry = findJoining(group, memberId, request.memberId === '', request.groupInstanceId);
  if (subscription === undefined || 'code' in entry) {
    effects.answer(reply, joinError('code' in entry ? entry : E.UNKNOWN_SERVER_ERROR, ''));
    return;
  }
  const told = tell(entry.member, subscription, call);
  const tooLarge = sizeRefusal(effects, group.id, { before: entry.member, told });
  if (tooLarge !== undefined) {
    effects.answer(reply, joinError(tooLarge.error, ''));
    return;
  }
  const isDowngrade = entry.replaced !== undefined && mayDowngradeReplacing(state, group, entry.replaced);
  enterGroup(state, effects, entry);
  const hasNewSubscription = updateMember(state, effects, group, { before: entry.member, told });
  const step = { member: told, hasNewSubscription, owned: ownedPartitions(subscription, state.topics) };
  const after = isDowngrade ? endInClassic(state, effects, group, step) : goOnInConsumer(state, effects, group, step);
  heardOf(state, effects, group, { memberId, connectionId: context.connectionId });
  effects.answer(reply, {
    errorCode: E.NONE.code,
    generationId: after.epoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: request.protocols[0]!.name,
    leader: '',
    memberId,
    members: [],
  });
}

type Step = Parameters<typeof goOn>[3];

function goOnInConsumer(state: GroupState, effects: GroupEffects, group: ConsumerGroup, step: Step): ConsumerMember {
  followEpoch(state, effects, group);
  const after = goOn(state, effects, group, step);
  startConsumerSession(state, effects, group.id, after);
  awaitSync(state, effects, group.id, after);
  return after;
}

/** The last member of the consumer protocol was replaced by a classic one: the group becomes a classic group. */
function endInClassic(state: GroupState, effects: GroupEffects, group: ConsumerGroup, step: Step): ConsumerMember {
  const isBehind = group.targetEpoch < group.epoch;
  const after = isBehind ? step.member : goOn(state, effects, group, step);
  const classic = downgrade(state, effects, group, () => true);
  if (isBehind) prepareRebalance(state, effects, classic);
  return after;
}

function joinRefusal(state: GroupState, group: ConsumerGroup, call: JoinCall, memberId: string): ErrorSpec | undefined {
  const { protocolType, protocols } = call.request;
  if (state.config.consumerGroupMigrationPolicy === 'DISABLED') return E.INCONSISTENT_GROUP_PROTOCOL;
  if (isFull(state, group, memberId)) return E.GROUP_MAX_SIZE_REACHED;
  const names = protocols.map(({ name }) => name);
  if (!group.supportsClassic(protocolType, names)) return E.INCONSISTENT_GROUP_PROTOCOL;
  return needsMemberId(call) ? E.MEMBER_ID_REQUIRED : undefined;
}

function findJoining(
  group: ConsumerGroup,
  memberId: string,
  isUnknown: boolean,
  instanceId: string | null,
): Entry | ErrorSpec {
  const holder = instanceId === null ? undefined : group.staticMember(instanceId);
  if (instanceId !== null && !isUnknown) {
    const present = findPresentMember(group, memberId, instanceId);
    return 'error' in present ? present.error : { group, member: present };
  }
  if (holder !== undefined) return { group, ...successor(holder, memberId) };
  return { group, member: group.members.get(memberId) ?? newConsumerMember(memberId) };
}

function tell(before: ConsumerMember, subscription: Subscription, call: JoinCall): ConsumerMember {
  const { instanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols, clientId, clientHost } = profileOf(call);
  const rackId = subscription.rackId === '' ? null : subscription.rackId;
  return {
    ...before,
    instanceId: instanceId ?? before.instanceId,
    rackId: rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topics: new Set(subscription.topics),
    // Classic members match their patterns themselves.
    pattern: '',
    clientId,
    clientHost,
    classic: { sessionTimeoutMs, protocols },
  };
}

import { E } from '../../protocol/errors.ts';
import { followChanges, subscribedTopicIds } from './consumer-epoch.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import {
  isReconciledTo,
  isSameAssignment,
  isSameSet,
  type ClassicProfile,
  type ConsumerMember,
} from './consumer-member.ts';
import { followPattern, PatternChange } from './consumer-patterns.ts';
import { detailsOf, progressOf, recordBytes } from './consumer-records.ts';
import { reconcile, type OwnedPartitions } from './consumer-reconciliation.ts';
import { watchRevocation } from './consumer-sessions.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { refusal, type Refusal } from './refusal.ts';

interface Update {
  readonly before: ConsumerMember;
  /** The member with what it says of itself now. */
  readonly told: ConsumerMember;
}

/** Why what a member says of itself cannot be kept: no record may be larger than a batch of the log. */
export function sizeRefusal(effects: GroupEffects, group: string, { before, told }: Update): Refusal | undefined {
  if (isSameMember(before, told)) return undefined;
  const record = { type: 'consumerMember', group, memberId: told.id, value: detailsOf(told) } as const;
  if (recordBytes(record) <= effects.recordBytesMax) return undefined;
  return refusal(E.UNKNOWN_SERVER_ERROR, E.UNKNOWN_SERVER_ERROR.text);
}

/** Records what is new of a member and begins a group epoch if that calls for one; whether its subscription has changed. */
export function updateMember(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  { before, told }: Update,
): boolean {
  const lastRefreshMs = group.patternsRefreshedMs;
  if (!isSameMember(before, told)) {
    effects.write({ type: 'consumerMember', group: group.id, memberId: told.id, value: detailsOf(told) });
  }
  const hasNewTopics = !isSameSet(before.topics, told.topics);
  const change = followPattern(state, effects, group, { before: before.pattern, after: told.pattern, lastRefreshMs });
  const isEpochDue = hasNewTopics || change === PatternChange.resolved;
  if (isEpochDue || group.isRefreshDue(effects.nowMs)) followChanges(state, effects, group, isEpochDue);
  return hasNewTopics || change !== PatternChange.none;
}

interface Step {
  readonly member: ConsumerMember;
  readonly hasNewSubscription: boolean;
  readonly owned: OwnedPartitions | null;
}

/** Takes the member a step nearer to its target, if it is not there; the member after it. */
export function goOn(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  { member, hasNewSubscription, owned }: Step,
): ConsumerMember {
  if (!hasNewSubscription && isReconciledTo(member, group.targetEpoch)) return member;
  const after = reconcile({
    member,
    targetEpoch: group.targetEpoch,
    target: group.target(member.id),
    subscribedTopicIds: subscribedTopicIds(state, group, member),
    hasNewSubscription,
    owned,
    isOwned: (topicId, partition) => group.isOwned(topicId, partition),
  });
  if (isSameProgress(member, after)) return member;
  effects.write({ type: 'consumerCurrent', group: group.id, memberId: member.id, value: progressOf(after) });
  if (after.classic === null) watchRevocation(state, effects, group.id, after);
  return after;
}

function isSameMember(left: ConsumerMember, right: ConsumerMember): boolean {
  return (
    left.instanceId === right.instanceId &&
    left.rackId === right.rackId &&
    left.rebalanceTimeoutMs === right.rebalanceTimeoutMs &&
    left.clientId === right.clientId &&
    left.clientHost === right.clientHost &&
    left.pattern === right.pattern &&
    left.serverAssignor === right.serverAssignor &&
    isSameSet(left.topics, right.topics) &&
    isSameClassic(left.classic, right.classic)
  );
}

function isSameClassic(left: ClassicProfile | null, right: ClassicProfile | null): boolean {
  if (left === null || right === null) return left === right;
  return (
    left.sessionTimeoutMs === right.sessionTimeoutMs &&
    left.protocols.length === right.protocols.length &&
    left.protocols.every(({ name, metadata }, index) => {
      const other = right.protocols[index]!;
      return other.name === name && Buffer.compare(other.metadata, metadata) === 0;
    })
  );
}

function isSameProgress(left: ConsumerMember, right: ConsumerMember): boolean {
  return (
    left === right ||
    (left.epoch === right.epoch &&
      left.previousEpoch === right.previousEpoch &&
      left.state === right.state &&
      isSameAssignment(left.assigned, right.assigned) &&
      isSameAssignment(left.pendingRevocation, right.pendingRevocation))
  );
}

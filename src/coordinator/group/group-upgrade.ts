import { E } from '../../protocol/errors.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';
import { answerJoin, answerSync, joinError, syncError } from './classic-rebalance.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { MemberState, newConsumerMember, type ConsumerMember } from './consumer-member.ts';
import { detailsOf, progressOf } from './consumer-records.ts';
import { startConsumerSession } from './consumer-sessions.ts';
import { readAssignment, readSubscription } from './embedded-protocol.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { mayUpgrade } from './migration-policy.ts';
import { endClassicGroup } from './offset-deletion.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Assignment } from './assignor/partition-assignor.ts';

/**
 * The consumer group that a classic group would become, its members as they are (KIP-848, online upgrade); why it cannot when it is
 * not one of consumers, or speaks what only its own assignor understands. Nothing is written.
 */
export function planUpgrade(state: GroupState, classic: ClassicGroup): ConsumerGroup | Refusal {
  const problem = upgradeProblem(state, classic);
  if (problem !== undefined) return cannot(classic, problem);
  const group = new ConsumerGroup(classic.id);
  group.epoch = classic.generation;
  group.targetEpoch = classic.generation;
  for (const member of classic.members.values()) {
    const converted = convert(state, classic, member);
    if (typeof converted === 'string') return cannot(classic, converted);
    group.put(converted.member);
    group.targets.set(member.id, converted.target);
  }
  group.metadataHash = state.topicHashes.of(group.subscribedTopics());
  return group;
}

/** Makes the classic group the planned one: whoever waits for a rebalance is told to join anew. */
export function upgrade(state: GroupState, effects: GroupEffects, classic: ClassicGroup, planned: ConsumerGroup): void {
  for (const member of classic.members.values()) {
    answerJoin(effects, member, joinError(E.REBALANCE_IN_PROGRESS, member.id));
    answerSync(effects, member, syncError(E.REBALANCE_IN_PROGRESS));
  }
  endClassicGroup(state, effects, classic);
  const { id: group, epoch, metadataHash } = planned;
  for (const member of planned.members.values()) {
    effects.write({ type: 'consumerMember', group, memberId: member.id, value: detailsOf(member) });
  }
  effects.write({ type: 'consumerEpoch', group, value: { epoch, metadataHash } });
  for (const [memberId, value] of planned.targets) {
    effects.write({ type: 'consumerTarget', group, memberId, value });
  }
  effects.write({ type: 'consumerTargetEpoch', group, value: { epoch: planned.targetEpoch, timestampMs: 0 } });
  for (const member of planned.members.values()) {
    effects.write({ type: 'consumerCurrent', group, memberId: member.id, value: progressOf(member) });
    startConsumerSession(state, effects, group, member);
  }
}

function upgradeProblem(state: GroupState, classic: ClassicGroup): string | undefined {
  if (!mayUpgrade(state.config.consumerGroupMigrationPolicy)) return 'online upgrade is disabled.';
  if (!classic.isConsumerGroup) return 'the group does not use the consumer embedded protocol.';
  if (classic.members.size > state.config.consumerGroupMaxSize) {
    return 'the group size exceeds the consumer group maximum size.';
  }
  return undefined;
}

function convert(
  state: GroupState,
  classic: ClassicGroup,
  from: ClassicMember,
): { readonly member: ConsumerMember; readonly target: Assignment } | string {
  const malformed = 'the embedded consumer protocol is malformed.';
  const subscription = readSubscription(from.metadataFor(classic.protocolName));
  const embedded =
    from.assignment.length === 0
      ? { assignment: new Map<string, number[]>(), hasUserData: false }
      : readAssignment(from.assignment, state.topics);
  if (subscription === undefined || embedded === undefined) return malformed;
  if (embedded.hasUserData) {
    const advice =
      'Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.';
    return `an unsupported custom assignor is in use. ${advice}`;
  }
  const { generation } = classic;
  const { instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = from;
  const assigned = new Map(
    [...embedded.assignment].map(([topicId, partitions]) => [
      topicId,
      new Map(partitions.map((partition) => [partition, generation])),
    ]),
  );
  const member: ConsumerMember = {
    ...newConsumerMember(from.id),
    epoch: generation,
    previousEpoch: generation,
    state: MemberState.stable,
    instanceId,
    rackId: subscription.rackId === '' ? null : subscription.rackId,
    rebalanceTimeoutMs,
    clientId,
    clientHost,
    topics: new Set(subscription.topics),
    assigned,
    classic: { sessionTimeoutMs, protocols },
  };
  return { member, target: embedded.assignment };
}

function cannot({ id }: ClassicGroup, problem: string): Refusal {
  return refusal(E.GROUP_ID_NOT_FOUND, `Cannot upgrade classic group ${id} to consumer group because ${problem}`);
}

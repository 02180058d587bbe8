import { assert } from '../../base/assert.ts';
import { ClassicGroup } from './classic-group.ts';
import { ClassicMember } from './classic-member.ts';
import { prepareRebalance, startSession } from './classic-rebalance.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { writeConsumerGroupTombstones } from './consumer-tombstones.ts';
import { subscriptionVersion, writeAssignment } from './embedded-protocol.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { cancelMemberTimers } from './member-timers.ts';
import { mayDowngrade } from './migration-policy.ts';
import { CONSUMER_PROTOCOL_TYPE } from './subscription.ts';

/** Whether the group can be a classic one after `leaving` left: only classic members stay, and they may (KIP-848, online downgrade). */
export function mayDowngradeWithout(
  state: GroupState,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): boolean {
  const staying = group.members.size - leaving.length;
  const stayingClassic = group.classicMemberCount - leaving.filter(({ classic }) => classic !== null).length;
  if (staying <= 0 || stayingClassic !== staying) return false;
  return mayDowngrade(state.config.consumerGroupMigrationPolicy) && staying <= state.config.groupMaxSize;
}

/** Whether the group can be a classic one after a classic process took the place of `replaced`, a static member. */
export function mayDowngradeReplacing(state: GroupState, group: ConsumerGroup, replaced: ConsumerMember): boolean {
  const { size } = group.members;
  if (replaced.classic !== null || group.classicMemberCount !== size - 1) return false;
  return mayDowngrade(state.config.consumerGroupMigrationPolicy) && size <= state.config.groupMaxSize;
}

/** Makes the group a classic one of those who stay, and has them share the partitions of `leaving` in a rebalance. */
export function downgradeWithout(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): void {
  const gone = new Set(leaving.map(({ id }) => id));
  const classic = downgrade(state, effects, group, (member) => !gone.has(member.id));
  prepareRebalance(state, effects, classic);
}

/** Makes the group a classic one in which every classic member that stays has its target assignment. */
export function downgrade(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  stays: (member: ConsumerMember) => boolean,
): ClassicGroup {
  const staying = [...group.members.values()].filter(stays);
  const targets = new Map(staying.map(({ id }) => [id, group.target(id)]));
  for (const memberId of group.members.keys()) cancelMemberTimers(effects, { groupId: group.id, memberId });
  writeConsumerGroupTombstones(effects, group);
  const classic = state.classicGroup(group.id);
  classic.generation = group.epoch;
  for (const member of staying) classic.add(classicMemberOf(member), CONSUMER_PROTOCOL_TYPE);
  classic.protocolName = classic.selectProtocol();
  const assignments = new Map<string, Uint8Array>();
  for (const member of classic.members.values()) {
    const version = subscriptionVersion(member.metadataFor(classic.protocolName)) ?? 0;
    assignments.set(member.id, writeAssignment(targets.get(member.id) ?? new Map(), version, state.topics));
  }
  effects.write({ type: 'classicGroup', group: group.id, value: classic.toRecord(assignments, effects.nowMs) });
  for (const member of classic.members.values()) startSession(state, effects, classic, member);
  return classic;
}

function classicMemberOf(member: ConsumerMember): ClassicMember {
  const { id, instanceId, clientId, clientHost, rebalanceTimeoutMs, classic } = member;
  assert(classic !== null, 'only classic members stay when a group becomes a classic one');
  const { sessionTimeoutMs, protocols } = classic;
  return new ClassicMember(id, { instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols });
}

import { E } from '../../protocol/errors.ts';
import { ClassicState, type ClassicGroup } from './classic-group.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { newConsumerMember, STATIC_LEAVE_EPOCH, type ConsumerMember, type EpochAssignment } from './consumer-member.ts';
import type { OwnedPartitions } from './consumer-reconciliation.ts';
import { detailsOf, progressOf } from './consumer-records.ts';
import { writeMemberTombstones } from './consumer-tombstones.ts';
import { planUpgrade, upgrade } from './group-upgrade.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { forgetMember } from './member-timers.ts';
import { endClassicGroup } from './offset-deletion.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Whom a heartbeat comes from, as it says. */
export interface Claimant {
  readonly groupId: string;
  readonly memberId: string;
  /** 0 joins, or joins again without anything. */
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly owned: OwnedPartitions | null;
}

/** A member found or about to be: nothing is written yet. */
export interface Entry {
  readonly group: ConsumerGroup;
  /** As the group knows it before the request. */
  readonly member: ConsumerMember;
  /** The static member whose place it takes. */
  readonly replaced?: ConsumerMember | undefined;
  /** The classic group that gives way to `group`. */
  readonly classic?: ClassicGroup | undefined;
}

/** Finds the member of a heartbeat and its group, or why it cannot be one. */
export function findMember(state: GroupState, claimant: Claimant): Entry | Refusal {
  const { groupId, memberId, memberEpoch, instanceId } = claimant;
  const isJoining = memberEpoch === 0;
  const found = findGroup(state, groupId, isJoining);
  if ('error' in found) return found;
  const { group } = found;
  if (isFull(state, group, memberId)) {
    const most = state.config.consumerGroupMaxSize;
    return refusal(E.GROUP_MAX_SIZE_REACHED, `The consumer group has reached its maximum capacity of ${most} members.`);
  }
  const holder = instanceId === null ? undefined : group.staticMember(instanceId);
  if (isJoining) {
    if (holder === undefined) return { ...found, member: group.members.get(memberId) ?? newConsumerMember(memberId) };
    if (holder.classic === null && holder.epoch !== STATIC_LEAVE_EPOCH) {
      const who = `Static member ${memberId} with instance id ${instanceId}`;
      return refusal(
        E.UNRELEASED_INSTANCE_ID,
        `${who} cannot join the group because the instance id is owned by ${holder.id} member.`,
      );
    }
    return { ...found, ...successor(holder, memberId) };
  }
  const member = findPresentMember(group, memberId, instanceId);
  if ('error' in member) return member;
  return epochRefusal(member, claimant) ?? { ...found, member };
}

/** The member of a heartbeat that was let in before, after what others have done since. */
export function findMemberAgain(
  state: GroupState,
  claimant: Claimant,
): { readonly group: ConsumerGroup; readonly member: ConsumerMember } | Refusal {
  const found = findGroup(state, claimant.groupId, false);
  if ('error' in found) return found;
  const { group } = found;
  const member = findPresentMember(group, claimant.memberId, claimant.instanceId);
  if ('error' in member) return member;
  const refused = claimant.memberEpoch === 0 ? undefined : epochRefusal(member, claimant);
  return refused ?? { group, member };
}

/** The member that a request of a present one means. */
export function findPresentMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): ConsumerMember | Refusal {
  if (instanceId === null) {
    const member = group.members.get(memberId);
    return member ?? refusal(E.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${group.id}.`);
  }
  const holder = group.staticMember(instanceId);
  if (holder === undefined) return refusal(E.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`);
  if (holder.id === memberId) return holder;
  const who = `Static member ${memberId} with instance id ${instanceId}`;
  return refusal(E.FENCED_INSTANCE_ID, `${who} was fenced by member ${holder.id}.`);
}

/** A new process in the place of a static member: it has what its predecessor had. */
export function successor(holder: ConsumerMember, memberId: string): Pick<Entry, 'member' | 'replaced'> {
  return { member: { ...holder, id: memberId, epoch: 0, previousEpoch: 0 }, replaced: holder };
}

/** group.consumer.max.size. */
export function isFull(state: GroupState, group: ConsumerGroup, memberId: string): boolean {
  return group.members.size >= state.config.consumerGroupMaxSize && !group.members.has(memberId);
}

/** Writes what has to be before the member itself: a classic group becomes a consumer group, a successor takes its place. */
export function enterGroup(
  state: GroupState,
  effects: GroupEffects,
  { group: found, member, replaced, classic }: Entry,
): ConsumerGroup {
  if (classic !== undefined) {
    if (classic.state === ClassicState.empty) endClassicGroup(state, effects, classic);
    else upgrade(state, effects, classic, found);
  }
  const group = state.consumerGroup(found.id);
  if (replaced !== undefined) {
    const target = group.target(replaced.id);
    forgetMember(state, effects, { groupId: group.id, memberId: replaced.id });
    writeMemberTombstones(effects, group.id, replaced.id);
    const place = { group: group.id, memberId: member.id };
    effects.write({ type: 'consumerMember', ...place, value: detailsOf(member) });
    effects.write({ type: 'consumerTarget', ...place, value: target });
    effects.write({ type: 'consumerCurrent', ...place, value: progressOf(member) });
  }
  return group;
}

function findGroup(state: GroupState, groupId: string, isJoining: boolean): Pick<Entry, 'group' | 'classic'> | Refusal {
  const present = state.groups.get(groupId);
  if (present?.type === 'consumer') return { group: present };
  if (!isJoining) {
    const problem =
      present === undefined ? `Consumer group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`;
    return refusal(E.GROUP_ID_NOT_FOUND, problem);
  }
  if (present === undefined) return { group: new ConsumerGroup(groupId) };
  if (present.state === ClassicState.empty) return { group: new ConsumerGroup(groupId), classic: present };
  const group = planUpgrade(state, present);
  return 'error' in group ? group : { group, classic: present };
}

/**
 * An epoch that is not the member's: only the one before, from a member that has nothing but what it was given since, is
 * let pass, for then the answer that told it of the new one was lost.
 */
function epochRefusal(member: ConsumerMember, { memberEpoch, owned }: Claimant): Refusal | undefined {
  if (memberEpoch === member.epoch) return undefined;
  const isLost = memberEpoch === member.previousEpoch && isPartOf(owned, member.assigned);
  if (memberEpoch < member.epoch && isLost) return undefined;
  const side = memberEpoch > member.epoch ? 'greater' : 'smaller';
  const epochs = `(${memberEpoch}) than the one known by the group coordinator (${member.epoch})`;
  return refusal(
    E.FENCED_MEMBER_EPOCH,
    `The consumer group member has a ${side} member epoch ${epochs}. The member must abandon all its partitions and rejoin.`,
  );
}

function isPartOf(owned: OwnedPartitions | null, assigned: EpochAssignment): boolean {
  if (owned === null) return false;
  return owned.every(({ topicId, partitions }) => {
    const epochs = assigned.get(topicId);
    return epochs !== undefined && partitions.every((partition) => epochs.has(partition));
  });
}

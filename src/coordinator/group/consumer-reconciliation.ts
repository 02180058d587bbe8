import type { Uuid } from '../../base/uuid.ts';
import type { Assignment } from './assignor/partition-assignor.ts';
import { MemberState, NO_PARTITIONS, type ConsumerMember, type EpochAssignment } from './consumer-member.ts';

/** Partitions as a member names them, in a heartbeat or in its join metadata. */
export type OwnedPartitions = readonly { readonly topicId: Uuid; readonly partitions: readonly number[] }[];

/** What a member's next step is decided by. */
export interface Reconciliation {
  readonly member: ConsumerMember;
  readonly targetEpoch: number;
  readonly target: Assignment;
  /** Ids of the existing topics that the member subscribes to. */
  readonly subscribedTopicIds: ReadonlySet<Uuid>;
  /** It has just changed its subscription: what it no longer reads has to go even before there is a new assignment. */
  readonly hasNewSubscription: boolean;
  /** What the member says that it holds; null when it says nothing. */
  readonly owned: OwnedPartitions | null;
  /** Whether somebody, it itself included, holds the partition or is still to give it back. */
  readonly isOwned: (topicId: Uuid, partition: number) => boolean;
}

/**
 * The member's next step towards its target: first it gives back what it is not to have, then it goes on to the epoch of
 * the target, then it gets what it is to have as soon as nobody else holds it. Returns the member itself when there is
 * nothing to do (Kafka's CurrentAssignmentBuilder).
 */
export function reconcile(input: Reconciliation): ConsumerMember {
  const { member, targetEpoch, hasNewSubscription, owned } = input;
  switch (member.state) {
    case MemberState.stable:
      if (member.epoch !== targetEpoch) return nextStep(input);
      return hasNewSubscription ? withoutUnsubscribed(input) : member;
    case MemberState.unrevokedPartitions:
      if (!holdsSome(owned, member.pendingRevocation)) return nextStep(input);
      return hasNewSubscription ? withoutUnsubscribed(input) : member;
    case MemberState.unreleasedPartitions:
      return nextStep(input);
    default:
      return member.state satisfies never;
  }
}

/** Whether the member holds some of `partitions`; a member that does not say is taken to. */
function holdsSome(owned: OwnedPartitions | null, partitions: EpochAssignment): boolean {
  if (owned === null) return true;
  return owned.some(({ topicId, partitions: held }) => {
    const some = partitions.get(topicId);
    return some !== undefined && held.some((partition) => some.has(partition));
  });
}

/** Takes the topics away that the member no longer subscribes to, and leaves the rest as it is. */
function withoutUnsubscribed({ member, subscribedTopicIds, owned }: Reconciliation): ConsumerMember {
  const assigned = new Map(member.assigned);
  const pending = new Map(member.pendingRevocation);
  for (const [topicId, partitions] of member.assigned) {
    if (subscribedTopicIds.has(topicId)) continue;
    assigned.delete(topicId);
    pending.set(topicId, new Map([...(pending.get(topicId) ?? []), ...partitions]));
  }
  if (assigned.size === member.assigned.size) return member;
  const moved = { ...member, previousEpoch: member.epoch, assigned };
  if (!holdsSome(owned, pending)) return moved;
  return { ...moved, state: MemberState.unrevokedPartitions, pendingRevocation: pending };
}

function nextStep(input: Reconciliation): ConsumerMember {
  const { member, targetEpoch, owned } = input;
  const { kept, revoked, added, isWaiting } = compareWithTarget(input);
  if (revoked.size > 0 && holdsSome(owned, revoked)) {
    return {
      ...member,
      previousEpoch: member.epoch,
      state: MemberState.unrevokedPartitions,
      assigned: kept,
      pendingRevocation: revoked,
    };
  }
  for (const [topicId, partitions] of added) {
    const epochs = kept.get(topicId) ?? new Map<number, number>();
    for (const partition of partitions) epochs.set(partition, targetEpoch);
    kept.set(topicId, epochs);
  }
  return {
    ...member,
    epoch: targetEpoch,
    previousEpoch: member.epoch,
    state: isWaiting ? MemberState.unreleasedPartitions : MemberState.stable,
    assigned: kept,
    pendingRevocation: NO_PARTITIONS,
  };
}

interface Comparison {
  /** What it has and is to have. */
  readonly kept: Map<Uuid, Map<number, number>>;
  /** What it has and is not to have. */
  readonly revoked: Map<Uuid, Map<number, number>>;
  /** What it is to have and nobody holds. */
  readonly added: Map<Uuid, number[]>;
  /** Something that it is to have is still held by another. */
  readonly isWaiting: boolean;
}

function compareWithTarget(input: Reconciliation): Comparison {
  const { member, target, subscribedTopicIds, isOwned } = input;
  const kept = new Map<Uuid, Map<number, number>>();
  const revoked = new Map<Uuid, Map<number, number>>();
  const added = new Map<Uuid, number[]>();
  let isWaiting = false;
  for (const [topicId, partitions] of member.assigned) {
    const wanted = new Set(subscribedTopicIds.has(topicId) ? target.get(topicId) : []);
    for (const [partition, epoch] of partitions) {
      const side = wanted.has(partition) ? kept : revoked;
      const epochs = side.get(topicId);
      if (epochs === undefined) side.set(topicId, new Map([[partition, epoch]]));
      else epochs.set(partition, epoch);
    }
  }
  for (const [topicId, partitions] of target) {
    if (!subscribedTopicIds.has(topicId)) continue;
    const present = member.assigned.get(topicId);
    // What it was to give back and is to have again is not held by another.
    const returning = member.pendingRevocation.get(topicId);
    for (const partition of partitions) {
      if (present?.has(partition)) continue;
      if (isOwned(topicId, partition) && !returning?.has(partition)) {
        isWaiting = true;
        continue;
      }
      const list = added.get(topicId);
      if (list === undefined) added.set(topicId, [partition]);
      else list.push(partition);
    }
  }
  return { kept, revoked, added, isWaiting };
}

import type { Uuid } from '../../base/uuid.ts';
import type { AssignableTopics, AssignedMember, Assignment } from './assignor/partition-assignor.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import type { GroupTopics } from './group-topics.ts';

/**
 * Begins a new group epoch when members, subscriptions or the topics themselves have changed.
 *
 * @param hasChanged the caller knows of a change already; the topics are compared in any case.
 */
export function followChanges(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  hasChanged: boolean,
): void {
  const metadataHash = state.topicHashes.of(group.subscribedTopics());
  if (hasChanged || metadataHash !== group.metadataHash) beginEpoch(state, effects, group, metadataHash);
  group.refreshed(effects.nowMs);
  if (group.hasTopicsRecord) effects.write({ type: 'consumerTopics', group: group.id, value: null });
}

export function beginEpoch(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  metadataHash: bigint = state.topicHashes.of(group.subscribedTopics()),
): void {
  state.counters.consumerRebalances++;
  effects.write({ type: 'consumerEpoch', group: group.id, value: { epoch: group.epoch + 1, metadataHash } });
}

/**
 * Whether the group's epoch is ahead of the target assignment and a new one may be made: at most once in
 * group.consumer.assignment.interval.ms; a later heartbeat of any member catches up.
 */
export function isTargetDue(state: GroupState, group: ConsumerGroup, nowMs: number): boolean {
  return group.targetEpoch < group.epoch && targetDueInMs(state, group, nowMs) <= 0;
}

/** How long it is until a new target assignment may be made, in milliseconds; 0 or less: it may. */
export function targetDueInMs(state: GroupState, group: ConsumerGroup, nowMs: number): number {
  if (group.targetTimestampMs === 0) return 0;
  const intervalMs = state.config.consumerAssignmentIntervalMs(group.id);
  return intervalMs === 0 ? 0 : group.targetTimestampMs + intervalMs - nowMs;
}

/** Makes a new target assignment when it {@link isTargetDue}. */
export function followEpoch(state: GroupState, effects: GroupEffects, group: ConsumerGroup): void {
  if (!isTargetDue(state, group, effects.nowMs)) return;
  const { assignors } = state.config;
  const preferred = group.preferredAssignor([...assignors.keys()].toSorted(uniformFirst));
  const assignor = (preferred === undefined ? undefined : assignors.get(preferred)) ?? assignors.values().next().value;
  if (assignor === undefined) return;
  const assignments = assignor.assign(assignedMembers(state, group), assignableTopics(state.topics));
  for (const memberId of group.members.keys()) {
    const assignment = assignments.get(memberId) ?? new Map();
    const before = group.targets.get(memberId);
    if (before !== undefined && isSameTarget(before, assignment)) continue;
    effects.write({ type: 'consumerTarget', group: group.id, memberId, value: assignment });
  }
  effects.write({
    type: 'consumerTargetEpoch',
    group: group.id,
    value: { epoch: group.epoch, timestampMs: effects.nowMs },
  });
}

/** Ids of the existing topics that the member subscribes to. */
export function subscribedTopicIds(state: GroupState, group: ConsumerGroup, member: ConsumerMember): Set<Uuid> {
  return topicIdsOf(group.topicsOf(member), state.topics);
}

/** When as many members want one as the other, uniform it is, whatever the order of the setting. */
function uniformFirst(left: string, right: string): number {
  return Number(right === 'uniform') - Number(left === 'uniform');
}

function assignedMembers(state: GroupState, group: ConsumerGroup): AssignedMember[] {
  // Members of one pattern share the set of its topics.
  const idsOf = new Map<ReadonlySet<string>, ReadonlySet<Uuid>>();
  const members = [...group.members.values()].toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return members.map((member) => {
    const names = group.topicsOf(member);
    let topicIds = idsOf.get(names);
    if (topicIds === undefined) idsOf.set(names, (topicIds = topicIdsOf(names, state.topics)));
    const { id: memberId, instanceId, rackId } = member;
    return { memberId, instanceId, rackId, topicIds, assignment: group.target(memberId) };
  });
}

function topicIdsOf(names: Iterable<string>, topics: GroupTopics): Set<Uuid> {
  const ids = new Set<Uuid>();
  for (const name of names) {
    const id = topics.topicId(name);
    if (id !== undefined) ids.add(id);
  }
  return ids;
}

function assignableTopics(topics: GroupTopics): AssignableTopics {
  return {
    partitionCount(topicId) {
      const name = topics.topicName(topicId);
      return name === undefined ? 0 : (topics.partitionCount(name) ?? 0);
    },
    racks(topicId, partition) {
      const name = topics.topicName(topicId);
      return new Set(name === undefined ? [] : topics.racks(name, partition));
    },
  };
}

function isSameTarget(left: Assignment, right: Assignment): boolean {
  if (left.size !== right.size) return false;
  for (const [topicId, partitions] of left) {
    const others = right.get(topicId);
    if (others?.length !== partitions.length) return false;
    if (!partitions.every((partition, index) => others[index] === partition)) return false;
  }
  return true;
}

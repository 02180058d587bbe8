import { ClassicState } from './classic-group.ts';
import type { OffsetValue } from './group-records.ts';
import type { Group, GroupEffects, GroupState } from './group-state.ts';
import { endGroup, writeTombstone } from './offset-deletion.ts';

const EXPIRY_KEY = 'expiry';

/** Looks for what has had its time every offsets.retention.check.interval.ms. */
export function scheduleExpiry(state: GroupState, effects: GroupEffects): void {
  effects.setTimer(EXPIRY_KEY, state.config.offsetsRetentionCheckIntervalMs, (later) => {
    expire(state, later);
    scheduleExpiry(state, later);
  });
}

/** Removes offsets whose retention is over (KIP-211), and the groups that have neither members nor offsets then. */
export function expire(state: GroupState, effects: GroupEffects): void {
  for (const group of state.groups.values()) {
    expireOffsets(state, effects, group);
    if (!group.isEmpty || (group.type === 'classic' && group.pendingMembers.size > 0)) continue;
    if (state.offsets.hasOffsets(group.id) || state.offsets.hasOpenTransaction(group.id)) continue;
    endGroup(state, effects, group);
  }
}

function expireOffsets(state: GroupState, effects: GroupEffects, group: Group): void {
  const baseOf = retentionBase(group);
  if (baseOf === undefined) return;
  const { offsetsRetentionMs } = state.config;
  for (const topic of state.offsets.topicsOf(group.id)) {
    if (group.isSubscribedTo(topic)) continue;
    for (const partition of state.offsets.partitionsOf(group.id, topic)) {
      if (state.offsets.isPending(group.id, topic, partition)) continue;
      const offset = state.offsets.get(group.id, topic, partition)!;
      const isOver =
        offset.expireTimestamp === -1
          ? effects.nowMs - baseOf(offset) >= offsetsRetentionMs
          : effects.nowMs >= offset.expireTimestamp;
      if (isOver) writeTombstone(effects, group.id, topic, partition);
    }
  }
}

/**
 * From when an offset's retention counts: from when the group lost its last member; for a group that never had any,
 * for consumer groups, and for topics that a Stable group of consumers no longer reads, from the commit. Undefined: not now.
 */
function retentionBase(group: Group): ((offset: OffsetValue) => number) | undefined {
  if (group.type === 'consumer' || group.protocolType === null) return ofCommit;
  if (group.state === ClassicState.empty) {
    return group.stateTimestampMs === -1 ? ofCommit : () => group.stateTimestampMs;
  }
  return group.isConsumerGroup && group.state === ClassicState.stable && group.subscribed !== undefined
    ? ofCommit
    : undefined;
}

function ofCommit(offset: OffsetValue): number {
  return offset.commitTimestamp;
}

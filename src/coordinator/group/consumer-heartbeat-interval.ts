import { targetDueInMs } from './consumer-epoch.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { MemberState, type ConsumerMember } from './consumer-member.ts';
import type { GroupState } from './group-state.ts';

/** Bounds what a group that is changing asks of the broker: 1,000 heartbeats a second, however many members it has. */
const MS_PER_MEMBER = 1;
/** Who waits comes back after this part of the time that the change has lasted, so that a slow one is asked after ever less often. */
const PART_OF_AGE = 1 / 8;

/**
 * When a member is to send its next heartbeat, in milliseconds. Members hear of news only in answers to heartbeats, so one that
 * certainly has something to come is told to ask soon: while a target assignment is still to be made, or others have not given
 * back what the member is to have. All others keep to consumer.heartbeat.interval.ms, which is never exceeded.
 */
export function nextHeartbeatMs(
  state: GroupState,
  group: ConsumerGroup,
  member: ConsumerMember,
  nowMs: number,
): number {
  const calmMs = state.config.consumerHeartbeatIntervalMs(group.id);
  const soonestMs = state.config.changingHeartbeatIntervalMs;
  if (soonestMs === 0) return calmMs;
  const newsInMs = newsDueInMs(state, group, member, nowMs);
  if (newsInMs === undefined) return calmMs;
  return Math.min(calmMs, Math.max(soonestMs, group.members.size * MS_PER_MEMBER, Math.ceil(newsInMs)));
}

/** When it makes sense for the member to ask again; undefined when nothing is to come as far as is known. */
function newsDueInMs(
  state: GroupState,
  group: ConsumerGroup,
  member: ConsumerMember,
  nowMs: number,
): number | undefined {
  if (group.targetEpoch < group.epoch) return targetDueInMs(state, group, nowMs);
  if (member.state !== MemberState.unreleasedPartitions) return undefined;
  return (nowMs - group.targetTimestampMs) * PART_OF_AGE;
}

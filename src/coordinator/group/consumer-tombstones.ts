import type { ConsumerGroup } from './consumer-group.ts';
import type { GroupEffects } from './group-state.ts';

/** Ends a member, in the order that a reader of the log needs. */
export function writeMemberTombstones(effects: GroupEffects, group: string, memberId: string): void {
  effects.write({ type: 'consumerCurrent', group, memberId, value: null });
  effects.write({ type: 'consumerTarget', group, memberId, value: null });
  effects.write({ type: 'consumerMember', group, memberId, value: null });
}

/** Ends what is known of a pattern, if anything is. */
export function writePatternTombstone(effects: GroupEffects, group: ConsumerGroup, pattern: string): void {
  effects.write({ type: 'consumerPattern', group: group.id, pattern, value: null });
}

/** Ends the whole group: one that is empty, or that becomes a classic one. */
export function writeConsumerGroupTombstones(
  effects: GroupEffects,
  { id: group, members, patterns }: ConsumerGroup,
): void {
  const memberIds = [...members.keys()];
  for (const memberId of memberIds) effects.write({ type: 'consumerCurrent', group, memberId, value: null });
  for (const memberId of memberIds) effects.write({ type: 'consumerTarget', group, memberId, value: null });
  effects.write({ type: 'consumerTargetEpoch', group, value: null });
  for (const memberId of memberIds) effects.write({ type: 'consumerMember', group, memberId, value: null });
  for (const pattern of Array.from(patterns.keys())) {
    effects.write({ type: 'consumerPattern', group, pattern, value: null });
  }
  effects.write({ type: 'consumerTopics', group, value: null });
  effects.write({ type: 'consumerEpoch', group, value: null });
}

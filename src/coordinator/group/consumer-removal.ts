import { beginEpoch } from './consumer-epoch.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { downgradeWithout, mayDowngradeWithout } from './group-downgrade.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { forgetMember } from './member-timers.ts';
import { writeMemberTombstones, writePatternTombstone } from './consumer-tombstones.ts';

/**
 * Takes members out of the group, whether they leave or are taken for gone; the others share their partitions at once. When only
 * classic members are left the group becomes a classic one, if it may (group.consumer.migration.policy).
 */
export function removeConsumerMembers(
  state: GroupState,
  effects: GroupEffects,
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
): void {
  if (members.length === 0) return;
  for (const { id } of members) forgetMember(state, effects, { groupId: group.id, memberId: id });
  if (mayDowngradeWithout(state, group, members)) {
    downgradeWithout(state, effects, group, members);
    return;
  }
  for (const { id, pattern } of members) {
    writeMemberTombstones(effects, group.id, id);
    if (pattern !== '' && group.patternMembers(pattern) === 0) writePatternTombstone(effects, group, pattern);
  }
  beginEpoch(state, effects, group);
}

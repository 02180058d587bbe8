import { E } from '../../protocol/errors.ts';
import { findPresentMember } from './consumer-entry.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { consumerHeartbeatError, type ConsumerHeartbeatCall } from './consumer-heartbeat-request.ts';
import { NO_PARTITIONS, STATIC_LEAVE_EPOCH, type ConsumerMember, type EpochAssignment } from './consumer-member.ts';
import { progressOf } from './consumer-records.ts';
import { removeConsumerMembers } from './consumer-removal.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import { refusal } from './refusal.ts';

/** A heartbeat that leaves the group: for good (-1), or for a while, as only a static member can (-2). */
export function leaveConsumerGroup(state: GroupState, effects: GroupEffects, call: ConsumerHeartbeatCall): void {
  const { groupId, memberId, memberEpoch, instanceId } = call.request;
  const group = state.groups.get(groupId);
  if (group?.type !== 'consumer') {
    const problem = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`;
    effects.answer(call.reply, consumerHeartbeatError(refusal(E.GROUP_ID_NOT_FOUND, problem)));
    return;
  }
  const member = findPresentMember(group, memberId, instanceId);
  if ('error' in member) {
    effects.answer(call.reply, consumerHeartbeatError(member));
    return;
  }
  if (instanceId !== null && memberEpoch === STATIC_LEAVE_EPOCH) leaveForNow(effects, group, member);
  else removeConsumerMembers(state, effects, group, [member]);
  effects.answer(call.reply, { errorCode: E.NONE.code, memberId, memberEpoch, heartbeatIntervalMs: 0 });
}

/**
 * Its partitions stay its own until its session ends, and go to the process that comes in its place; as that has another
 * id, they count as assigned from the beginning.
 */
function leaveForNow(effects: GroupEffects, group: ConsumerGroup, member: ConsumerMember): void {
  const away: ConsumerMember = {
    ...member,
    epoch: STATIC_LEAVE_EPOCH,
    assigned: fromTheBeginning(member.assigned),
    pendingRevocation: NO_PARTITIONS,
  };
  effects.write({ type: 'consumerCurrent', group: group.id, memberId: member.id, value: progressOf(away) });
}

function fromTheBeginning(assigned: EpochAssignment): EpochAssignment {
  return new Map(
    [...assigned].map(([topicId, epochs]) => [topicId, new Map([...epochs.keys()].map((partition) => [partition, 0]))]),
  );
}

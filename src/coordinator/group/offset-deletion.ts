import { ZERO_UUID } from '../../base/uuid.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { offsetDelete } from '../../protocol/messages/047-offset-delete.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { ClassicGroup } from './classic-group.ts';
import { dropMember } from './classic-rebalance.ts';
import type { OffsetValue } from './group-records.ts';
import { writeConsumerGroupTombstones } from './consumer-tombstones.ts';
import type { Group, GroupEffects, GroupState } from './group-state.ts';
import type { DeletedTopic } from './group-topics.ts';
import type { GroupCall } from './heard-of.ts';
import { joinKey, syncKey } from './timer-keys.ts';

export type OffsetDeleteRequest = ReadMessage<typeof offsetDelete.request>;
export type OffsetDeleteResponse = WriteMessage<typeof offsetDelete.response>;

/** OffsetDelete: offsets of topics that no member consumes. */
export function deleteOffsets(
  state: GroupState,
  effects: GroupEffects,
  { request, reply }: GroupCall<OffsetDeleteRequest, OffsetDeleteResponse>,
  partitionCount: (topic: string) => number,
): void {
  const { groupId } = request;
  const group = state.groups.get(groupId);
  if (group === undefined || (group.type === 'classic' && !group.isEmpty && !group.isConsumerGroup)) {
    effects.answer(reply, offsetDeleteError(group === undefined ? E.GROUP_ID_NOT_FOUND : E.NON_EMPTY_GROUP));
    return;
  }
  const topics = request.topics.map(({ name, partitions }) => {
    const count = partitionCount(name);
    const isSubscribed = group.isSubscribedTo(name);
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        let error = isSubscribed ? E.GROUP_SUBSCRIBED_TO_TOPIC : E.NONE;
        if (partitionIndex < 0 || partitionIndex >= count) error = E.UNKNOWN_TOPIC_OR_PARTITION;
        const isKnown =
          state.offsets.get(groupId, name, partitionIndex) !== undefined ||
          state.offsets.isPending(groupId, name, partitionIndex);
        if (error === E.NONE && isKnown) writeTombstone(effects, groupId, name, partitionIndex);
        return { partitionIndex, errorCode: error.code };
      }),
    };
  });
  effects.answer(reply, { errorCode: E.NONE.code, topics });
}

export function offsetDeleteError(error: ErrorSpec): OffsetDeleteResponse {
  return { errorCode: error.code, topics: [] };
}

/** DeleteGroups for one group: it and its offsets go, unless it has members. */
export function deleteGroup(state: GroupState, effects: GroupEffects, groupId: string): ErrorSpec {
  const group = state.groups.get(groupId);
  if (group === undefined) return E.GROUP_ID_NOT_FOUND;
  if (!group.isEmpty) return E.NON_EMPTY_GROUP;
  for (const { topic, partition } of state.offsets.allPartitionsOf(groupId)) {
    writeTombstone(effects, groupId, topic, partition);
  }
  endGroup(state, effects, group);
  return E.NONE;
}

/** A topic is gone: so are its offsets, in all groups. Those of another topic of that name stay. */
export function deleteOffsetsOfTopic(state: GroupState, effects: GroupEffects, deleted: DeletedTopic): void {
  const isGone = (topic: string, { topicId }: OffsetValue): boolean =>
    topic === deleted.name && (topicId === deleted.id || topicId === ZERO_UUID);
  for (const groupId of state.groups.keys()) {
    for (const { topic, partition } of state.offsets.allPartitionsOf(groupId, isGone)) {
      writeTombstone(effects, groupId, topic, partition);
    }
  }
}

export function writeTombstone(effects: GroupEffects, group: string, topic: string, partition: number): void {
  effects.write({ type: 'offset', group, topic, partition, value: null });
}

/** Ends a group that has no members. */
export function endGroup(state: GroupState, effects: GroupEffects, group: Group): void {
  if (group.type === 'classic') endClassicGroup(state, effects, group);
  else writeConsumerGroupTombstones(effects, group);
}

/** Ends a classic group that has no members, or whose members go on in a consumer group. */
export function endClassicGroup(state: GroupState, effects: GroupEffects, group: ClassicGroup): void {
  // Ids that were handed out to members that have not come are worth nothing any more.
  for (const memberId of group.pendingMembers) dropMember(state, effects, group, memberId);
  effects.cancelTimer(joinKey(group.id));
  effects.cancelTimer(syncKey(group.id));
  effects.write({ type: 'classicGroup', group: group.id, value: null });
}

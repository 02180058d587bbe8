import type { Uuid } from '../../base/uuid.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { consumerGroupDescribe } from '../../protocol/messages/069-consumer-group-describe.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import type { GroupState } from './group-state.ts';
import type { GroupTopics } from './group-topics.ts';

export type ConsumerGroupDescribeRequest = ReadMessage<typeof consumerGroupDescribe.request>;
export type ConsumerGroupDescribeResponse = WriteMessage<typeof consumerGroupDescribe.response>;
export type DescribedConsumerGroup = WriteMessage<typeof consumerGroupDescribe.response>['groups'][number];

const CLASSIC_MEMBER = 0;
const CONSUMER_MEMBER = 1;

/** A consumer group with its members, what they have and what they are to have. */
export function describeConsumerGroup(state: GroupState, groupId: string): DescribedConsumerGroup {
  const group = state.groups.get(groupId);
  if (group?.type !== 'consumer') {
    const problem = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`;
    return describeError(groupId, E.GROUP_ID_NOT_FOUND, problem);
  }
  const { assignors } = state.config;
  return {
    errorCode: E.NONE.code,
    groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: group.preferredAssignor([...assignors.keys()]) ?? assignors.keys().next().value ?? '',
    members: [...group.members.values()].map((member) => describeMember(state.topics, group, member)),
  };
}

/** The answer for a group that cannot be described. */
export function describeError(
  groupId: string,
  error: ErrorSpec,
  errorMessage: string | null = null,
): DescribedConsumerGroup {
  return {
    errorCode: error.code,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}

function describeMember(topics: GroupTopics, group: ConsumerGroup, member: ConsumerMember) {
  // It answers for what it has yet to give back.
  const held = new Map<Uuid, number[]>();
  for (const assignment of [member.assigned, member.pendingRevocation]) {
    for (const [topicId, epochs] of assignment) held.set(topicId, [...(held.get(topicId) ?? []), ...epochs.keys()]);
  }
  return {
    memberId: member.id,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.topics],
    subscribedTopicRegex: member.pattern,
    assignment: { topicPartitions: named(topics, held) },
    targetAssignment: { topicPartitions: named(topics, group.target(member.id)) },
    memberType: member.classic === null ? CONSUMER_MEMBER : CLASSIC_MEMBER,
  };
}

/** With the names of the topics, those left out that do not exist. */
function named(topics: GroupTopics, assignment: ReadonlyMap<Uuid, readonly number[]>) {
  return [...assignment].flatMap(([topicId, partitions]) => {
    const topicName = topics.topicName(topicId);
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }];
  });
}

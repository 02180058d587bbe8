import { newConsumerMember, LEAVE_EPOCH, NO_PARTITIONS, type ConsumerMember } from './consumer-member.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerRecord } from './consumer-records.ts';

/** The epoch of a target assignment that was ended: no group epoch is as low. */
const NO_TARGET_EPOCH = -1;

/** The consumer groups of one partition, as records change them. */
export interface ConsumerGroups {
  findConsumerGroup(groupId: string): ConsumerGroup | undefined;
  /** Made when there is none. */
  consumerGroup(groupId: string): ConsumerGroup;
  removeConsumerGroup(groupId: string): void;
}

/** Makes the groups what a record of a consumer group says. A tombstone of what is not there changes nothing. */
export function applyConsumerRecord(groups: ConsumerGroups, record: ConsumerRecord): void {
  if (record.value === null) {
    const group = groups.findConsumerGroup(record.group);
    if (group !== undefined) applyTombstone(groups, group, record);
    return;
  }
  const group = groups.consumerGroup(record.group);
  switch (record.type) {
    case 'consumerEpoch':
      group.epoch = record.value.epoch;
      group.metadataHash = record.value.metadataHash;
      break;
    case 'consumerTopics':
      group.hasTopicsRecord = true;
      break;
    case 'consumerMember':
      group.put({ ...memberOf(group, record.memberId), ...record.value });
      break;
    case 'consumerTargetEpoch':
      group.targetEpoch = record.value.epoch;
      group.targetTimestampMs = record.value.timestampMs;
      break;
    case 'consumerTarget':
      group.targets.set(record.memberId, record.value);
      break;
    case 'consumerCurrent':
      group.put({ ...memberOf(group, record.memberId), ...record.value });
      break;
    case 'consumerPattern':
      group.resolve(record.pattern, record.value);
      break;
    default:
      record satisfies never;
  }
}

function applyTombstone(groups: ConsumerGroups, group: ConsumerGroup, record: ConsumerRecord): void {
  switch (record.type) {
    case 'consumerEpoch':
      groups.removeConsumerGroup(group.id);
      break;
    case 'consumerTopics':
      group.hasTopicsRecord = false;
      break;
    case 'consumerMember':
      group.remove(record.memberId);
      break;
    case 'consumerTargetEpoch':
      group.targetEpoch = NO_TARGET_EPOCH;
      group.targetTimestampMs = 0;
      break;
    case 'consumerTarget':
      group.targets.delete(record.memberId);
      break;
    case 'consumerCurrent':
      takeAway(group, record.memberId);
      break;
    case 'consumerPattern':
      group.resolve(record.pattern, undefined);
      break;
    default:
      record satisfies never;
  }
}

function memberOf(group: ConsumerGroup, memberId: string): ConsumerMember {
  return group.members.get(memberId) ?? newConsumerMember(memberId);
}

function takeAway(group: ConsumerGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  group.put({
    ...member,
    epoch: LEAVE_EPOCH,
    previousEpoch: LEAVE_EPOCH,
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
  });
}

import { setTimeout as pause } from 'node:timers/promises';
import { incrementalAlterConfigs } from '../../src/protocol/messages/044-incremental-alter-configs.ts';
import { consumerGroupHeartbeat } from '../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import type { Read, Write } from '../../src/protocol/schema.ts';
import type { Peer, Side } from './scenario.ts';

export type Beat = Write<typeof consumerGroupHeartbeat.request.fields>;
export type BeatAnswer = Read<typeof consumerGroupHeartbeat.response.fields>;
/** Partitions as they stand in heartbeats. */
export type TopicPartitions = { topicId: string; partitions: number[] }[];

const VERSION = 1;
const GROUP_RESOURCE = 32;
const SET = 0;
const REBALANCE_MS = 30_000;
const TRIES_MAX = 200;
const TRY_PAUSE_MS = 50;

/** Kafka fills assignments in the order of its hash maps. */
export const sortAssignment = (answer: BeatAnswer): unknown => ({
  ...answer,
  assignment: answer.assignment && { topicPartitions: sorted(answer.assignment.topicPartitions) },
});

function sorted(assignment: TopicPartitions): TopicPartitions {
  return assignment
    .map(({ topicId, partitions }) => ({ topicId, partitions: partitions.toSorted((a, b) => a - b) }))
    .toSorted((a, b) => a.partitions.length - b.partitions.length || (a.topicId < b.topicId ? -1 : 1));
}

/** A member of a consumer group (KIP-848): remembers its epoch and assignment; each of its heartbeats is a step. */
export class ConsumerMember {
  readonly peer: Peer;
  readonly groupId: string;
  readonly label: string;
  readonly instanceId: string | null;
  memberId: string;
  epoch = 0;
  assigned: TopicPartitions = [];

  constructor(side: Side, groupId: string, label: string, options: { instanceId?: string; memberId?: string } = {}) {
    this.peer = side.peer(label);
    this.groupId = groupId;
    this.label = label;
    this.instanceId = options.instanceId ?? null;
    this.memberId = options.memberId ?? side.name(`member-${label}`);
  }

  /** Joins, or joins again with nothing. */
  async join(topics: readonly string[] | null, wish: Partial<Beat> = {}, label = 'joins'): Promise<BeatAnswer> {
    return this.beat(label, {
      memberEpoch: 0,
      rebalanceTimeoutMs: REBALANCE_MS,
      subscribedTopicNames: topics,
      topicPartitions: [],
      ...wish,
    });
  }

  async beat(label: string, wish: Partial<Beat> = {}, version = VERSION): Promise<BeatAnswer> {
    const answer = await this.peer.need(`${this.label} ${label}`, consumerGroupHeartbeat, version, this.request(wish), {
      pick: sortAssignment,
    });
    this.heard(answer);
    return answer;
  }

  /** A heartbeat that says what the member holds: all that it is assigned. */
  async confirm(label = 'holds what it has'): Promise<BeatAnswer> {
    return this.beat(label, { topicPartitions: this.assigned });
  }

  /** Beats unrecorded until `isDone`, then records that it is; what happens in between depends on time. */
  async beatUntil(label: string, isDone: (member: this) => boolean, wish: Partial<Beat> = {}): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const answer = await this.peer.quiet(consumerGroupHeartbeat, VERSION, this.request(wish));
      if (answer === undefined || answer.errorCode !== 0) throw new Error(`${label}: ${answer?.errorMessage}`);
      this.heard(answer);
      if (isDone(this)) break;
      await pause(TRY_PAUSE_MS);
    }
    await this.beat(label, { topicPartitions: this.assigned, ...wish });
  }

  async leave(epoch = -1, label = 'leaves'): Promise<BeatAnswer> {
    return this.beat(label, { memberEpoch: epoch });
  }

  get count(): number {
    return this.assigned.reduce((sum, { partitions }) => sum + partitions.length, 0);
  }

  request(wish: Partial<Beat>): Beat {
    const { groupId, memberId, epoch: memberEpoch, instanceId } = this;
    return { groupId, memberId, memberEpoch, instanceId, ...wish };
  }

  heard(answer: BeatAnswer): void {
    if (answer.errorCode !== 0) return;
    this.memberId = answer.memberId ?? this.memberId;
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) this.assigned = answer.assignment.topicPartitions;
  }
}

/** Sets the time between two assignments to nothing, so that each change is seen at once. */
export async function assignAtOnce(side: Side, ...groups: readonly string[]): Promise<void> {
  await setGroupConfig(side, groups, 'consumer.assignment.interval.ms', '0');
}

/** Sets a setting of groups, outside the record. */
export async function setGroupConfig(
  side: Side,
  groups: readonly string[],
  name: string,
  value: string,
): Promise<void> {
  const peer = side.peer();
  const answer = await peer.quiet(incrementalAlterConfigs, 1, {
    resources: groups.map((group) => ({
      resourceType: GROUP_RESOURCE,
      resourceName: group,
      configs: [{ name, configOperation: SET, value }],
    })),
    validateOnly: false,
  });
  for (const { errorCode, errorMessage } of answer?.responses ?? []) {
    if (errorCode !== 0) throw new Error(`settings of a group: ${errorMessage}`);
  }
  peer.close();
}

import type { Effects } from '../state-machine.ts';
import type { TransactionProducer } from '../transaction-producer.ts';
import { ClassicGroup } from './classic-group.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { applyConsumerRecord, type ConsumerGroups } from './consumer-replay.ts';
import type { GroupCoordinatorConfig } from './group-config.ts';
import type { GroupCounters } from './group-counters.ts';
import type { GroupRecord } from './group-records.ts';
import type { GroupTopics } from './group-topics.ts';
import { MemberConnections } from './member-connections.ts';
import { OffsetStore } from './offset-store.ts';
import { TopicHashes } from './topic-hashes.ts';

/** A group of any kind. */
export type Group = ClassicGroup | ConsumerGroup;

export type GroupEffects = Effects<GroupRecord>;

/** What the decisions of all shards of a coordinator share. */
export interface GroupSurroundings {
  readonly config: GroupCoordinatorConfig;
  readonly topics: GroupTopics;
  readonly counters: GroupCounters;
}

/** The groups of one partition of `__consumer_offsets`, and their offsets. The decisions on it are functions in files of their own. */
export class GroupState implements ConsumerGroups {
  readonly groups = new Map<string, Group>();
  readonly offsets = new OffsetStore();
  readonly connections = new MemberConnections();
  readonly config: GroupCoordinatorConfig;
  readonly topics: GroupTopics;
  readonly counters: GroupCounters;
  readonly topicHashes: TopicHashes;
  /** Revision of the metadata that last brought new topics: patterns matched before it have to be matched again. */
  newTopicsRevision = 0;

  constructor({ config, topics, counters }: GroupSurroundings) {
    this.config = config;
    this.topics = topics;
    this.counters = counters;
    this.topicHashes = new TopicHashes(topics);
  }

  apply(record: GroupRecord, producer?: TransactionProducer): void {
    if (record.type === 'offset') {
      if (record.value !== null && !this.groups.has(record.group)) this.classicGroup(record.group);
      this.offsets.apply(record, producer?.id);
    } else if (record.type === 'classicGroup') {
      if (record.value === null) this.#removeClassic(record.group);
      else this.classicGroup(record.group).restore(record.value);
    } else {
      applyConsumerRecord(this, record);
    }
  }

  /**
   * The classic group, made when there is none: for a member that joins, and for offsets of a consumer that does not use
   * membership (a simple group: it has offsets and nothing else).
   */
  classicGroup(groupId: string): ClassicGroup {
    const present = this.groups.get(groupId);
    if (present?.type === 'classic') return present;
    const group = new ClassicGroup(groupId);
    this.groups.set(groupId, group);
    return group;
  }

  findConsumerGroup(groupId: string): ConsumerGroup | undefined {
    const group = this.groups.get(groupId);
    return group?.type === 'consumer' ? group : undefined;
  }

  /** The consumer group, made when there is none. */
  consumerGroup(groupId: string): ConsumerGroup {
    const present = this.groups.get(groupId);
    if (present?.type === 'consumer') return present;
    present?.die();
    const group = new ConsumerGroup(groupId);
    this.groups.set(groupId, group);
    return group;
  }

  removeConsumerGroup(groupId: string): void {
    if (this.findConsumerGroup(groupId) !== undefined) this.#remove(groupId);
  }

  #removeClassic(groupId: string): void {
    const group = this.groups.get(groupId);
    if (group?.type !== 'classic') return;
    group.die();
    this.#remove(groupId);
  }

  /** What is left of it when it had offsets is a simple group. */
  #remove(groupId: string): void {
    this.groups.delete(groupId);
    if (this.offsets.hasOffsets(groupId) || this.offsets.hasOpenTransaction(groupId)) this.classicGroup(groupId);
  }
}

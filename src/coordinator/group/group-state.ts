import type { Effects } from '../state-machine.ts';
import type { TransactionProducer } from '../transaction-producer.ts';
import { ClassicGroup } from './classic-group.ts';
import type { GroupCoordinatorConfig } from './group-config.ts';
import type { GroupRecord } from './group-records.ts';
import { MemberConnections } from './member-connections.ts';
import { OffsetStore } from './offset-store.ts';

/** A group of any kind; more kinds come beside the classic one. */
export type Group = ClassicGroup;

export type GroupEffects = Effects<GroupRecord>;

/** The groups of one partition of `__consumer_offsets`, and their offsets. The decisions on it are functions in files of their own. */
export class GroupState {
  readonly groups = new Map<string, Group>();
  readonly offsets = new OffsetStore();
  readonly connections = new MemberConnections();
  readonly config: GroupCoordinatorConfig;

  constructor(config: GroupCoordinatorConfig) {
    this.config = config;
  }

  apply(record: GroupRecord, producer?: TransactionProducer): void {
    switch (record.type) {
      case 'offset':
        if (record.value !== null) this.classicGroup(record.group);
        this.offsets.apply(record, producer?.id);
        break;
      case 'classicGroup':
        if (record.value === null) this.#remove(record.group);
        else this.classicGroup(record.group).restore(record.value);
        break;
      default:
        record satisfies never;
    }
  }

  /**
   * The group, made when there is none: for a member that joins, and for offsets of a consumer that does not use
   * membership (a simple group: it has offsets and nothing else).
   */
  classicGroup(groupId: string): ClassicGroup {
    let group = this.groups.get(groupId);
    if (group === undefined) {
      group = new ClassicGroup(groupId);
      this.groups.set(groupId, group);
    }
    return group;
  }

  #remove(groupId: string): void {
    this.groups.get(groupId)?.die();
    this.groups.delete(groupId);
  }
}

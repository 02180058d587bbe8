import type { StateMachine } from '../state-machine.ts';
import type { TransactionProducer } from '../transaction-producer.ts';
import { resumeAfterLoad } from './classic-rebalance.ts';
import { resumeConsumerGroup } from './consumer-sessions.ts';
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from './group-records.ts';
import { GroupState, type GroupEffects, type GroupSurroundings } from './group-state.ts';
import { scheduleExpiry } from './offset-expiry.ts';

/** One partition of `__consumer_offsets` for the coordinator's runtime. */
export class GroupShard implements StateMachine<GroupRecord> {
  readonly state: GroupState;

  constructor(surroundings: GroupSurroundings) {
    this.state = new GroupState(surroundings);
  }

  encode(record: GroupRecord): { key: Uint8Array; value: Uint8Array | null } {
    return encodeGroupRecord(record);
  }

  decode(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
    return decodeGroupRecord(key, value);
  }

  apply(record: GroupRecord, producer?: TransactionProducer): void {
    this.state.apply(record, producer);
  }

  endTransaction(producer: TransactionProducer, isCommit: boolean): void {
    this.state.offsets.endTransaction(producer.id, isCommit);
  }

  loaded(effects: GroupEffects): void {
    // Topics may have come while nobody looked.
    this.state.newTopicsRevision = this.state.topics.revision();
    for (const group of this.state.groups.values()) {
      if (group.type === 'classic') resumeAfterLoad(this.state, effects, group);
      else resumeConsumerGroup(this.state, effects, group);
    }
    scheduleExpiry(this.state, effects);
  }
}

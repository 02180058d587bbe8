import { partitionRecord, type PartitionRecord } from './records.ts';

/** The record with the in-sync set that its leader wants. */
export function withInSync(record: PartitionRecord, isr: readonly number[]): PartitionRecord {
  return { ...partitionRecord(record), isr, partitionEpoch: record.partitionEpoch + 1, recovering: false };
}

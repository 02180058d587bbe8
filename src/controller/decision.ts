import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import type { StoreOp } from '../metadata/metadata-store.ts';
import type { PartitionRecord } from '../metadata/records.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { PartitionChange } from './partition-writes.ts';

/** What a decision may look at; it changes nothing. */
export interface DecisionContext {
  readonly image: ClusterImage;
  readonly config: BrokerConfig;
  readonly random: Random;
}

/**
 * A change of the store. `staged` operations may be spread over several transactions and mean nothing by themselves;
 * `commit` is one transaction and makes the change real. A crash before it leaves orphans, which a start collects.
 */
export interface Mutation {
  readonly staged: readonly StoreOp[];
  readonly commit: readonly StoreOp[];
  /** Changes of partition records, each by itself and after the rest: leaders change these too. */
  readonly partitions?: readonly PartitionChange[];
}

/** What became of one item of a request. `message` is null where Kafka sends none. */
export interface ItemResult {
  readonly error: ErrorSpec;
  readonly message: string | null;
}

/** An item's answer, and the change that it stands for; an item that is refused or changes nothing has none. */
export interface Decided<R extends ItemResult> {
  readonly result: R;
  readonly mutation?: Mutation;
}

export const OK: ItemResult = { error: E.NONE, message: null };

export function refused(error: ErrorSpec, message: string | null = error.text): ItemResult {
  return { error, message };
}

/** A change that fits one transaction. */
export function single(...commit: readonly StoreOp[]): Mutation {
  return { staged: [], commit };
}

/** Changes of existing partition records alone. */
export function ofPartitions(...partitions: readonly PartitionChange[]): Mutation {
  return { staged: [], commit: [], partitions };
}

/** A change of a partition's record; undefined when there is nothing to change. */
export function partitionChange(
  topic: TopicImage,
  index: number,
  decide: (seen: PartitionRecord) => PartitionRecord | undefined,
): PartitionChange | undefined {
  const seen = topic.partitions[index]!;
  const record = decide(seen);
  return record && { topic: topic.name, topicId: topic.id, index, seen, record, decide };
}

/** A put of a JSON record. */
export function putRecord(key: string, record: object): StoreOp {
  return { type: 'put', key, value: JSON.stringify(record) };
}

import { ConsumerBatch } from './consumer-batch.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { TopicPartitionOffset } from './topic-partition.ts';

/** What can be committed; of records and batches only their place counts. */
export type Commitable<K = unknown, V = unknown> =
  | ConsumerRecord<K, V>
  | ConsumerBatch<K, V>
  | readonly TopicPartitionOffset[];

/** The offsets to commit once all of it was processed. */
export function offsetsOf(what: Commitable): readonly TopicPartitionOffset[] {
  if (what instanceof ConsumerBatch) {
    const { topic, partition, nextOffset: offset, leaderEpoch } = what;
    return [{ topic, partition, offset, leaderEpoch }];
  }
  if (!('offset' in what)) return what;
  const { topic, partition, offset, leaderEpoch } = what;
  return [{ topic, partition, offset: offset + 1, leaderEpoch }];
}

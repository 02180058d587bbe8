import { ConsumerBatch } from './consumer-batch.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { TopicPartitionOffset } from './topic-partition.ts';

/** What can be committed. */
export type Commitable<K, V> = ConsumerRecord<K, V> | ConsumerBatch<K, V> | readonly TopicPartitionOffset[];

/** The offsets to commit once all of it was processed. */
export function offsetsOf<K, V>(what: Commitable<K, V>): readonly TopicPartitionOffset[] {
  if (what instanceof ConsumerBatch) {
    const { topic, partition, nextOffset: offset, leaderEpoch } = what;
    return [{ topic, partition, offset, leaderEpoch }];
  }
  if (!('offset' in what)) return what;
  const { topic, partition, offset, leaderEpoch } = what;
  return [{ topic, partition, offset: offset + 1, leaderEpoch }];
}

import { E, errorOf } from '../../protocol/errors.ts';
import { brokerError, KafkaError } from '../client-error.ts';
import { byTopic, partitionName, type TopicPartition } from '../consumer/topic-partition.ts';

/** What became of one of several things that were asked for together. */
export type Outcome<V> = V | KafkaError;

/** Outcomes by name. */
export type Results<V, K = string> = ReadonlyMap<K, Outcome<V>>;

/** Outcomes by topic and partition. */
export type PartitionResults<V> = ReadonlyMap<string, ReadonlyMap<number, Outcome<V>>>;

/** The values when all went well; throws the first error otherwise. */
export function valuesOf<V, K>(results: Results<V, K>): Map<K, V> {
  const values = new Map<K, V>();
  for (const [key, outcome] of results) {
    if (outcome instanceof KafkaError) throw outcome;
    values.set(key, outcome);
  }
  return values;
}

/** As {@link valuesOf}, for what is told by topic and partition. */
export function partitionValuesOf<V>(results: PartitionResults<V>): Map<string, Map<number, V>> {
  return new Map([...results].map(([topic, partitions]) => [topic, valuesOf(partitions)]));
}

/** The error that a broker told, with its own words when it sent some; undefined for none. */
export function toldError(about: string, errorCode: number, errorMessage?: string | null): KafkaError | undefined {
  const spec = errorOf(errorCode);
  return spec === E.NONE ? undefined : brokerError(spec, about, errorMessage);
}

/** Throws {@link toldError} if there is one. */
export function throwTold(about: string, errorCode: number, errorMessage?: string | null): void {
  const error = toldError(about, errorCode, errorMessage);
  if (error !== undefined) throw error;
}

/** Outcomes by {@link partitionName} as outcomes by topic and partition. */
export function partitionResults<V>(items: Iterable<TopicPartition>, outcomes: Results<V>): PartitionResults<V> {
  const results = new Map<string, Map<number, Outcome<V>>>();
  for (const [topic, partitions] of byTopic(items)) {
    const inner = new Map<number, Outcome<V>>();
    for (const { partition } of partitions) {
      const key = partitionName({ topic, partition });
      if (outcomes.has(key)) inner.set(partition, outcomes.get(key) as Outcome<V>);
    }
    results.set(topic, inner);
  }
  return results;
}

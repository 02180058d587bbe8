import { E, errorOf } from '../../protocol/errors.ts';
import { brokerError, KafkaError } from '../client-error.ts';

/** What became of one of several things that were asked for together. */
export type Outcome<V> = V | KafkaError;

/** Outcomes by name. */
export type Results<V, K = string> = ReadonlyMap<K, Outcome<V>>;

/** Outcomes by topic and partition. */
export type PartitionResults<V> = ReadonlyMap<string, ReadonlyMap<number, Outcome<V>>>;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

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

/** One string for a partition: a key for maps. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** Partitions by their topics, in the order in which they come. */
export function byTopic<T extends TopicPartition>(items: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const known = topics.get(item.topic);
    if (known === undefined) topics.set(item.topic, [item]);
    else known.push(item);
  }
  return topics;
}

/** Outcomes by {@link partitionKey} as outcomes by topic and partition. */
export function partitionResults<V>(items: Iterable<TopicPartition>, outcomes: Results<V>): PartitionResults<V> {
  const results = new Map<string, Map<number, Outcome<V>>>();
  for (const [topic, partitions] of byTopic(items)) {
    const inner = new Map<number, Outcome<V>>();
    for (const { partition } of partitions) {
      const key = partitionKey(topic, partition);
      if (outcomes.has(key)) inner.set(partition, outcomes.get(key) as Outcome<V>);
    }
    results.set(topic, inner);
  }
  return results;
}

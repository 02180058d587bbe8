import { KafkaError } from '../client-error.ts';
import { partitionName, type TopicPartition } from '../consumer/topic-partition.ts';

const INT32_MAX = 0x7fff_ffff;

export function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', message);
}

/** Throws INVALID_ARGUMENT unless it is text that is not empty. */
export function checkName(name: string, what: string): void {
  if (typeof name !== 'string' || name === '') throw invalid(`${what} is ${JSON.stringify(name)}; a name is needed`);
}

/** Throws INVALID_ARGUMENT unless it is a whole number of the range. */
export function checkInteger(value: number, what: string, min = 0, max = INT32_MAX): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw invalid(`${what} is ${value}; a whole number from ${min} to ${max} is needed`);
}

/** Throws INVALID_ARGUMENT when two have the same key. */
export function checkUnique(keys: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw invalid(`${what} ${key} is named twice`);
    seen.add(key);
  }
}

/** Names as Kafka takes them: none empty, each once. */
export function checkNames(names: readonly string[], what: string): void {
  for (const name of names) checkName(name, what);
  checkUnique(names, what);
}

/** Partitions as Kafka takes them: with a topic, an index from 0, each once. */
export function checkPartitions(partitions: readonly TopicPartition[]): void {
  for (const { topic, partition } of partitions) {
    checkName(topic, 'topic');
    checkInteger(partition, `partition of ${topic}`);
  }
  checkUnique(
    partitions.map(({ topic, partition }) => partitionName({ topic, partition })),
    'partition',
  );
}

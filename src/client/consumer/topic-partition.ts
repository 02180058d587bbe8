/** A partition of a topic by name. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** An offset of a partition; of the next record to read, where it is a position or committed. */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number;
  /** The epoch of the record before it; for truncation detection (KIP-320). */
  readonly leaderEpoch?: number | undefined;
  readonly metadata?: string | undefined;
}

/** A text that is the same for the same partition only. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}

/** `orders-0`, as Kafka prints it. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Items by topic, in the order of their first appearance. */
export function byTopic<T extends TopicPartition>(items: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const list = topics.get(item.topic);
    if (list === undefined) topics.set(item.topic, [item]);
    else list.push(item);
  }
  return topics;
}

/** What of `from` is not in `without`. */
export function difference<T extends TopicPartition>(from: Iterable<T>, without: Iterable<TopicPartition>): T[] {
  const keys = new Set([...without].map(partitionKey));
  return [...from].filter((item) => !keys.has(partitionKey(item)));
}

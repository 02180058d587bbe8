import type { TopicPartition } from './marker-sender.ts';

/** The partitions that take part in a transaction; never changes under its holder. */
export class TransactionPartitions implements Iterable<TopicPartition> {
  static readonly none = new TransactionPartitions(new Map());
  readonly #topics: ReadonlyMap<string, ReadonlySet<number>>;

  private constructor(topics: ReadonlyMap<string, ReadonlySet<number>>) {
    this.#topics = topics;
  }

  static of(partitions: Iterable<TopicPartition>): TransactionPartitions {
    return TransactionPartitions.none.with(partitions);
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#topics.get(topic)?.has(partition) ?? false;
  }

  hasAll(partitions: Iterable<TopicPartition>): boolean {
    for (const partition of partitions) if (!this.has(partition)) return false;
    return true;
  }

  with(partitions: Iterable<TopicPartition>): TransactionPartitions {
    const topics = new Map(this.#topics);
    const own = new Map<string, Set<number>>();
    for (const { topic, partition } of partitions) {
      let indexes = own.get(topic);
      if (indexes === undefined) {
        indexes = new Set(topics.get(topic));
        own.set(topic, indexes);
        topics.set(topic, indexes);
      }
      indexes.add(partition);
    }
    return new TransactionPartitions(topics);
  }

  /** Those that `stays` keeps. */
  filter(stays: (partition: TopicPartition) => boolean): TransactionPartitions {
    return TransactionPartitions.of(Array.from(this).filter(stays));
  }

  /** By topic, as the log and descriptions have them. */
  byTopic(): { topic: string; partitions: number[] }[] {
    return Array.from(this.#topics, ([topic, indexes]) => ({ topic, partitions: [...indexes] }));
  }

  *[Symbol.iterator](): Generator<TopicPartition> {
    for (const [topic, indexes] of this.#topics) for (const partition of indexes) yield { topic, partition };
  }
}

import { KafkaError } from '../client-error.ts';
import type { ClientRuntime } from '../client-runtime.ts';
import type { KnownTopic } from '../cluster-view.ts';
import type { SerdeContext } from '../serializers.ts';
import {
  keyedPartition,
  RoundRobinPartitions,
  StickyPartitions,
  type KeylessPartitions,
  type Partitioner,
} from './partitioner.ts';
import { PartitionQueue, type MonotonicClock, type QueueSettings } from './partition-queue.ts';
import type { OutgoingRecord } from './producer-record.ts';

/** The queues of one topic, and the choice between them. */
export class TopicQueues {
  /** What serializers are told. */
  readonly keyContext: SerdeContext;
  readonly valueContext: SerdeContext;
  readonly #partitioner: Partitioner;
  readonly #settings: QueueSettings;
  readonly #keyless: KeylessPartitions;
  readonly #queues: PartitionQueue[] = [];
  /** Monotonic milliseconds: when a batch was last begun or filled. */
  #usedMs: number;

  constructor(
    topic: string,
    settings: QueueSettings,
    partitioner: Partitioner,
    { random, clock }: Pick<ClientRuntime, 'random' | 'clock'>,
  ) {
    this.#usedMs = clock.monotonicMs();
    this.keyContext = { topic, isKey: true };
    this.valueContext = { topic, isKey: false };
    this.#settings = settings;
    this.#partitioner = partitioner;
    this.#keyless =
      partitioner === 'roundRobin'
        ? new RoundRobinPartitions(random)
        : new StickyPartitions(settings.batchSize, random);
  }

  /**
   * Puts a record into its partition's queue; gives the queue when the sender has to look at it. Throws INVALID_ARGUMENT for a
   * partition that is not there.
   */
  append(
    topic: KnownTopic,
    record: OutgoingRecord,
    wanted: number | undefined,
    clock: MonotonicClock,
  ): PartitionQueue | undefined {
    const due = this.#append(topic, record, wanted, clock);
    if (due !== undefined) this.#usedMs = clock.monotonicMs();
    return due;
  }

  /** Whether records came since. */
  isUsedSince(monotonicMs: number): boolean {
    return this.#usedMs >= monotonicMs || this.#queues.some((queue) => !queue.isEmpty);
  }

  /** Its partitions that were written to. */
  get queues(): readonly PartitionQueue[] {
    return this.#queues.filter((queue) => queue !== undefined);
  }

  #append(
    topic: KnownTopic,
    record: OutgoingRecord,
    wanted: number | undefined,
    clock: MonotonicClock,
  ): PartitionQueue | undefined {
    const { partitions } = topic;
    const { key } = record;
    const partitioner = this.#partitioner;
    if (wanted !== undefined) return appended(this.#queue(topic, wanted), record, clock);
    if (typeof partitioner === 'function') {
      const { value } = record;
      const chosen = partitioner({ topic: topic.name, key, value, partitionCount: partitions.length });
      return appended(this.#queue(topic, chosen), record, clock);
    }
    if (key !== null && partitioner === 'default') {
      return appended(this.#queue(topic, keyedPartition(key, partitions)), record, clock);
    }
    const queue = this.#queue(topic, this.#keyless.next(partitions));
    const isDue = queue.append(record, clock);
    this.#keyless.placed(record.size, queue.isFullFor(record.size));
    return isDue ? queue : undefined;
  }

  #queue(topic: KnownTopic, partition: number): PartitionQueue {
    const queue = this.#queues[partition];
    if (queue !== undefined) return queue;
    if (topic.partitions[partition] === undefined) throw noPartition(topic, partition);
    return (this.#queues[partition] = new PartitionQueue(topic.name, partition, this.#settings));
  }
}

function appended(queue: PartitionQueue, record: OutgoingRecord, clock: MonotonicClock): PartitionQueue | undefined {
  return queue.append(record, clock) ? queue : undefined;
}

function noPartition({ name, partitions }: KnownTopic, partition: number): KafkaError {
  const text = `${name} has ${partitions.length} partitions, counted from 0; there is no partition ${partition}`;
  return new KafkaError('INVALID_ARGUMENT', text);
}

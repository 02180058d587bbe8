import type { Consumer } from '../../client/consumer/consumer.ts';
import type { ConsumerRecord } from '../../client/consumer/consumer-record.ts';
import type { TopicPartition } from '../../client/consumer/topic-partition.ts';
import { string as text } from '../../client/serializers.ts';
import { WorkloadClient } from './workload-client.ts';
import type { World } from './world.ts';

export interface ReaderOptions {
  readonly isolation: 'read_committed' | 'read_uncommitted';
  readonly rackId?: string;
  /** Told each record; it goes to the history when left out. */
  readonly saw?: (record: ConsumerRecord<string | null, string | null>) => void;
}

/** Reads everything, from the start, alone. */
export class Reader extends WorkloadClient {
  readonly #topics: readonly string[];
  readonly #isolation: 'read_committed' | 'read_uncommitted';
  readonly #rackId: string;
  readonly #saw: (record: ConsumerRecord<string | null, string | null>) => void;
  #consumer: Consumer<string | null, string | null> | undefined;

  constructor(world: World, name: string, topics: readonly string[], { isolation, rackId = '', saw }: ReaderOptions) {
    super(world, name);
    this.#topics = topics;
    this.#isolation = isolation;
    this.#rackId = rackId;
    this.#saw = saw ?? ((record) => this.#note(record));
  }

  /** Whether it has read all that is there, as the partitions' ends tell. */
  isAtEnd(ends: ReadonlyMap<string, number>): boolean {
    const consumer = this.#consumer;
    if (consumer === undefined) return false;
    return this.#partitions().every(({ topic, partition }) => {
      const end = ends.get(`${topic}-${partition}`) ?? 0;
      return (consumer.position({ topic, partition }) ?? -1) >= end;
    });
  }

  get position(): string {
    return this.#partitions()
      .map((each) => `${each.topic}-${each.partition}@${this.#consumer?.position(each)}`)
      .join(' ');
  }

  override stop(): void {
    super.stop();
    this.#consumer?.stop();
  }

  protected override async work(): Promise<void> {
    const consumer = this.world.kafka(this.name).consumer({
      keyDeserializer: text,
      valueDeserializer: text,
      offsetReset: 'earliest',
      isolation: this.#isolation,
      fetchMaxWaitMs: 500,
      rackId: this.#rackId,
    });
    this.#consumer = consumer;
    consumer.assign(this.#partitions());
    for await (const batch of consumer.batches()) for (const record of batch) this.#saw(record);
  }

  #note({ topic, partition, offset, value }: ConsumerRecord<string | null, string | null>): void {
    this.world.record({
      atMs: this.atMs,
      client: this.name,
      type: 'poll',
      group: null,
      topic,
      partition,
      offset,
      value: value ?? '',
      isolation: this.#isolation,
    });
  }

  #partitions(): TopicPartition[] {
    return this.#topics.flatMap((topic) =>
      Array.from({ length: this.world.options.partitions }, (_, partition) => ({ topic, partition })),
    );
  }
}

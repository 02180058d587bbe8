import type { Consumer } from '../../client/consumer/consumer.ts';
import type { TopicPartition } from '../../client/consumer/topic-partition.ts';
import { string as text } from '../../client/serializers.ts';
import { WorkloadClient } from './workload-client.ts';
import type { World } from './world.ts';

const GROUP_ERRORS: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'STALE_MEMBER_EPOCH',
  'FENCED_MEMBER_EPOCH',
  'REBALANCE_IN_PROGRESS',
]);

/** A member of a group: reads, and commits what it read. Now and then it leaves, and comes back as another. */
export class Member extends WorkloadClient {
  readonly group: string;
  readonly #topic: string;
  readonly #protocol: 'classic' | 'consumer';
  #lives = 0;
  #commits = 0;
  #consumer: Consumer<string | null, string | null> | undefined;

  constructor(
    world: World,
    name: string,
    { group, topic, protocol }: { group: string; topic: string; protocol: 'classic' | 'consumer' },
  ) {
    super(world, name);
    this.group = group;
    this.#topic = topic;
    this.#protocol = protocol;
  }

  override stop(): void {
    super.stop();
    this.#consumer?.stop();
  }

  protected override async work(): Promise<void> {
    while (!this.isStopping) {
      await this.pause(500);
      if (!this.isStopping) await this.#life();
    }
  }

  async #life(): Promise<void> {
    const client = `${this.name}#${++this.#lives}`;
    const record = (type: 'gained' | 'revoked' | 'lost', partitions: readonly TopicPartition[]): void => {
      const epoch = consumer.groupMetadata.generationId;
      for (const { topic, partition } of partitions)
        this.world.record({ atMs: this.atMs, client, type, group: this.group, topic, partition, epoch });
    };
    const consumer = this.world.kafka(this.name, this.#lives).consumer({
      keyDeserializer: text,
      valueDeserializer: text,
      groupId: this.group,
      groupProtocol: this.#protocol,
      assignors: [this.world.random(this.group).below(2) === 0 ? 'range' : 'cooperative-sticky'],
      offsetReset: 'earliest',
      commitMode: 'manual',
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 1_000,
      maxPollIntervalMs: 10_000,
      fetchMaxWaitMs: 500,
      rebalance: {
        assigned: (partitions) => record('gained', partitions),
        revoked: (partitions) => record('revoked', partitions),
        lost: (partitions) => record('lost', partitions),
      },
    });
    this.#consumer = consumer;
    await consumer.subscribe([this.#topic]);
    let batchesLeft = this.random.below(3) === 0 ? 5 + this.random.below(20) : Number.POSITIVE_INFINITY;
    try {
      for await (const batch of consumer.batches()) {
        for (const { topic, partition, offset, value } of batch)
          this.world.record({
            atMs: this.atMs,
            client,
            type: 'poll',
            group: this.group,
            topic,
            partition,
            offset,
            value: value ?? '',
            isolation: 'read_uncommitted',
          });
        const { topic, partition, nextOffset: offset } = batch;
        await this.#commit(consumer, client, { topic, partition, offset });
        if (--batchesLeft <= 0 && !this.isStopping) break;
      }
    } catch (error) {
      this.bear(error, GROUP_ERRORS);
    }
    await consumer.close();
  }

  async #commit(
    consumer: Consumer<string | null, string | null>,
    client: string,
    place: TopicPartition & { readonly offset: number },
  ): Promise<void> {
    const commit = `${client}/${++this.#commits}`;
    const epoch = consumer.groupMetadata.generationId;
    const answered = (type: 'offsetsDone' | 'offsetsFailed' | 'offsetsUnknown'): void =>
      this.world.record({ atMs: this.atMs, client, type, commit });
    this.world.record({
      atMs: this.atMs,
      client,
      type: 'offsetsAsked',
      group: this.group,
      commit,
      epoch,
      offsets: [place],
    });
    try {
      await consumer.commit([place]);
      answered('offsetsDone');
    } catch (error) {
      answered('offsetsUnknown');
      this.bear(error, GROUP_ERRORS);
    }
  }
}

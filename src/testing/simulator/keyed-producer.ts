import { string as text } from '../../client/serializers.ts';
import type { Producer } from '../../client/producer/producer.ts';
import { WorkloadClient } from './workload-client.ts';
import type { CleanedTopic } from './cleaned-topics.ts';
import type { World } from './world.ts';

const KEYS = 5;
const NULL_SHARE = 8;
/** Each topic gets a record; several times within the life of a segment. */
const PAUSE_MS_MAX = 700;

/** Writes the same few keys again and again, and now and then deletes one. */
export class KeyedProducer extends WorkloadClient {
  readonly #topics: readonly CleanedTopic[];
  #sent = 0;

  constructor(world: World, name: string, topics: readonly CleanedTopic[]) {
    super(world, name);
    this.#topics = topics;
  }

  protected override async work(): Promise<void> {
    const producer = this.world.kafka(this.name).producer({
      keySerializer: text,
      valueSerializer: text,
      lingerMs: this.random.below(10),
      deliveryTimeoutMs: 15_000,
      traceHeaders: false,
    });
    const open = new Set<Promise<void>>();
    while (!this.isStopping) {
      for (const topic of this.#topics) {
        const sent = this.#send(producer, topic).finally(() => open.delete(sent));
        open.add(sent);
      }
      await this.pause(PAUSE_MS_MAX);
      if (open.size > 60) await Promise.all(open);
    }
    await Promise.all(open);
    await producer.close();
  }

  async #send(producer: Producer<string, string | null>, topic: CleanedTopic): Promise<void> {
    const key = `k${this.random.below(KEYS)}`;
    const value = this.random.below(NULL_SHARE) === 0 ? null : `${this.name}.${++this.#sent}`;
    const partition = this.random.below(this.world.options.partitions);
    try {
      const { offset } = await producer.send({ topic, partition, key, value });
      this.world.acknowledged(topic, partition, offset, `${key}=${value}`);
    } catch (error) {
      this.bear(error);
    }
  }
}

import type { Producer } from '../../client/producer/producer.ts';
import { string as text } from '../../client/serializers.ts';
import { WorkloadClient } from './workload-client.ts';
import type { World } from './world.ts';

/** Sends with acks=all, once and in order. */
export class IdempotentProducer extends WorkloadClient {
  readonly #topic: string;
  #sent = 0;

  constructor(world: World, name: string, topic: string) {
    super(world, name);
    this.#topic = topic;
  }

  protected override async work(): Promise<void> {
    const producer = this.world.kafka(this.name).producer({
      keySerializer: text,
      valueSerializer: text,
      lingerMs: this.random.below(20),
      deliveryTimeoutMs: 15_000,
      traceHeaders: false,
    });
    const open = new Set<Promise<void>>();
    while (!this.isStopping) {
      for (let count = this.random.below(4); count >= 0; count--) {
        const sent = this.#send(producer).finally(() => open.delete(sent));
        open.add(sent);
      }
      await this.pause();
      if (open.size > 60) await Promise.all(open);
    }
    await Promise.all(open);
    await producer.close();
  }

  async #send(producer: Producer<string, string>): Promise<void> {
    const value = `${this.name}.${++this.#sent}`;
    const client = this.name;
    const partition = this.random.below(this.world.options.partitions);
    const key = `${this.name}.${partition}`;
    this.world.record({ atMs: this.atMs, client, type: 'send', topic: this.#topic, key, value });
    try {
      const { offset } = await producer.send({ topic: this.#topic, partition, key, value });
      this.world.record({ atMs: this.atMs, client, type: 'acknowledged', value, partition, offset });
      this.world.acknowledged(this.#topic, partition, offset, value);
    } catch (error) {
      this.world.record({ atMs: this.atMs, client, type: 'unknown', value });
      this.bear(error);
    }
  }
}

import type { Producer } from '../../client/producer/producer.ts';
import { string as text } from '../../client/serializers.ts';
import { WorkloadClient } from './workload-client.ts';
import type { World } from './world.ts';

/** Writes in transactions over several partitions; some are aborted. */
export class TransactionalProducer extends WorkloadClient {
  readonly #topic: string;
  #sent = 0;
  #transactions = 0;
  #lives = 0;

  constructor(world: World, name: string, topic: string) {
    super(world, name);
    this.#topic = topic;
  }

  protected override async work(): Promise<void> {
    let producer = this.#producer();
    while (!this.isStopping) {
      await this.pause(600);
      if (await this.#transaction(producer)) continue;
      await producer.close({ timeoutMs: 0 });
      producer = this.#producer();
    }
    await producer.close({ timeoutMs: 0 });
  }

  #producer(): Producer<string, string> {
    this.#lives++;
    return this.world.kafka(this.name).producer({
      keySerializer: text,
      valueSerializer: text,
      transactionalId: this.name,
      transactionTimeoutMs: 8_000,
      deliveryTimeoutMs: 8_000,
      maxBlockMs: 8_000,
      lingerMs: 0,
      traceHeaders: false,
    });
  }

  /** False when this producer is good for nothing more. */
  async #transaction(producer: Producer<string, string>): Promise<boolean> {
    const client = `${this.name}#${this.#lives}`;
    const transaction = `${this.name}/${++this.#transactions}`;
    const step = (type: 'begin' | 'commitAsked' | 'committed' | 'aborted' | 'undecided'): void =>
      this.world.record({ atMs: this.atMs, client, type, transaction });
    try {
      await producer.begin();
    } catch (error) {
      this.bear(error);
      return false;
    }
    step('begin');
    const isCommitted = this.random.below(4) > 0;
    try {
      const sends: Promise<boolean>[] = [];
      for (let count = this.random.below(4); count >= 0; count--) {
        sends.push(this.#send(producer, client, transaction));
        if (this.random.below(2) === 0) await this.pause(60);
      }
      if (!isCommitted || !(await Promise.all(sends)).every((isSent) => isSent)) {
        await producer.abort();
        await Promise.all(sends);
        step('aborted');
        return true;
      }
      step('commitAsked');
      await producer.commit();
      step('committed');
      return true;
    } catch (error) {
      step('undecided');
      this.bear(error);
      return false;
    }
  }

  async #send(producer: Producer<string, string>, client: string, transaction: string): Promise<boolean> {
    const value = `${this.name}.${++this.#sent}`;
    const partition = this.random.below(this.world.options.partitions);
    const topic = this.#topic;
    this.world.record({ atMs: this.atMs, client, type: 'send', topic, key: null, value, transaction });
    try {
      const { offset } = await producer.send({ topic, partition, value });
      this.world.record({ atMs: this.atMs, client, type: 'acknowledged', value, partition, offset });
      this.world.acknowledged(topic, partition, offset, value);
      return true;
    } catch (error) {
      this.world.record({ atMs: this.atMs, client, type: 'unknown', value });
      this.bear(error);
      return false;
    }
  }
}

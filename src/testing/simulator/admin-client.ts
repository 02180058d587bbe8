import { KafkaError } from '../../client/client-error.ts';
import type { Producer } from '../../client/producer/producer.ts';
import { string as text } from '../../client/serializers.ts';
import type { Admin } from '../../client/admin/admin.ts';
import { configsOf, REMADE_TOPIC, upkeepOf } from './cleaned-topics.ts';
import { WorkloadClient } from './workload-client.ts';
import type { AdminWork } from './options.ts';
import type { World } from './world.ts';

/** An admin that makes the topics of a run, and changes the cluster while it is under way. */
export class AdminClient extends WorkloadClient {
  readonly #admin: Admin;
  readonly #producer: Producer<Uint8Array | null, string>;
  #count = 0;
  #filled = 0;

  constructor(world: World, name: string) {
    super(world, name);
    const kafka = world.kafka(name);
    this.#admin = kafka.admin();
    this.#producer = kafka.producer({ valueSerializer: text, deliveryTimeoutMs: 3_000, maxBlockMs: 3_000 });
  }

  /** Makes the topics; tries for as long as it takes. */
  async createTopics(names: readonly string[]): Promise<void> {
    const { partitions } = this.world.options;
    const topics = names.map((name) => ({ name, partitions, replicationFactor: 3, configs: configsOf(name) }));
    for (;;) {
      const results = await this.#admin.createTopics(topics).catch(() => undefined);
      const isMade = [...(results?.values() ?? [])].every(
        (each) => !(each instanceof KafkaError) || each.code === 'TOPIC_ALREADY_EXISTS',
      );
      if (results !== undefined && isMade) return;
      await this.world.sleep(200);
    }
  }

  close(): void {
    this.#admin.close();
  }

  protected override async work(): Promise<void> {
    const { adminWork, adminPauseMs } = this.world.options;
    while (!this.isStopping) {
      await this.pause(adminPauseMs);
      try {
        await this.#do(adminWork[this.random.below(adminWork.length)]!);
      } catch (error) {
        this.bearAny(error);
      }
    }
    await this.#producer.close({ timeoutMs: 0 });
  }

  async #do(work: AdminWork): Promise<void> {
    const { partitions } = this.world.options;
    const partition = this.random.below(partitions);
    switch (work) {
      case 'reassign': {
        const replicas = this.#brokers().slice(0, 3);
        await this.#admin.alterReassignments([{ topic: 'orders', partition, replicas }]);
        return;
      }
      case 'elect':
        await this.#admin.electLeaders('preferred');
        return;
      case 'configs':
        await this.#admin.alterConfigs([
          {
            type: 'topic',
            name: 'orders',
            changes: [
              { name: 'segment.bytes', operation: 'set', value: String(1024 * 1024 * (1 + this.random.below(8))) },
            ],
          },
        ]);
        return;
      case 'churn': {
        const name = `${REMADE_TOPIC}${this.random.below(2)}`;
        // One of its name may follow at once, while a broker that is away has the files of the one before.
        const [isDeleted, isMade] = [this.random.below(3) > 0, this.random.below(3) > 0];
        if (isDeleted) await this.#admin.deleteTopics([name]);
        if (isMade) await this.#admin.createTopics([{ name, partitions: 2, replicationFactor: 3 }]);
        return this.#fill(name);
      }
      case 'partitions':
        await this.#admin.createPartitions([{ name: `${REMADE_TOPIC}0`, total: 2 + ++this.#count }]);
        return;
      case 'deleteRecords':
        return this.#deleteRecords(partition);
      default:
        work satisfies never;
    }
  }

  async #deleteRecords(partition: number): Promise<void> {
    const topics = this.world.options.cleaned.filter((name) => upkeepOf(name).deletes);
    const topic = topics[this.random.below(Math.max(1, topics.length))];
    if (topic === undefined) return;
    const before = this.random.below((this.world.committed(topic, partition)?.end ?? 0) + 1);
    const outcomes = await this.#admin.deleteRecords([{ topic, partition, before }]);
    const outcome = outcomes.get(topic)?.get(partition);
    if (typeof outcome !== 'number') throw outcome ?? new Error('nothing is told of the partition');
    this.world.deletedBefore(topic, partition, before);
  }

  /** So that what was in a topic can be told from what is in the next one of its name. */
  async #fill(topic: string): Promise<void> {
    const sends = Array.from({ length: this.random.below(6) }, () =>
      this.#producer.send({ topic, partition: this.random.below(2), value: `${topic}.${++this.#filled}` }),
    );
    for (const outcome of await Promise.allSettled(sends))
      if (outcome.status === 'rejected') this.bearAny(outcome.reason);
  }

  /** All broker ids, shuffled. */
  #brokers(): number[] {
    const { machines } = this.world;
    const left = machines.map(({ id }) => id);
    return machines.map(() => left.splice(this.random.below(left.length), 1)[0]!);
  }
}

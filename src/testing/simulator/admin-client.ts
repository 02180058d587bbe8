import { KafkaError } from '../../client/client-error.ts';
import type { Admin } from '../../client/admin/admin.ts';
import { WorkloadClient } from './workload-client.ts';
import type { AdminWork } from './options.ts';
import type { World } from './world.ts';

/** An admin that makes the topics of a run, and changes the cluster while it is under way. */
export class AdminClient extends WorkloadClient {
  readonly #admin: Admin;
  #count = 0;

  constructor(world: World, name: string) {
    super(world, name);
    this.#admin = world.kafka(name).admin();
  }

  /** Makes the topics; tries for as long as it takes. */
  async createTopics(names: readonly string[]): Promise<void> {
    const { partitions } = this.world.options;
    const topics = names.map((name) => ({ name, partitions, replicationFactor: 3 }));
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
    const { adminWork } = this.world.options;
    while (!this.isStopping) {
      await this.pause(3000);
      try {
        await this.#do(adminWork[this.random.below(adminWork.length)]!);
      } catch (error) {
        this.bearAny(error);
      }
    }
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
        const name = `churn${this.random.below(2)}`;
        // One of its name may follow at once, while a broker that is away has the files of the one before.
        const [isDeleted, isMade] = [this.random.below(3) > 0, this.random.below(3) > 0];
        if (isDeleted) await this.#admin.deleteTopics([name]);
        if (isMade) await this.#admin.createTopics([{ name, partitions: 2, replicationFactor: 3 }]);
        return;
      }
      case 'partitions':
        await this.#admin.createPartitions([{ name: 'churn0', total: 2 + ++this.#count }]);
        return;
      default:
        work satisfies never;
    }
  }

  /** All broker ids, shuffled. */
  #brokers(): number[] {
    const left = this.world.machines.map(({ id }) => id);
    return left.map(() => left.splice(this.random.below(left.length), 1)[0]!);
  }
}

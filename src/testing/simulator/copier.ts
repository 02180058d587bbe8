import { string as text } from '../../client/serializers.ts';
import { WorkloadClient } from './workload-client.ts';
import type { World } from './world.ts';

export const COPY_GROUP = 'g-copy';

/** What ends one life of the copier, and not its work: others took its place, or its group went on without it. */
const ENDS_A_LIFE: ReadonlySet<string> = new Set([
  'FENCED_INSTANCE_ID',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** Makes of each record of one topic one of another, in transactions with the offsets that it has read. */
export class Copier extends WorkloadClient {
  readonly #from: string;
  readonly #to: string;
  readonly #stopping = new AbortController();
  /** The offset after the last record that it saw, by partition. */
  readonly #next = new Map<number, number>();
  #copies = 0;

  constructor(world: World, name: string, { from, to }: { from: string; to: string }) {
    super(world, name);
    this.#from = from;
    this.#to = to;
  }

  override stop(): void {
    super.stop();
    this.#stopping.abort();
  }

  /** Whether it has seen all that is there. */
  isAtEnd(ends: ReadonlyMap<string, number>): boolean {
    for (let partition = 0; partition < this.world.options.partitions; partition++)
      if ((this.#next.get(partition) ?? 0) < (ends.get(`${this.#from}-${partition}`) ?? 0)) return false;
    return true;
  }

  protected override async work(): Promise<void> {
    while (!this.isStopping) {
      try {
        await this.#life();
      } catch (error) {
        this.bear(error, ENDS_A_LIFE);
      }
      await this.pause();
    }
  }

  async #life(): Promise<void> {
    const limits = { deliveryTimeoutMs: 8_000, maxBlockMs: 8_000, transactionTimeoutMs: 8_000 };
    await this.world.kafka(this.name).exactlyOnce(
      {
        topics: [this.#from],
        groupId: COPY_GROUP,
        transactionalId: this.name,
        consumer: { offsetReset: 'earliest', keyDeserializer: text, valueDeserializer: text, sessionTimeoutMs: 6_000 },
        producer: { ...limits, keySerializer: text, valueSerializer: text, lingerMs: 0, traceHeaders: false },
        signal: this.#stopping.signal,
      },
      (batch, producer) => {
        const { partition, nextOffset } = batch;
        for (const { value: source } of batch) {
          const value = `${this.name}.${++this.#copies}`;
          const send = { type: 'send', topic: this.#to, key: null, value, source: source ?? '' } as const;
          this.world.record({ atMs: this.atMs, client: this.name, ...send });
          // Whether it went well shows with the commit.
          producer.send({ topic: this.#to, partition, value }).catch(() => {});
        }
        this.#next.set(partition, Math.max(nextOffset, this.#next.get(partition) ?? 0));
      },
    );
  }
}

import type { Admin, Consumer, Kafka, Producer } from '../../client/index.ts';
import { json, string } from '../../client/serializers.ts';
import { pause } from '../../client/retry.ts';
import type { ClientRuntime } from '../../client/client-runtime.ts';

const PARTITIONS = 3;
const ORDER_PAUSE_MS = 200;
/** What handling an order takes. */
const WORK_MS = 60;
/** A newsletter is written for few orders, slowly: its group falls behind, as groups do. */
const LETTER_MS = 900;
const USERS = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hana'] as const;
const ITEMS = ['stamp', 'envelope', 'candle', 'postcard', 'ink', 'paper'] as const;
const PRICE_MAX = 90;

export const ORDERS = 'orders';
export const SHIPPING = 'shipping';
export const ORDER_GROUP = 'order-processing';
export const LETTER_GROUP = 'newsletter';

interface Order {
  readonly order: number;
  readonly user: string;
  readonly item: string;
  readonly amount: number;
}

type OrderConsumer = Consumer<string | null, Order | null>;

/** A small shop that lives: orders come in, two workers ship them, a newsletter lags behind. */
export class Shop {
  readonly #kafka: Kafka;
  readonly #runtime: ClientRuntime;
  readonly #producer: Producer<string, object>;
  readonly #consumers: OrderConsumer[] = [];
  readonly #closing = new AbortController();
  #working: Promise<unknown> = Promise.resolve();
  ordered = 0;
  shipped = 0;

  constructor(kafka: Kafka, runtime: ClientRuntime) {
    this.#kafka = kafka;
    this.#runtime = runtime;
    this.#producer = kafka.producer({ keySerializer: string, valueSerializer: json<object>() });
  }

  /** Makes its topics and opens its doors. */
  async open(): Promise<void> {
    const admin: Admin = this.#kafka.admin();
    try {
      await admin.createTopics([ORDERS, SHIPPING].map((name) => ({ name, partitions: PARTITIONS })));
    } finally {
      admin.close();
    }
    const workers = [this.#worker(ORDER_GROUP), this.#worker(ORDER_GROUP)];
    const letters = this.#worker(LETTER_GROUP);
    this.#working = Promise.all([
      this.#takeOrders(),
      ...workers.map((worker) => this.#ship(worker)),
      this.#writeLetters(letters),
    ]);
    this.#working.catch(() => {});
  }

  /** Finishes what is at hand, commits, and closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const consumer of this.#consumers) consumer.stop();
    await this.#working.catch(() => {});
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    await this.#producer.close();
  }

  #worker(groupId: string): OrderConsumer {
    const consumer = this.#kafka.consumer({
      groupId,
      keyDeserializer: string,
      valueDeserializer: json<Order>(),
      offsetReset: 'earliest',
      autoCommitIntervalMs: 1000,
    });
    this.#consumers.push(consumer);
    return consumer;
  }

  async #takeOrders(): Promise<void> {
    while (await this.#waits(ORDER_PAUSE_MS)) {
      const user = this.#oneOf(USERS);
      const amount = Math.ceil(this.#runtime.random.next() * PRICE_MAX);
      const order: Order = { order: this.ordered + 1, user, item: this.#oneOf(ITEMS), amount };
      await this.#producer.send({ topic: ORDERS, key: user, value: order });
      this.ordered++;
    }
  }

  async #ship(worker: OrderConsumer): Promise<void> {
    await worker.subscribe([ORDERS]);
    for await (const { value } of worker) {
      if (value === null) continue;
      await this.#waits(WORK_MS);
      const shipment = { order: value.order, user: value.user, status: 'shipped' };
      await this.#producer.send({ topic: SHIPPING, key: String(value.order), value: shipment });
      this.shipped++;
    }
  }

  async #writeLetters(reader: OrderConsumer): Promise<void> {
    await reader.subscribe([ORDERS]);
    for await (const record of reader) if (record.offset >= 0) await this.#waits(LETTER_MS);
  }

  #oneOf<T>(things: readonly T[]): T {
    return things[Math.floor(this.#runtime.random.next() * things.length)]!;
  }

  /** Lets time pass; false once the shop closes. */
  async #waits(ms: number): Promise<boolean> {
    await pause(this.#runtime, ms, this.#closing.signal).catch(() => {});
    return !this.#closing.signal.aborted;
  }
}

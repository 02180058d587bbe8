import { KafkaError, type Producer } from '../../client/index.ts';

/** Transactions of one template side by side; further ones wait for one of them. */
const PRODUCERS_MAX = 16;
/** Those that wait; more are refused. */
const WAITING_MAX = 1000;

/**
 * The producers of a template's transactions, each with the prefix and a number as its transactional id; a transaction has one to
 * itself. A prefix belongs to one running instance: a second one fences the first.
 */
export class ProducerPool<K, V> {
  readonly #prefix: string | undefined;
  readonly #newProducer: (transactionalId: string) => Producer<K, V>;
  readonly #free: Producer<K, V>[] = [];
  readonly #ids = new Map<Producer<K, V>, number>();
  #waiting: (() => void)[] = [];

  constructor(prefix: string | undefined, newProducer: (transactionalId: string) => Producer<K, V>) {
    this.#prefix = prefix;
    this.#newProducer = newProducer;
  }

  /** {@link give} has to follow. Rejects with INVALID_STATE without a prefix, and with BUFFER_FULL when too many wait. */
  async take(): Promise<Producer<K, V>> {
    const prefix = this.#prefix;
    if (prefix === undefined) {
      throw new KafkaError('INVALID_STATE', 'transactions need spring.kafka.producer.transaction-id-prefix');
    }
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      if (this.#ids.size < PRODUCERS_MAX) {
        const id = this.#freeId();
        const producer = this.#newProducer(`${prefix}${id}`);
        this.#ids.set(producer, id);
        return producer;
      }
      if (this.#waiting.length >= WAITING_MAX) {
        throw new KafkaError('BUFFER_FULL', `${WAITING_MAX} transactions wait for one of ${PRODUCERS_MAX} producers`);
      }
      await new Promise<void>((done) => {
        this.#waiting.push(done);
      });
    }
  }

  /** The transaction is over; of no effect for one that was dropped. */
  give(producer: Producer<K, V>): void {
    if (this.#ids.has(producer)) this.#free.push(producer);
    this.#waiting.shift()?.();
  }

  /** Not to be used again. */
  drop(producer: Producer<K, V>): void {
    this.#ids.delete(producer);
    void producer.close({ timeoutMs: 0 });
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#ids.keys()].map((producer) => producer.close({ timeoutMs })));
  }

  #freeId(): number {
    const used = new Set(this.#ids.values());
    for (let id = 0; ; id++) if (!used.has(id)) return id;
  }
}

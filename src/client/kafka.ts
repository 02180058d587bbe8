import { nodeRuntime } from '../runtime/node.ts';
import { Admin } from './admin/admin.ts';
import { clientSettings, type ClientOptions } from './client-options.ts';
import type { ClientRuntime } from './client-runtime.ts';
import { Cluster } from './cluster.ts';
import type { ConsumerOptions } from './consumer/consumer-options.ts';
import { Consumer } from './consumer/consumer.ts';
import { exactlyOnce, type ExactlyOnceHandler, type ExactlyOnceOptions } from './exactly-once.ts';
import type { ProducerOptions } from './producer/producer-options.ts';
import { Producer } from './producer/producer.ts';

export interface KafkaOptions extends ClientOptions {
  /** The least severe log lines written to standard error; 'warn' when left out. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A Kafka cluster and how it is reached: makes producers, consumers and admins. Nothing is opened before one of them needs it. */
export class Kafka {
  readonly #options: ClientOptions;
  readonly #runtime: ClientRuntime;

  /** Throws INVALID_ARGUMENT. */
  constructor(options: KafkaOptions, runtime?: ClientRuntime) {
    clientSettings(options);
    this.#options = options;
    this.#runtime = runtime ?? nodeRuntime({ level: options.logLevel ?? 'warn', fd: 2, pretty: false });
  }

  /** A producer with connections of its own. Throws INVALID_ARGUMENT. */
  producer<K = Uint8Array | null, V = Uint8Array | null>(options: ProducerOptions<K, V> = {}): Producer<K, V> {
    return new Producer(new Cluster(this.#runtime, this.#options), options);
  }

  /** A consumer with connections of its own. Throws INVALID_ARGUMENT. */
  consumer<K = Uint8Array | null, V = Uint8Array | null>(options: ConsumerOptions<K, V> = {}): Consumer<K, V> {
    return new Consumer(new Cluster(this.#runtime, this.#options), options);
  }

  /** As {@link exactlyOnce}, with a consumer and a producer made for it. */
  async exactlyOnce<KI = Uint8Array | null, VI = Uint8Array | null, KO = Uint8Array | null, VO = Uint8Array | null>(
    options: ExactlyOnceOptions<KI, VI, KO, VO>,
    handler: ExactlyOnceHandler<KI, VI, KO, VO>,
  ): Promise<void> {
    const { groupId, transactionalId, signal } = options;
    const isolation = 'read_committed';
    const reading = { ...options.consumer, groupId, isolation, commitMode: 'manual' } as const;
    const consumer = this.consumer<KI, VI>(signal === undefined ? reading : { ...reading, signal });
    const producer = this.producer<KO, VO>({ ...options.producer, transactionalId });
    await exactlyOnce(consumer, producer, options.topics, handler);
  }

  /** An admin with connections of its own. */
  admin(): Admin {
    return new Admin(new Cluster(this.#runtime, this.#options));
  }
}

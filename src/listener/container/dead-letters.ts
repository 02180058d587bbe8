import { KafkaError, valuesOf, type Admin, type Kafka, type Producer } from '../../client/index.ts';
import { deadLetterHeaders } from './dead-letter-headers.ts';
import type { DeadLetterOptions, UnreadRecord } from './error-handling.ts';

export const DEAD_LETTER_SUFFIX = '-dlt';

/** What dead letters are sent with; each is asked for when the first one is due. */
export interface DeadLetterClients {
  producer(): Producer;
  admin(): Admin;
  /** Whether a topic for dead letters may be made. */
  readonly mayCreate: boolean;
}

/**
 * Sends records that were given up to the topic of dead letters, as they came, into the partition of the same number. Where the topic has
 * fewer partitions the key chooses; where there is no topic it is made with as many.
 */
export class DeadLetters {
  readonly #clients: DeadLetterClients;
  readonly #options: DeadLetterOptions;
  /** Partitions of each topic that was asked for; as many as there are topics that listeners read. */
  readonly #partitions = new Map<string, Promise<number>>();

  constructor(clients: DeadLetterClients, options: DeadLetterOptions) {
    this.#clients = clients;
    this.#options = options;
  }

  /** Resolves once the dead letter is written. Rejects with {@link KafkaError}. */
  async send(record: UnreadRecord, error: Error, groupId: string): Promise<void> {
    const topic = this.#options.topic?.(record, error) ?? this.#topicOf(record.topic);
    const count = await this.#countOf(topic, record.topic);
    const { key, value, partition } = record;
    await this.#clients.producer().send({
      topic,
      key,
      value,
      headers: deadLetterHeaders(record, error, groupId),
      ...(partition < count && { partition }),
    });
  }

  /** Makes the topics for the dead letters of these, as far as they are there themselves. Rejects with {@link KafkaError}. */
  async prepare(origins: readonly string[]): Promise<void> {
    if (!this.#clients.mayCreate) return;
    const described = await this.#clients.admin().describeTopics(origins);
    const present = origins.filter((origin) => !(described.get(origin) instanceof KafkaError));
    await Promise.all(present.map((origin) => this.#countOf(this.#topicOf(origin), origin)));
  }

  #topicOf(origin: string): string {
    return `${origin}${this.#options.suffix ?? DEAD_LETTER_SUFFIX}`;
  }

  async #countOf(topic: string, origin: string): Promise<number> {
    let asking = this.#partitions.get(topic);
    if (asking === undefined) {
      asking = this.#ask(topic, origin);
      this.#partitions.set(topic, asking);
      asking.catch(() => this.#partitions.delete(topic));
    }
    return asking;
  }

  async #ask(topic: string, origin: string): Promise<number> {
    const admin = this.#clients.admin();
    const described = await admin.describeTopics([topic, origin]);
    const own = described.get(topic);
    if (own !== undefined && !(own instanceof KafkaError)) return own.partitions.length;
    if (own !== undefined && own.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw own;
    if (!this.#clients.mayCreate) throw missing(topic);
    const from = described.get(origin);
    const partitions = from === undefined || from instanceof KafkaError ? 1 : from.partitions.length;
    const created = (await admin.createTopics([{ name: topic, partitions }])).get(topic);
    if (created instanceof KafkaError && created.code !== 'TOPIC_ALREADY_EXISTS') throw created;
    if (!(created instanceof KafkaError)) return partitions;
    return valuesOf(await admin.describeTopics([topic])).get(topic)!.partitions.length;
  }
}

function missing(topic: string): KafkaError {
  return new KafkaError(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `no topic ${topic} for dead letters, and spring.kafka.admin.auto-create is false: create it`,
  );
}

/** Opens the clients at the first dead letter, and closes them with the application. */
export class LazyDeadLetterClients implements DeadLetterClients {
  readonly mayCreate: boolean;
  readonly #kafkas: { readonly producer: Kafka; readonly admin: Kafka };
  #producer: Producer | undefined;
  #admin: Admin | undefined;

  constructor(kafkas: { readonly producer: Kafka; readonly admin: Kafka }, mayCreate: boolean) {
    this.#kafkas = kafkas;
    this.mayCreate = mayCreate;
  }

  producer(): Producer {
    return (this.#producer ??= this.#kafkas.producer.producer());
  }

  admin(): Admin {
    return (this.#admin ??= this.#kafkas.admin.admin());
  }

  async close(): Promise<void> {
    this.#admin?.close();
    await this.#producer?.close();
  }
}

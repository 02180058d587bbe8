import {
  KafkaError,
  type GroupMetadata,
  type Producer,
  type ProducerRecord,
  type RecordMetadata,
  type TransactionOffset,
} from '../../client/index.ts';
import { ProducerPool } from './producer-pool.ts';

/** The ways to say what to send; those of Spring's KafkaTemplate. A partition or key of null is left to the partitioner. */
export type SendArguments<K, V> =
  | [topic: string, value: V]
  | [topic: string, key: K | null, value: V]
  | [topic: string, partition: number | null, key: K | null, value: V]
  | [topic: string, partition: number | null, timestamp: number | null, key: K | null, value: V]
  | [record: ProducerRecord<K, V>];

/** As {@link SendArguments}, for the default topic. */
export type SendDefaultArguments<K, V> =
  | [value: V]
  | [key: K | null, value: V]
  | [partition: number | null, key: K | null, value: V]
  | [partition: number | null, timestamp: number | null, key: K | null, value: V];

/** What was sent, and where it lies. */
export interface SendResult<K, V> {
  readonly record: ProducerRecord<K, V>;
  readonly metadata: RecordMetadata;
}

/** What can be done with a template, and within a transaction of it. */
export interface KafkaOperations<K, V> {
  /** Resolves when the record is written. Rejects with {@link KafkaError}. */
  readonly send: (...args: SendArguments<K, V>) => Promise<SendResult<K, V>>;
  /** As {@link send}, to `spring.kafka.template.default-topic`. */
  readonly sendDefault: (...args: SendDefaultArguments<K, V>) => Promise<SendResult<K, V>>;
}

/** The operations of one transaction. */
export interface TransactionOperations<K, V> extends KafkaOperations<K, V> {
  /** Commits what a group has read with the transaction. */
  readonly sendOffsets: (offsets: readonly TransactionOffset[], group: GroupMetadata) => Promise<void>;
}

/** What a template is made of. */
export interface TemplateParts<K, V> {
  readonly defaultTopic: string | undefined;
  /** Makes a producer, with a transactional id when one is given. */
  readonly newProducer: (transactionalId: string | undefined) => Producer<K, V>;
  readonly transactionIdPrefix: string | undefined;
  /** Whether {@link KafkaTemplate.send} outside of a transaction is no mistake, though there is a prefix. */
  readonly allowNonTransactional: boolean;
  readonly closeTimeoutMs: number;
  /** Replaces the placeholders of a topic's name. */
  readonly replace: (text: string) => string;
}

/** Sends records in the way of Spring's KafkaTemplate. Producers are opened when they are needed, and shared. */
export class KafkaTemplate<K = unknown, V = unknown> implements KafkaOperations<K, V> {
  readonly #parts: TemplateParts<K, V>;
  readonly #pool: ProducerPool<K, V>;
  #producer: Producer<K, V> | undefined;
  #isClosed = false;

  /** Use {@link KafkaApplication.template}, or the application's `newTemplate` for other types. */
  constructor(parts: TemplateParts<K, V>) {
    this.#parts = parts;
    this.#pool = new ProducerPool(parts.transactionIdPrefix, (id) => parts.newProducer(id));
  }

  get defaultTopic(): string | undefined {
    return this.#parts.defaultTopic;
  }

  get isTransactional(): boolean {
    return this.#parts.transactionIdPrefix !== undefined;
  }

  async send(...args: SendArguments<K, V>): Promise<SendResult<K, V>> {
    return sendWith(this.#shared(), this.#record(args));
  }

  async sendDefault(...args: SendDefaultArguments<K, V>): Promise<SendResult<K, V>> {
    return sendWith(this.#shared(), this.#record(this.#withDefault(args)));
  }

  /**
   * Runs `work` in a transaction of its own: committed when it is done, aborted when it throws or something sent in it failed. Needs
   * `spring.kafka.producer.transaction-id-prefix`. Rejects with what went wrong.
   */
  async executeInTransaction<T>(work: (operations: TransactionOperations<K, V>) => Promise<T>): Promise<T> {
    this.#checkOpen();
    const producer = await this.#pool.take();
    try {
      return await producer.transaction(async () =>
        work({
          send: async (...args) => sendWith(producer, this.#record(args)),
          sendDefault: async (...args) => sendWith(producer, this.#record(this.#withDefault(args))),
          sendOffsets: async (offsets, group) => producer.sendOffsets(offsets, group),
        }),
      );
    } catch (error) {
      // A producer that was fenced, or does not know how its transaction ended, is of no more use.
      if (error instanceof KafkaError) this.#pool.drop(producer);
      throw error;
    } finally {
      this.#pool.give(producer);
    }
  }

  /** Resolves when all that was sent is written or failed. */
  async flush(): Promise<void> {
    await this.#producer?.flush();
  }

  /** Sends what waits, and lets go. What is not written after the template's `close-timeout` is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { closeTimeoutMs: timeoutMs } = this.#parts;
    await Promise.all([this.#producer?.close({ timeoutMs }), this.#pool.close(timeoutMs)]);
  }

  #shared(): Producer<K, V> {
    this.#checkOpen();
    if (this.isTransactional && !this.#parts.allowNonTransactional) {
      throw new KafkaError(
        'INVALID_STATE',
        'there is a transaction-id-prefix, and no transaction: send within executeInTransaction, or set spring.kafka.template.allow-non-transactional: true',
      );
    }
    return (this.#producer ??= this.#parts.newProducer(undefined));
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KafkaError('CLOSED', 'the template is closed');
  }

  #withDefault(args: SendDefaultArguments<K, V>): SendArguments<K, V> {
    const { defaultTopic } = this.#parts;
    if (defaultTopic === undefined) {
      throw new KafkaError('INVALID_STATE', 'there is no default topic: set spring.kafka.template.default-topic');
    }
    return [defaultTopic, ...args] as SendArguments<K, V>;
  }

  #record(args: SendArguments<K, V>): ProducerRecord<K, V> {
    const record = recordOf(args);
    return { ...record, topic: this.#parts.replace(record.topic) };
  }
}

async function sendWith<K, V>(producer: Producer<K, V>, record: ProducerRecord<K, V>): Promise<SendResult<K, V>> {
  return { record, metadata: await producer.send(record) };
}

function recordOf<K, V>(args: SendArguments<K, V>): ProducerRecord<K, V> {
  const [first] = args;
  if (typeof first === 'object') return first;
  const topic = first;
  const value = args.at(-1) as V;
  const key = args.length > 2 ? (args.at(-2) as K | null) : null;
  const partition = args.length > 3 ? (args[1] as number | null) : null;
  const timestamp = args.length > 4 ? (args[2] as number | null) : null;
  return {
    topic,
    value,
    ...(key !== null && { key }),
    ...(partition !== null && { partition }),
    ...(timestamp !== null && { timestamp }),
  };
}

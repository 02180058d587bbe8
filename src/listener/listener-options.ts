import type { ConsumerRecord, Deserializer } from '../client/index.ts';
import type { AckMode } from './config/kafka-settings.ts';
import type { Acknowledgment } from './container/acknowledgment.ts';
import type { ErrorHandling } from './container/error-handling.ts';

/**
 * What a listener reads and how; what is left out comes from the settings of the application. Texts may hold placeholders, `${topic.orders}`.
 */
export interface ListenerOptions<K = unknown, V = unknown> {
  /** Its name among the containers, and its group when no other is given; class and method when left out. */
  readonly id?: string;
  /** Names, in a list or with commas between. */
  readonly topics?: string | readonly string[];
  /** All topics whose whole name matches, in place of {@link topics}. */
  readonly topicPattern?: string | RegExp;
  readonly groupId?: string;
  /** Kafka's client id of its consumer. */
  readonly clientIdPrefix?: string;
  /** How many partitions are worked on side by side. */
  readonly concurrency?: number | string;
  readonly ackMode?: AckMode;
  /** The listener takes lists of records. */
  readonly batch?: boolean;
  /** Whether it starts with the application. */
  readonly autoStartup?: boolean | string;
  /** Records for which it is false are passed over. */
  readonly filter?: (record: ConsumerRecord<K, V>) => boolean;
  readonly errorHandling?: ErrorHandling;
  readonly keyDeserializer?: Deserializer<K>;
  readonly valueDeserializer?: Deserializer<V>;
  /** Settings of Kafka's consumer by their dotted names, for this listener alone. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

/** Handles one record. What it returns is awaited; what it throws goes to the error handling. */
export type RecordHandler<K, V> = (
  record: ConsumerRecord<K, V>,
  acknowledgment: Acknowledgment,
) => Promise<void> | void;

/** Handles records of one partition, in order. */
export type BatchHandler<K, V> = (
  records: readonly ConsumerRecord<K, V>[],
  acknowledgment: Acknowledgment,
) => Promise<void> | void;

/** A listener without a class, as {@link listener} makes it. */
export interface ListenerDefinition {
  readonly options: ListenerOptions;
  readonly handle: (given: never, acknowledgment: Acknowledgment) => unknown;
  /** Gets the dead letters of this listener. */
  readonly onDeadLetter?: ((given: never, acknowledgment: Acknowledgment) => unknown) | undefined;
}

/** Defines a listener by a function, where no class is wanted. */
export function listener<K, V>(
  options: ListenerOptions<K, V> & { readonly batch: true },
  handle: BatchHandler<K, V>,
): ListenerDefinition;
export function listener<K, V>(
  options: ListenerOptions<K, V> & { readonly batch?: false; readonly onDeadLetter?: RecordHandler<K, V> },
  handle: RecordHandler<K, V>,
): ListenerDefinition;
export function listener<K, V>(
  { onDeadLetter, ...options }: ListenerOptions<K, V> & { readonly onDeadLetter?: RecordHandler<K, V> },
  handle: RecordHandler<K, V> | BatchHandler<K, V>,
): ListenerDefinition {
  return { options: options as ListenerOptions, handle: handle, onDeadLetter };
}

import { ConfigurationError } from '../configuration-error.ts';
import type { ApplicationProperties } from './application-properties.ts';
import { clientSettings, type PartSettings, type SettingFiles } from './client-settings.ts';
import { ACK_MODES, KAFKA_KEYS } from './kafka-keys.ts';
import { checkedProperty, checkKeys, PREFIX } from './key-check.ts';
import type { Property } from './property.ts';

/** When a listener's offsets are committed, by Spring's words. */
export type AckMode = (typeof ACK_MODES)[number];

/** `spring.kafka.listener`, and what of `spring.kafka.consumer` concerns listeners. Times in milliseconds. */
export interface ListenerSettings {
  readonly ackMode: AckMode;
  readonly ackCount: number;
  readonly ackTimeMs: number;
  readonly concurrency: number;
  readonly isBatch: boolean;
  readonly autoStartup: boolean;
  readonly missingTopicsFatal: boolean;
  readonly authExceptionRetryMs: number | undefined;
  readonly clientIdPrefix: string | undefined;
  readonly maxPollRecords: number;
}

/** `spring.kafka.retry.topic`: how often a record is tried again, and whether what fails for good is kept. */
export interface RetrySettings {
  readonly attempts: number;
  readonly delayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
  readonly jitterMs: number;
}

export interface TemplateSettings {
  readonly defaultTopic: string | undefined;
  readonly transactionIdPrefix: string | undefined;
  readonly allowNonTransactional: boolean;
  readonly closeTimeoutMs: number;
}

/** All of `spring.kafka`, read and checked. */
export interface KafkaSettings {
  readonly consumer: PartSettings;
  readonly producer: PartSettings;
  readonly admin: PartSettings;
  readonly listener: ListenerSettings;
  readonly retry: RetrySettings | undefined;
  readonly template: TemplateSettings;
  /** Whether topics that the application names are created. */
  readonly createsTopics: boolean;
  /** Whether a topic that cannot be created ends the start. */
  readonly failsFast: boolean;
  /** Set, and without effect here. */
  readonly ignored: readonly Property[];
}

/** Reads `spring.kafka`. Throws {@link ConfigurationError}, naming key and place, for what is not known or cannot be. */
export function kafkaSettings(properties: ApplicationProperties, files: SettingFiles): KafkaSettings {
  checkKeys(properties);
  const [consumer, producer, admin] = (['consumer', 'producer', 'admin'] as const).map((part) =>
    clientSettings(properties, part, files),
  ) as [PartSettings, PartSettings, PartSettings];
  const read = new Reader(properties);
  const listed = Object.entries(KAFKA_KEYS)
    .filter(([, { noEffect }]) => noEffect === true)
    .flatMap(([name]) => checkedProperty(properties, name) ?? []);
  const ignored = new Map(
    [...listed, ...consumer.ignored, ...producer.ignored, ...admin.ignored].map((item) => [item.key, item]),
  );
  return {
    consumer,
    producer,
    admin,
    listener: listenerSettings(read, consumer),
    retry: retrySettings(read),
    template: {
      defaultTopic: read.text('template.default-topic'),
      transactionIdPrefix: read.text('template.transaction-id-prefix') ?? read.text('producer.transaction-id-prefix'),
      allowNonTransactional: read.truth('template.allow-non-transactional', false),
      closeTimeoutMs: read.number('template.close-timeout', 5000),
    },
    createsTopics: read.truth('admin.auto-create', true),
    failsFast: read.truth('admin.fail-fast', false),
    ignored: [...ignored.values()],
  };
}

/** How many records a batch listener gets at most; Kafka's default. */
const POLL_RECORDS_MAX = 500;

function listenerSettings(read: Reader, consumer: PartSettings): ListenerSettings {
  const polled = consumer.dotted.get('max.poll.records');
  const maxPollRecords = Number(polled?.value ?? POLL_RECORDS_MAX);
  if (polled !== undefined && !(Number.isInteger(maxPollRecords) && maxPollRecords > 0)) {
    throw new ConfigurationError(
      polled.origin,
      `${polled.key} is "${polled.value}"; it has to be a whole number from 1`,
    );
  }
  return {
    ackMode: (read.text('listener.ack-mode') ?? 'batch') as AckMode,
    ackCount: read.positive('listener.ack-count', 1),
    ackTimeMs: read.positive('listener.ack-time', 5000),
    concurrency: read.positive('listener.concurrency', 1),
    isBatch: read.text('listener.type') === 'batch',
    autoStartup: read.truth('listener.auto-startup', true),
    missingTopicsFatal: read.truth('listener.missing-topics-fatal', false),
    authExceptionRetryMs: read.optional('listener.auth-exception-retry-interval'),
    clientIdPrefix: read.text('listener.client-id'),
    maxPollRecords,
  };
}

function retrySettings(read: Reader): RetrySettings | undefined {
  if (!read.truth('retry.topic.enabled', false)) return undefined;
  return {
    attempts: read.positive('retry.topic.attempts', 3),
    delayMs: read.number('retry.topic.backoff.delay', 1000),
    multiplier: read.number('retry.topic.backoff.multiplier', 1),
    maxDelayMs: read.number('retry.topic.backoff.max-delay', 30_000),
    jitterMs: read.number('retry.topic.backoff.jitter', 0),
  };
}

/** Known keys with their defaults. */
class Reader {
  readonly #properties: ApplicationProperties;

  constructor(properties: ApplicationProperties) {
    this.#properties = properties;
  }

  text(name: string): string | undefined {
    return checkedProperty(this.#properties, name)?.value;
  }

  truth(name: string, otherwise: boolean): boolean {
    const value = this.text(name);
    return value === undefined ? otherwise : value === 'true';
  }

  optional(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  number(name: string, otherwise: number): number {
    return this.optional(name) ?? otherwise;
  }

  positive(name: string, otherwise: number): number {
    const property = checkedProperty(this.#properties, name);
    if (property === undefined) return otherwise;
    const value = Number(property.value);
    if (value > 0) return value;
    throw new ConfigurationError(property.origin, `${PREFIX}.${name} is ${property.value}; it has to be 1 or more`);
  }
}

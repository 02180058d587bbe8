import type { Deserializer, Kafka, SubscribedTo } from '../client/index.ts';
import type { Clock, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ApplicationProperties } from './config/application-properties.ts';
import { clientSettings, type PartSettings, type SettingFiles } from './config/client-settings.ts';
import type { KafkaSettings } from './config/kafka-settings.ts';
import type { Property } from './config/property.ts';
import { truth } from './config/units.ts';
import { ConfigurationError } from './configuration-error.ts';
import { BatchWorker } from './container/batch-worker.ts';
import { DeadLetters, DEAD_LETTER_SUFFIX, type DeadLetterClients } from './container/dead-letters.ts';
import { backOffOf, errorHandlingOf, type DeadLetterOptions, type ErrorHandling } from './container/error-handling.ts';
import { ListenerContainer } from './container/listener-container.ts';
import { RecordWorker } from './container/record-worker.ts';
import { Recovery } from './container/recovery.ts';
import type { ListenerDefinition, ListenerOptions } from './listener-options.ts';

/** What all listeners of an application share. */
export interface EndpointContext {
  readonly properties: ApplicationProperties;
  readonly settings: KafkaSettings;
  readonly files: SettingFiles;
  /** Wins over the settings: how errors are handled, how records are read. */
  readonly defaults: Pick<ListenerOptions, 'errorHandling' | 'keyDeserializer' | 'valueDeserializer'>;
  readonly deadLetterClients: DeadLetterClients;
  readonly kafkaFor: (part: PartSettings, clientId: string | undefined) => Kafka;
  readonly world: {
    readonly clock: Clock;
    readonly timers: Timers;
    readonly logger: Logger;
    readonly random: () => number;
  };
}

/** A container, and what the application has to know to start it. */
export interface Endpoint {
  readonly container: ListenerContainer;
  readonly startsByItself: boolean;
  /** Topics by name, for the check that they are there. */
  readonly topics: readonly string[];
  /** Makes the topics that it reads, where that is its own affair. */
  readonly prepare?: () => Promise<void>;
}

/** The containers of a listener: its own, and that of its dead letters. Throws {@link ConfigurationError}. */
export function endpointsOf(definition: ListenerDefinition, context: EndpointContext): Endpoint[] {
  const own = new EndpointPlan(definition.options, context);
  const endpoints = [own.endpoint(definition.handle)];
  const { deadLetters = false } = own.handling;
  // A class has one method for the dead letters of those of its listeners that have some.
  if (definition.onDeadLetter !== undefined && deadLetters !== false) {
    const topics = own.topicNames.map((name) => `${name}${suffixOf(deadLetters)}`);
    if (topics.length === 0)
      throw own.error('has dead letters of topics that only a pattern tells: nobody can handle them');
    const { filter: _filter, ...given } = definition.options;
    const options: ListenerOptions = {
      ...given,
      id: `${own.id}${DEAD_LETTER_SUFFIX}`,
      groupId: `${own.groupId}${DEAD_LETTER_SUFFIX}`,
      topics,
      batch: false,
      errorHandling: { ...own.handling, deadLetters: false },
    };
    const letters = new DeadLetters(context.deadLetterClients, deadLetters === true ? {} : deadLetters);
    // Made by the mere question of a consumer, they would have another number of partitions than their origins.
    const isOurs = context.deadLetterClients.mayCreate;
    const plan = new EndpointPlan(isOurs ? withProperty(options, 'allow.auto.create.topics', false) : options, context);
    endpoints.push({
      ...plan.endpoint(definition.onDeadLetter, 'bytes'),
      prepare: () => letters.prepare(own.topicNames),
    });
  }
  return endpoints;
}

/** A listener with all that was left out filled in. */
class EndpointPlan {
  readonly id: string;
  readonly groupId: string;
  readonly topicNames: readonly string[];
  readonly handling: ErrorHandling;
  readonly #options: ListenerOptions;
  readonly #context: EndpointContext;
  readonly #consumer: PartSettings;
  readonly #concurrency: number;

  constructor(options: ListenerOptions, context: EndpointContext) {
    this.#options = options;
    this.#context = context;
    const { settings, defaults, files, properties } = context;
    this.id = this.#text(options.id ?? options.groupId ?? 'listener');
    const own: Property[] = Object.entries(options.properties ?? {}).map(([key, value]) => ({
      key,
      value: this.#text(String(value)),
      origin: `listener ${this.id}`,
    }));
    this.#consumer = own.length === 0 ? settings.consumer : clientSettings(properties, 'consumer', files, own);
    // A group of its own, then its id, then the group of all.
    const given = this.#text(options.groupId ?? options.id ?? '');
    this.groupId = given === '' ? (this.#consumer.consumer.groupId ?? '') : given;
    if (this.groupId === '') throw this.error('has no group: give it a groupId, or set spring.kafka.consumer.group-id');
    const listed = typeof options.topics === 'string' ? [options.topics] : (options.topics ?? []);
    this.topicNames = [
      ...new Set(
        listed.flatMap((text) =>
          this.#text(text)
            .split(',')
            .map((name) => name.trim()),
        ),
      ),
    ];
    this.#concurrency = Number(this.#text(String(options.concurrency ?? settings.listener.concurrency)));
    if (!Number.isInteger(this.#concurrency) || this.#concurrency < 1) {
      throw this.error(`has concurrency ${options.concurrency}; it has to be a whole number from 1`);
    }
    this.handling = { ...errorHandlingOf(settings.retry), ...defaults.errorHandling, ...options.errorHandling };
    this.#checkPauses();
  }

  error(what: string): ConfigurationError {
    return new ConfigurationError(`listener ${this.id}`, what);
  }

  /** @param unreadable what becomes of keys and values that cannot be read: an error, or the bytes as they are. */
  endpoint(handle: ListenerDefinition['handle'], unreadable: 'error' | 'bytes' = 'error'): Endpoint {
    const { settings, kafkaFor, world } = this.#context;
    const { listener } = settings;
    const startup = this.#text(String(this.#options.autoStartup ?? listener.autoStartup));
    const startsByItself = truth(startup);
    if (startsByItself === undefined) throw this.error(`has autoStartup ${startup}; it has to be true or false`);
    const clientId = this.#options.clientIdPrefix ?? listener.clientIdPrefix;
    const container = new ListenerContainer({
      id: this.id,
      kafka: kafkaFor(this.#consumer, clientId === undefined ? undefined : this.#text(clientId)),
      consumer: { ...this.#consumer.consumer, groupId: this.groupId },
      topics: this.#subscription(),
      concurrency: this.#concurrency,
      commits: {
        ackMode: this.#options.ackMode ?? listener.ackMode,
        ackCount: listener.ackCount,
        ackTimeMs: listener.ackTimeMs,
      },
      // Unless someone says so, it is the container that commits.
      isAutoCommit: this.#consumer.consumer.commitMode === 'after-processing',
      authExceptionRetryMs: listener.authExceptionRetryMs,
      makeWorker: this.#worker(handle, unreadable),
      world,
    });
    return { container, startsByItself, topics: this.topicNames };
  }

  #worker(
    handle: ListenerDefinition['handle'],
    unreadable: 'error' | 'bytes',
  ): ConstructorParameters<typeof ListenerContainer>[0]['makeWorker'] {
    const { settings, defaults, deadLetterClients, world } = this.#context;
    const { keyDeserializer, valueDeserializer, filter, batch } = this.#options;
    const { deadLetters } = this.handling;
    const isDeadLetter = this.topicNames.some((name) => name.endsWith(suffixOf(deadLetters)));
    const options = typeof deadLetters === 'object' ? deadLetters : {};
    const recovery = new Recovery({
      handling: this.handling,
      // Of a dead letter that fails again there is no dead letter: it would go on for ever.
      deadLetters:
        deadLetters === undefined || deadLetters === false || isDeadLetter
          ? undefined
          : new DeadLetters(deadLetterClients, options),
      groupId: this.groupId,
      logger: world.logger,
      random: world.random,
    });
    const reader = (given: Deserializer<unknown>): Deserializer<unknown> =>
      unreadable === 'error' ? given : orBytes(given);
    return (progress, waitWhile) => {
      const common = {
        readers: {
          key: reader(keyDeserializer ?? defaults.keyDeserializer ?? this.#consumer.keySerde),
          value: reader(valueDeserializer ?? defaults.valueDeserializer ?? this.#consumer.valueSerde),
        },
        filter,
        recovery,
        progress,
        waitWhile,
      };
      const call = handle as (given: unknown, acknowledgment: unknown) => unknown;
      if (!(batch ?? settings.listener.isBatch)) return new RecordWorker({ ...common, call });
      const polled = this.#consumer.dotted.get('max.poll.records');
      return new BatchWorker({ ...common, call }, Number(polled?.value ?? settings.listener.maxPollRecords));
    };
  }

  #subscription(): SubscribedTo {
    const { topicPattern } = this.#options;
    const isPattern = topicPattern !== undefined;
    if (isPattern === this.topicNames.length > 0) throw this.error('needs either topics or a topicPattern');
    if (!isPattern) return this.topicNames;
    return typeof topicPattern === 'string' ? { pattern: this.#text(topicPattern) } : topicPattern;
  }

  /** Who pauses for longer than the group waits loses its partitions, over and over. */
  #checkPauses(): void {
    const maxPollMs = this.#consumer.consumer.maxPollIntervalMs ?? MAX_POLL_MS;
    const first = backOffOf(this.handling)(1, () => 1) ?? 0;
    if (first < maxPollMs) return;
    throw this.error(
      `pauses ${first} ms between attempts, and max.poll.interval.ms is ${maxPollMs}: it would lose its partitions`,
    );
  }

  #text(text: string): string {
    return this.#context.properties.replace(text, `listener ${this.#options.id ?? ''}`.trim());
  }
}

/** A dead letter may be one because it could not be read: whoever looks after them gets it nevertheless. */
function orBytes(reader: Deserializer<unknown>): Deserializer<unknown> {
  return {
    deserialize: (bytes, context) => {
      try {
        return reader.deserialize(bytes, context);
      } catch {
        return bytes;
      }
    },
  };
}

function withProperty(options: ListenerOptions, key: string, value: boolean): ListenerOptions {
  return { ...options, properties: { ...options.properties, [key]: value } };
}

/** Kafka's default of `max.poll.interval.ms`. */
const MAX_POLL_MS = 300_000;

function suffixOf(deadLetters: boolean | DeadLetterOptions | undefined): string {
  return (typeof deadLetters === 'object' ? deadLetters.suffix : undefined) ?? DEAD_LETTER_SUFFIX;
}

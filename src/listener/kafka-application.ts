import { dirname, isAbsolute, join } from 'node:path';
import {
  Kafka,
  KafkaError,
  type Deserializer,
  type KafkaOptions,
  type NewTopic,
  type Producer,
  type Serializer,
} from '../client/index.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { nodeClock, nodeTimers } from '../runtime/node-clock.ts';
import { NodeLogger } from '../runtime/node-logger.ts';
import { processEnvironment, workingDirectory } from '../runtime/node-process.ts';
import { nodeRandom } from '../runtime/node-random.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ApplicationProperties } from './config/application-properties.ts';
import type { PartSettings } from './config/client-settings.ts';
import { ConfigurationError } from './configuration-error.ts';
import { kafkaSettings, type KafkaSettings } from './config/kafka-settings.ts';
import { loadProperties, type PropertiesOptions } from './config/load-properties.ts';
import { LazyDeadLetterClients } from './container/dead-letters.ts';
import type { ErrorHandling } from './container/error-handling.ts';
import type { ListenerContainer } from './container/listener-container.ts';
import { endpointsOf, type Endpoint, type EndpointContext } from './endpoint.ts';
import { listenersOf } from './kafka-listener.ts';
import type { ListenerDefinition } from './listener-options.ts';
import { KafkaTemplate } from './template/kafka-template.ts';

/** An application: where its settings are, its listeners, and what is said in code because a file cannot. */
export interface ApplicationOptions extends PropertiesOptions {
  /** Objects whose methods are listeners, and listeners made with `listener()`. */
  readonly listeners?: readonly (object | ListenerDefinition)[];
  /** Created at the start where they are missing; names may hold placeholders. */
  readonly topics?: readonly NewTopic[];
  /** For all listeners that say nothing else. */
  readonly errorHandling?: ErrorHandling;
  readonly keySerializer?: Serializer<unknown>;
  readonly valueSerializer?: Serializer<unknown>;
  readonly keyDeserializer?: Deserializer<unknown>;
  readonly valueDeserializer?: Deserializer<unknown>;
  /** Options of all clients that win over the settings, like a login with tokens. */
  readonly kafka?: Partial<KafkaOptions>;
  /** The least severe lines written to standard error; 'warn'. */
  readonly logLevel?: NonNullable<KafkaOptions['logLevel']>;
}

/**
 * A template and the containers of listeners, configured from `application.yml`. Nothing is opened before {@link start} or the first record is
 * sent. {@link stop} ends everything, commits included.
 */
export class KafkaApplication {
  readonly properties: ApplicationProperties;
  readonly template: KafkaTemplate;
  readonly #options: ApplicationOptions;
  readonly #settings: KafkaSettings;
  readonly #logger: Logger;
  readonly #deadLetterClients: LazyDeadLetterClients;
  readonly #context: EndpointContext;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #templates: { close(): Promise<void> }[] = [];
  #stopping: Promise<void> | undefined;

  /** Reads and checks the settings and listeners. Throws {@link ConfigurationError}, naming key, place and remedy. */
  constructor(options: ApplicationOptions = {}) {
    const directory = workingDirectory();
    this.#options = options;
    this.properties = loadProperties(options, { disk: nodeDisk, environment: processEnvironment(), directory });
    const files = { disk: nodeDisk, directory: homeOf(options.location, directory) };
    this.#settings = kafkaSettings(this.properties, files);
    this.#logger = NodeLogger.create({ level: options.logLevel ?? 'warn', fd: 2, pretty: false });
    for (const { key, origin } of this.#settings.ignored)
      this.#logger.warn('a setting has no effect here', { key, origin });
    const kafkaFor = (part: PartSettings, clientId?: string): Kafka => this.#kafka(part, clientId);
    const { producer, admin } = this.#settings;
    const clients = { producer: kafkaFor(producer), admin: kafkaFor(admin) };
    this.#deadLetterClients = new LazyDeadLetterClients(clients, this.#settings.createsTopics);
    this.template = this.newTemplate({
      ...(options.keySerializer !== undefined && { keySerializer: options.keySerializer }),
      ...(options.valueSerializer !== undefined && { valueSerializer: options.valueSerializer }),
    });
    this.#context = {
      properties: this.properties,
      settings: this.#settings,
      files,
      defaults: options,
      deadLetterClients: this.#deadLetterClients,
      kafkaFor,
      world: { clock: nodeClock, timers: nodeTimers, logger: this.#logger, random: () => nodeRandom.next() },
    };
    for (const each of options.listeners ?? []) this.addListeners(each);
  }

  /** Makes an application and starts it. */
  static async start(options: ApplicationOptions = {}): Promise<KafkaApplication> {
    const application = new KafkaApplication(options);
    await application.start();
    return application;
  }

  /** The containers of all listeners, those of dead letters included. */
  get containers(): readonly ListenerContainer[] {
    return [...this.#endpoints.values()].map(({ container }) => container);
  }

  /** The container of a listener by its id. */
  container(id: string): ListenerContainer | undefined {
    return this.#endpoints.get(id)?.container;
  }

  /** Takes in the listeners of an object before {@link start}. Throws {@link ConfigurationError} for what cannot be, or an id that is taken. */
  addListeners(source: object | ListenerDefinition): readonly ListenerContainer[] {
    const definitions = 'handle' in source && 'options' in source ? [source] : listenersOf(source);
    const added = definitions.flatMap((definition) => endpointsOf(definition, this.#context));
    const isUnused = definitions.some(({ onDeadLetter }) => onDeadLetter !== undefined);
    if (isUnused && added.length === definitions.length) {
      const name = definitions.map(({ options }) => options.id ?? 'listener').join(', ');
      const text =
        'has a handler of dead letters, and none: set errorHandling.deadLetters or spring.kafka.retry.topic.enabled';
      throw new ConfigurationError(name, text);
    }
    for (const endpoint of added) {
      let { id } = endpoint.container;
      // Two instances of a class have listeners of the same name.
      for (let number = 2; this.#endpoints.has(id); number++) id = `${endpoint.container.id}#${number}`;
      this.#endpoints.set(id, endpoint);
    }
    return added.map(({ container }) => container);
  }

  /** A template of its own, for other types of keys and values; closed with the application. */
  newTemplate<K = unknown, V = unknown>(
    serializers: { readonly keySerializer?: Serializer<K>; readonly valueSerializer?: Serializer<V> } = {},
  ): KafkaTemplate<K, V> {
    const { producer: part, template: settings } = this.#settings;
    const newProducer = (transactionalId: string | undefined): Producer<K, V> =>
      this.#kafka(part).producer<K, V>({
        ...part.producer,
        keySerializer: serializers.keySerializer ?? part.keySerde,
        valueSerializer: serializers.valueSerializer ?? part.valueSerde,
        ...(transactionalId !== undefined && { transactionalId }),
      });
    const replace = (text: string): string => this.properties.replace(text, 'KafkaTemplate');
    const template = new KafkaTemplate<K, V>({ ...settings, newProducer, replace });
    this.#templates.push(template);
    return template;
  }

  /** Creates missing topics and starts the listeners. Rejects with {@link KafkaError} when topics are missing and that is fatal. */
  async start(): Promise<void> {
    const starting = [...this.#endpoints.values()].filter(({ startsByItself }) => startsByItself);
    await this.#createTopics(starting);
    if (this.#settings.listener.missingTopicsFatal) await this.#checkTopics(starting.flatMap(({ topics }) => topics));
    for (const { container } of starting) container.start();
  }

  /** Resolves once every started listener has its partitions. Rejects when one of them failed. */
  async whenAssigned(): Promise<void> {
    await Promise.all(
      this.containers.filter(({ state }) => state !== 'stopped').map((container) => container.whenAssigned()),
    );
  }

  /** Ends the listeners, each after the record at work and with its commits, then the templates. Does not reject for a broker that is gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** The first half of {@link stop}: what listeners use may still be there. */
  async stopListeners(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.stop()));
  }

  async #stop(): Promise<void> {
    await this.stopListeners();
    await Promise.all([...this.#templates, this.#deadLetterClients].map((each) => each.close()));
  }

  #kafka({ kafka }: PartSettings, clientId?: string): Kafka {
    const { logLevel = 'warn', kafka: wins } = this.#options;
    return new Kafka({ logLevel, ...kafka, ...(clientId !== undefined && { clientId }), ...wins });
  }

  async #createTopics(starting: readonly Endpoint[]): Promise<void> {
    const { createsTopics, failsFast } = this.#settings;
    if (!createsTopics) return;
    try {
      await this.#createNamed();
      await Promise.all(starting.map(async ({ prepare }) => prepare?.()));
    } catch (error) {
      if (failsFast) throw error;
      this.#logger.error('topics could not be created', { err: error });
    }
  }

  async #createNamed(): Promise<void> {
    const { topics = [] } = this.#options;
    if (topics.length === 0) return;
    const admin = this.#kafka(this.#settings.admin).admin();
    try {
      const named = topics.map((topic) => ({ ...topic, name: this.properties.replace(topic.name, 'topics') }));
      for (const outcome of (await admin.createTopics(named)).values()) {
        if (outcome instanceof KafkaError && outcome.code !== 'TOPIC_ALREADY_EXISTS') throw outcome;
      }
    } finally {
      admin.close();
    }
  }

  async #checkTopics(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const admin = this.#kafka(this.#settings.admin).admin();
    try {
      const present = await admin.listTopics({ includeInternal: true });
      const missing = [...new Set(names)].filter((name) => !present.has(name));
      if (missing.length === 0) return;
      const text = `no topic ${missing.join(', ')}, and spring.kafka.listener.missing-topics-fatal is true`;
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', text);
    } finally {
      admin.close();
    }
  }
}

/** Files that settings name are found beside them. */
function homeOf(location: string | undefined, directory: string): string {
  if (location === undefined) return directory;
  const path = isAbsolute(location) ? location : join(directory, location);
  return /\.(?:ya?ml|properties)$/.test(path) ? dirname(path) : path;
}

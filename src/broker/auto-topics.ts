import type { BrokerConfig } from '../config/broker-config.ts';
import type { Controller } from '../controller/controller.ts';
import { E } from '../protocol/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { isInternalTopic } from '../controller/internal-topics.ts';

/** Creations under way at once; a topic beyond them is created when a client asks again. */
const IN_FLIGHT_MAX = 1000;

/**
 * Creates topics that clients name before they exist (AutoTopicCreationManager). The request that asked is answered
 * at once with a retriable error; clients ask again.
 */
export class AutoTopics {
  readonly #controller: Controller;
  readonly #config: BrokerConfig;
  readonly #logger: Logger;
  readonly #inFlight = new Set<string>();

  constructor(controller: Controller, config: BrokerConfig, logger: Logger) {
    this.#controller = controller;
    this.#config = config;
    this.#logger = logger;
  }

  /** Starts creating `topic` unless that is under way; internal topics get the settings that Kafka gives them. */
  create(topic: string): void {
    if (this.#inFlight.has(topic) || this.#inFlight.size >= IN_FLIGHT_MAX) return;
    this.#inFlight.add(topic);
    this.#start(topic)
      .catch((error: unknown) => this.#logger.warn('topic could not be created', { topic, error }))
      .finally(() => this.#inFlight.delete(topic));
  }

  /** Whether a client's metadata request may create topics. */
  get isEnabled(): boolean {
    return this.#config.get('auto.create.topics.enable');
  }

  async #start(topic: string): Promise<void> {
    const result = isInternalTopic(topic)
      ? await this.#controller.createInternalTopic(topic)
      : await this.#controller.createDefaultTopic(topic);
    if (result.error !== E.NONE) this.#logger.warn('topic could not be created', { topic, error: result.error.name });
  }
}

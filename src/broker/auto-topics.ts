import type { BrokerConfig } from '../config/broker-config.ts';
import type { Controller } from '../controller/controller.ts';
import type { NewTopic } from '../controller/create-topics.ts';
import { internalTopic, isInternalTopic } from '../controller/internal-topics.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import { E, errorOf } from '../protocol/errors.ts';
import { createTopics } from '../protocol/messages/019-create-topics.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ControllerChannel } from './controller-channel.ts';

/** Creations under way at once; a topic beyond them is created when a client asks again. */
const IN_FLIGHT_MAX = 1000;
const CREATE_TOPICS_VERSION = 7;

export interface AutoTopicsParts {
  readonly controller: Controller;
  readonly controllerChannel: ControllerChannel;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly image: () => ClusterImage;
}

/**
 * Creates topics that clients name before they exist (AutoTopicCreationManager). The request that asked is answered
 * at once with a retriable error; clients ask again.
 */
export class AutoTopics {
  readonly #parts: AutoTopicsParts;
  readonly #inFlight = new Set<string>();

  constructor(parts: AutoTopicsParts) {
    this.#parts = parts;
  }

  /** Starts creating `topic` unless that is under way; internal topics get the settings that Kafka gives them. */
  create(topic: string): void {
    if (this.#inFlight.has(topic) || this.#inFlight.size >= IN_FLIGHT_MAX) return;
    this.#inFlight.add(topic);
    this.#start(topic)
      .catch((error: unknown) => this.#parts.logger.warn('topic could not be created', { topic, error }))
      .finally(() => this.#inFlight.delete(topic));
  }

  /** Whether a client's metadata request may create topics. */
  get isEnabled(): boolean {
    return this.#parts.config.get('auto.create.topics.enable');
  }

  async #start(name: string): Promise<void> {
    const { controller, controllerChannel, config, logger, image } = this.#parts;
    const topic: NewTopic = isInternalTopic(name)
      ? internalTopic({ image: image(), config }, name)
      : { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] };
    const wish = { topics: [topic], timeoutMs: config.get('request.timeout.ms'), validateOnly: false };
    const answer = controller.isActive
      ? 'local'
      : await controllerChannel.ask(createTopics, CREATE_TOPICS_VERSION, wish);
    if (answer === 'timed out') throw new Error('there is no controller');
    const error =
      answer === 'local'
        ? (await controller.createTopics(wish))[0]!.error
        : errorOf(answer.topics[0]?.errorCode ?? E.UNKNOWN_SERVER_ERROR.code);
    // Somebody else was faster.
    if (error === E.NONE || error === E.TOPIC_ALREADY_EXISTS) return;
    logger.warn('topic could not be created', { topic: name, error: error.name });
  }
}

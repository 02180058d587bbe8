import type { Uuid } from '../base/uuid.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import {
  decideAlterConfigs,
  decideIncrementalAlterConfigs,
  type ConfigChange,
  type IncrementalResource,
  type ReplacedResource,
} from './alter-configs.ts';
import { decideAlterClientQuotas, type QuotaAlteration, type QuotaChange } from './client-quotas.ts';
import { ControlledWrites } from './controlled-writes.ts';
import { decideCreatePartitions, type PartitionCreation, type PartitionIncrease } from './create-partitions.ts';
import { decideCreateTopics, type NewTopic, type TopicCreation } from './create-topics.ts';
import { OK, refused, single, type Decided, type DecisionContext, type ItemResult } from './decision.ts';
import { decideDeleteTopics, decideTidyUp, type TopicDeletion, type TopicReference } from './delete-topics.ts';
import { decideElections, type Election, type ElectionType } from './elections.ts';
import { decideUpdateFeatures, type FeatureUpdate } from './features.ts';
import { forgetFiles } from './forgotten-topics.ts';
import { takeProducerIds } from './producer-id-blocks.ts';
import { decideReassignments, type Reassignment, type WantedReassignment } from './reassignments.ts';
import { decideAlterScram, type ScramChange, type ScramDeletion, type ScramUpsertion } from './scram-credentials.ts';

/** Requests for changes that wait for the one under way; beyond it they are refused with REQUEST_TIMED_OUT. */
export const WAITING_CHANGES_MAX = 1000;

export interface ControllerOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly config: BrokerConfig;
  readonly random: Random;
  readonly brokerId: number;
  readonly logger: Logger;
}

/** The controller could not do it; `result` says in Kafka's terms why. */
export class ControllerRefused extends Error {
  override name = 'ControllerRefused';
  readonly result: ItemResult;

  constructor(result: ItemResult) {
    super(result.message ?? result.error.name);
    this.result = result;
  }
}

/**
 * Carries out changes of the cluster. Each request is decided by pure functions on the newest image, written, and
 * answered once this broker's image shows it. Requests take turns, so that each sees what the one before it did; the
 * items of a request are written together.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #writes: ControlledWrites;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#writes = new ControlledWrites(options.store, options.view);
  }

  /** Whether this broker is the one that decides. */
  get isActive(): boolean {
    const { view, brokerId } = this.#options;
    return view.image.controller?.brokerId === brokerId;
  }

  createTopics(request: { topics: readonly NewTopic[]; validateOnly: boolean }): Promise<TopicCreation[]> {
    return this.#change((context) => decideCreateTopics(context, request.topics), request.validateOnly);
  }

  deleteTopics(topics: readonly TopicReference[]): Promise<TopicDeletion[]> {
    const { config } = this.#options;
    return this.#change(({ image }) => decideDeleteTopics(image, topics, config.get('delete.topic.enable')));
  }

  /**
   * To be called when this broker holds no files of a deleted topic. What the store still knows of it goes with the last
   * broker that says so. Rejects with StoreUnavailable.
   */
  async forgetTopic(topicId: Uuid, brokerId = this.#options.brokerId): Promise<void> {
    const { store, view } = this.#options;
    await view.reached(await forgetFiles(store, () => view.image, { topicId, brokerId }));
  }

  /** To be called once after a start, when no logs of deleted topics are left. Rejects with StoreUnavailable. */
  async tidyUp(): Promise<void> {
    for (const [topicId, { brokers }] of this.#options.view.image.deletedTopics.entries()) {
      if (brokers.includes(this.#options.brokerId)) await this.forgetTopic(topicId);
    }
  }

  /** Removes what interrupted creations of topics left in the store: a new controller's first change. */
  async removeOrphans(): Promise<void> {
    const [result] = await this.#change(({ image }) => {
      const mutation = decideTidyUp(image);
      return mutation.staged.length === 0 ? [] : [{ result: OK, mutation }];
    });
    if (result !== undefined) this.#options.logger.info('removed what unfinished topic changes had left');
  }

  createPartitions(request: {
    topics: readonly PartitionIncrease[];
    validateOnly: boolean;
  }): Promise<PartitionCreation[]> {
    return this.#change((context) => decideCreatePartitions(context, request.topics), request.validateOnly);
  }

  incrementalAlterConfigs(request: {
    resources: readonly IncrementalResource[];
    validateOnly: boolean;
  }): Promise<ConfigChange[]> {
    const { brokerId } = this.#options;
    return this.#change(
      (context) => decideIncrementalAlterConfigs({ ...context, brokerId }, request.resources),
      request.validateOnly,
    );
  }

  alterConfigs(request: { resources: readonly ReplacedResource[]; validateOnly: boolean }): Promise<ConfigChange[]> {
    const { brokerId } = this.#options;
    return this.#change(
      (context) => decideAlterConfigs({ ...context, brokerId }, request.resources),
      request.validateOnly,
    );
  }

  alterClientQuotas(request: { entries: readonly QuotaAlteration[]; validateOnly: boolean }): Promise<QuotaChange[]> {
    return this.#change(({ image }) => decideAlterClientQuotas(image, request.entries), request.validateOnly);
  }

  alterUserScramCredentials(request: {
    deletions: readonly ScramDeletion[];
    upsertions: readonly ScramUpsertion[];
  }): Promise<ScramChange[]> {
    return this.#change(({ image }) => decideAlterScram(image, request));
  }

  async updateFeatures(request: { updates: readonly FeatureUpdate[]; validateOnly: boolean }): Promise<ItemResult> {
    const { brokerId } = this.#options;
    const [result] = await this.#change(
      ({ image }) => [decideUpdateFeatures(image, request.updates, brokerId)],
      request.validateOnly,
    );
    return result!;
  }

  /** `partitions` null: every partition that needs it. */
  electLeaders(
    type: ElectionType,
    partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
  ): Promise<Election[]> {
    return this.#change((context) => decideElections(context, type, partitions));
  }

  alterPartitionReassignments(wanted: readonly WantedReassignment[], mayChangeFactor = true): Promise<Reassignment[]> {
    return this.#change((context) => decideReassignments(context, wanted, mayChangeFactor));
  }

  /** Forgets a broker that is gone for good. A running one is refused: it would be back with its next sign of life. */
  async unregisterBroker(id: number): Promise<ItemResult> {
    const [result] = await this.#change(({ image }): Decided<ItemResult>[] => {
      const broker = image.brokers.get(id);
      if (broker === undefined) {
        const message = `Broker ID ${id} is not currently registered`;
        return [{ result: refused(E.BROKER_ID_NOT_REGISTERED, message) }];
      }
      if (broker.isPresent) {
        return [{ result: refused(E.INVALID_REQUEST, `Broker ${id} is running: stop it before unregistering it`) }];
      }
      const keys = [storeKeys.brokerState(id), storeKeys.directories(id)];
      return [{ result: OK, mutation: single(...keys.map((key) => ({ type: 'delete', key }) as const)) }];
    });
    if (result!.error !== E.NONE) return result!;
    // Its files are nobody's concern any more.
    const { deletedTopics } = this.#options.view.image;
    for (const [topicId, { brokers }] of deletedTopics.entries()) {
      if (brokers.includes(id)) await this.forgetTopic(topicId, id).catch(() => undefined);
    }
    return result!;
  }

  /** A block of producer ids that nobody else has or will have. Rejects with {@link ControllerRefused}. */
  async reserveProducerIds(): Promise<{ first: number; count: number }> {
    const block = await takeProducerIds(this.#options.store);
    if (block.error !== E.NONE) throw new ControllerRefused(block);
    return block;
  }

  /** Decides in turn on the newest image and carries out what was decided. */
  #change<R extends ItemResult>(
    decide: (context: DecisionContext) => Decided<R>[],
    validateOnly = false,
  ): Promise<R[]> {
    if (validateOnly) return Promise.resolve(decide(this.#context()).map(({ result }) => result));
    if (this.#waiting >= WAITING_CHANGES_MAX) {
      return Promise.resolve(refuseChanges(decide(this.#context()), refused(E.REQUEST_TIMED_OUT)));
    }
    this.#waiting++;
    const run = this.#turn.then(async () => {
      this.#waiting--;
      return this.#carryOut(decide(this.#context()));
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }

  #context(): DecisionContext {
    const { view, config, random } = this.#options;
    return { image: view.image, config, random };
  }

  async #carryOut<R extends ItemResult>(decided: readonly Decided<R>[]): Promise<R[]> {
    const { view } = this.#options;
    if (decided.every(({ mutation }) => mutation === undefined)) return decided.map(({ result }) => result);
    if (!this.isActive) return refuseChanges(decided, refused(E.NOT_CONTROLLER));
    const { epoch } = view.image.controller!;
    const written = await this.#writes.writeAll(
      decided.map(({ mutation }) => mutation),
      epoch,
    );
    const revision = Math.max(...written.map((item) => item?.revision ?? 0));
    // A change that committed is answered as such even if this broker can no longer follow the store.
    await view.reached(revision).catch(() => undefined);
    return decided.map(({ result }, index) => {
      const item = written[index];
      if (item === undefined || item.error === E.NONE) return result;
      return { ...result, error: item.error, message: item.message };
    });
  }
}

function refuseChanges<R extends ItemResult>(decided: readonly Decided<R>[], { error, message }: ItemResult): R[] {
  return decided.map(({ result, mutation }) => (mutation === undefined ? result : { ...result, error, message }));
}

import { ZERO_UUID } from '../base/uuid.ts';
import { E, errorOf } from '../protocol/errors.ts';
import { metadata } from '../protocol/messages/003-metadata.ts';
import { findCoordinator } from '../protocol/messages/010-find-coordinator.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { brokerError, ConnectionError, KafkaError } from './client-error.ts';
import { clientSettings, type ClientOptions, type ClientSettings } from './client-options.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientRuntime } from './client-runtime.ts';
import { ClusterView, type KnownTopic, type LeaderHint } from './cluster-view.ts';
import { Connections, type Purpose } from './connections.ts';
import { IdleMap } from './idle-map.ts';
import { countersFor, NETWORK_METRICS, type MetricsSnapshot, type NetworkCounters } from './observe/metric-tables.ts';
import { retried } from './retry.ts';

export type CoordinatorKind = 'group' | 'transaction' | 'share';
const KEY_TYPES: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1, share: 2 };
const MANY_COORDINATORS_VERSION = 4;
/** Before this version a null list of topics is not known. */
const METADATA_VERSION_MIN = 1;

interface MetadataWish {
  /** Null: all topics. */
  readonly topics: readonly string[] | null;
  readonly mayCreate: boolean;
}

/**
 * The cluster as one client sees it: connections, metadata and coordinators. Producers, consumers and admins stand on it. Nothing
 * happens before it is needed; {@link close} ends everything.
 */
export class Cluster implements ClientContext {
  readonly runtime: ClientRuntime;
  readonly settings: ClientSettings;
  readonly counters: NetworkCounters = countersFor(NETWORK_METRICS);
  readonly #connections: Connections;
  #view = ClusterView.nothing;
  #viewAtMs = Number.NEGATIVE_INFINITY;
  #nextBootstrap = 0;
  readonly #asking = new Map<string, Promise<ClusterView>>();
  /** Topics by when they were last asked for; the view keeps only these. */
  readonly #topicsAskedFor: IdleMap<true>;
  readonly #coordinators: IdleMap<number>;
  #topicsInUse: () => Iterable<string> = () => [];

  /** Throws INVALID_ARGUMENT. */
  constructor(runtime: ClientRuntime, options: ClientOptions) {
    this.runtime = runtime;
    this.settings = clientSettings(options);
    this.#topicsAskedFor = new IdleMap(this.settings.metadataMaxIdleMs);
    this.#coordinators = new IdleMap(this.settings.metadataMaxIdleMs);
    this.#connections = new Connections(this);
    this.#nextBootstrap = Math.floor(runtime.random.next() * this.settings.bootstrap.length);
  }

  /** What was counted so far, and how things stand. */
  metrics(): MetricsSnapshot<typeof NETWORK_METRICS> {
    return {
      ...this.counters,
      connectionsOpen: this.#connections.openCount,
      requestsInFlight: this.#connections.inFlight,
      topicsKnown: this.#view.topics.size,
      timestampMs: this.runtime.clock.nowMs(),
    };
  }

  /** Who asks which topics it uses, so that these are kept; all others are forgotten after `metadataMaxIdleMs`. */
  keepTopics(inUse: () => Iterable<string>): void {
    this.#topicsInUse = inUse;
  }

  /** What is known now, without asking. */
  get view(): ClusterView {
    return this.#view;
  }

  /** Whether what is known is older than `metadata.max.age.ms`. */
  get isViewStale(): boolean {
    return this.runtime.clock.monotonicMs() - this.#viewAtMs > this.settings.metadataMaxAgeMs;
  }

  /** Asks for topics, null for all, as often as it takes to get an answer. One question at a time for the same topics. */
  async refresh(
    topics: readonly string[] | null,
    options: { readonly mayCreate?: boolean } = {},
  ): Promise<ClusterView> {
    const wish = { topics, mayCreate: options.mayCreate ?? false };
    const key = `${wish.mayCreate} ${topics === null ? '*' : JSON.stringify(topics)}`;
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#retried('metadata', () => this.#ask(wish)).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  /**
   * A topic with its partitions: what is known, or asked for. Waits for one that is being created. Rejects with the broker's
   * error when there is none, or its name is not allowed.
   */
  async topic(name: string, options: { readonly mayCreate?: boolean } = {}): Promise<KnownTopic> {
    const known = this.#view.topic(name);
    if (known !== undefined && !this.isViewStale) return known;
    return this.#retried(`topic ${name}`, async () => {
      const view = await this.#ask({ topics: [name], mayCreate: options.mayCreate ?? false });
      const found = view.topic(name);
      if (found !== undefined && found.partitions.length > 0) return found;
      throw brokerError(view.refusals.get(name) ?? E.UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`);
    });
  }

  /** A connection to a broker of the cluster. Rejects with a retriable error while it is not known or not reachable. */
  async broker(nodeId: number, purpose: Purpose = 'requests'): Promise<BrokerConnection> {
    const broker = this.#view.brokers.get(nodeId);
    if (broker === undefined) throw new ConnectionError(`broker ${nodeId} is not known`);
    return this.#connections.to(broker, purpose);
  }

  /** A connection to any broker: an open one, a known one, or one of the bootstrap servers in turn. */
  async anyBroker(): Promise<BrokerConnection> {
    const open = this.#connections.leastBusy();
    if (open !== undefined) return open;
    const { bootstrap } = this.settings;
    const addresses = [...this.#view.brokers.values(), ...bootstrap];
    const address = addresses[this.#nextBootstrap++ % addresses.length]!;
    return this.#connections.to(address, 'requests');
  }

  /** A connection to the controller, for what only it can do. */
  async controller(): Promise<BrokerConnection> {
    if (this.#view.controllerId < 0) await this.refresh([]);
    const { controllerId } = this.#view;
    return controllerId < 0 ? this.anyBroker() : this.broker(controllerId);
  }

  /** A connection to the coordinator of a group or of a transactional id; remembered until {@link forgetCoordinator}. */
  async coordinator(kind: CoordinatorKind, key: string, purpose: Purpose = 'coordination'): Promise<BrokerConnection> {
    const name = `${kind} ${key}`;
    const { clock } = this.runtime;
    let nodeId = this.#coordinators.get(name, clock.monotonicMs());
    if (nodeId === undefined) {
      nodeId = await this.#findCoordinator(kind, key);
      this.#coordinators.sweep(clock.monotonicMs());
      this.#coordinators.set(name, nodeId, clock.monotonicMs());
    }
    try {
      if (!this.#view.brokers.has(nodeId)) await this.refresh([]);
      return await this.broker(nodeId, purpose);
    } catch (error) {
      this.forgetCoordinator(kind, key);
      throw error;
    }
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind} ${key}`);
  }

  /** The leader that is known may be the wrong one: the next look asks again. */
  expireView(): void {
    this.#viewAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Takes over a leader that a broker named beside an error (KIP-951); false when it is no news. */
  leaderMoved(topic: string, index: number, leader: LeaderHint): boolean {
    const before = this.#view;
    this.#view = before.withLeader(topic, index, leader);
    return this.#view !== before;
  }

  close(): void {
    this.#connections.close();
  }

  async #ask({ topics, mayCreate }: MetadataWish): Promise<ClusterView> {
    const connection = await this.anyBroker();
    const version = connection.versionFor(metadata);
    if (version < METADATA_VERSION_MIN) throw new KafkaError('UNSUPPORTED', 'the broker is too old: Metadata 0');
    const answer = await connection.request(metadata, version, {
      topics: topics === null ? null : topics.map((name) => ({ name, topicId: ZERO_UUID })),
      allowAutoTopicCreation: mayCreate,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    if (answer.errorCode !== 0) throw brokerError(errorOf(answer.errorCode), 'metadata');
    const nowMs = this.runtime.clock.monotonicMs();
    this.#view = this.#view.with(answer, topics === null);
    this.#viewAtMs = nowMs;
    this.counters.metadataRefreshes++;
    for (const { name } of answer.topics) if (name !== null) this.#topicsAskedFor.set(name, true, nowMs);
    this.#forgetIdle(nowMs);
    return this.#view;
  }

  /** As Kafka's `metadata.max.idle.ms`: what nobody asked for or uses is not kept for ever. */
  #forgetIdle(nowMs: number): void {
    for (const topic of this.#topicsInUse()) this.#topicsAskedFor.set(topic, true, nowMs);
    this.#topicsAskedFor.sweep(nowMs);
    this.#view = this.#view.only((topic) => this.#topicsAskedFor.get(topic) !== undefined);
  }

  async #findCoordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const about = `the coordinator of ${kind} ${key}`;
    return this.#retried(about, async () => {
      const connection = await this.anyBroker();
      const version = connection.versionFor(findCoordinator);
      const isMany = version >= MANY_COORDINATORS_VERSION;
      const answer = await connection.request(findCoordinator, version, {
        key: isMany ? '' : key,
        keyType: KEY_TYPES[kind],
        coordinatorKeys: isMany ? [key] : [],
      });
      const found = isMany ? answer.coordinators[0] : answer;
      if (found === undefined) throw new KafkaError('MALFORMED', `${about}: the broker told none`);
      if (found.errorCode !== 0) throw brokerError(errorOf(found.errorCode), about);
      return found.nodeId;
    });
  }

  async #retried<T>(about: string, attempt: () => Promise<T>): Promise<T> {
    const { requestTimeoutMs, apiTimeoutMs } = this.settings;
    return retried(this, { about, timeoutMs: Math.min(requestTimeoutMs, apiTimeoutMs) }, attempt);
  }
}

import { ZERO_UUID } from '../../base/uuid.ts';
import { E, errorOf } from '../../protocol/errors.ts';
import { fetch } from '../../protocol/messages/001-fetch.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import type { Timer } from '../../runtime/clock.ts';
import { asKafkaError, brokerError, type KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { backoffMs } from '../retry.ts';
import type { AssignedPartitions } from './assigned-partitions.ts';
import { ConsumerBatch, type Deserializers } from './consumer-batch.ts';
import type { ConsumerSettings } from './consumer-options.ts';
import { FetchSession, type WantedPartition } from './fetch-session.ts';
import { corrupt, indexFetched } from './fetched-data.ts';
import type { PartitionState } from './partition-state.ts';
import { byTopic, partitionKey, partitionName } from './topic-partition.ts';

const CONSUMER_REPLICA_ID = -1;
/** From this version on topics go by id. */
const TOPIC_ID_VERSION = 13;
/** Fetched ahead of one partition while its reader works: so many fetches' worth. */
const PARTITION_FETCHES_AHEAD = 4;

type FetchResponse = ReadMessage<typeof fetch.response>;
type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number];

interface BrokerFetches {
  readonly session: FetchSession;
  isInFlight: boolean;
  failures: number;
  notBeforeMs: number;
}

/** What the fetcher tells its owner. */
export interface FetcherEvents {
  /** Something can be handed out. */
  ready(): void;
  /** A position was found to be gone: outside the log, or truncated away (then `divergingOffset` is where histories part). */
  lost(state: PartitionLost): void;
  /** Nothing more can be fetched. */
  failed(error: KafkaError): void;
}

export interface PartitionLost {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly diverging: { readonly offset: number; readonly leaderEpoch: number } | undefined;
}

/**
 * Keeps one fetch under way at each leader of an assigned partition, on a connection of its own, while there is room for what it
 * brings. {@link wake} it whenever something changed: partitions, positions, room.
 */
export class Fetcher<K, V> {
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #assigned: AssignedPartitions<K, V>;
  readonly #deserializers: Deserializers<K, V>;
  readonly #events: FetcherEvents;
  readonly #brokers = new Map<number, BrokerFetches>();
  #refreshing = false;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(
    cluster: Cluster,
    settings: ConsumerSettings,
    partitions: { readonly assigned: AssignedPartitions<K, V>; readonly deserializers: Deserializers<K, V> },
    events: FetcherEvents,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#assigned = partitions.assigned;
    this.#deserializers = partitions.deserializers;
    this.#events = events;
  }

  /** Starts the fetches that can be started. Cheap when there is nothing to do. */
  wake(): void {
    if (this.#isClosed) return;
    if (this.#assigned.queuedBytes >= this.#settings.prefetchMaxBytes) return;
    const now = this.#now();
    const wanted = new Map<number, PartitionState<K, V>[]>();
    let isLeaderless = false;
    for (const state of this.#assigned) {
      if (!this.#isWanted(state)) continue;
      const leaderId = this.#cluster.view.partition(state.topic, state.partition)?.leaderId ?? -1;
      if (leaderId < 0) isLeaderless = true;
      else if (state.notBeforeMs > now) this.#wakeAt(state.notBeforeMs);
      else wanted.set(leaderId, [...(wanted.get(leaderId) ?? []), state]);
    }
    for (const [nodeId, states] of wanted) {
      const broker = this.#broker(nodeId);
      if (broker.isInFlight) continue;
      if (broker.notBeforeMs > now) this.#wakeAt(broker.notBeforeMs);
      else void this.#fetch(nodeId, broker, states);
    }
    if (isLeaderless || (wanted.size > 0 && this.#cluster.isViewStale)) void this.#refresh();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #isWanted(state: PartitionState<K, V>): boolean {
    const ahead = this.#settings.partitionMaxBytes * PARTITION_FETCHES_AHEAD;
    return state.isKnown && !state.isPaused && !state.isRevoking && state.queuedBytes < ahead;
  }

  async #fetch(nodeId: number, broker: BrokerFetches, states: readonly PartitionState<K, V>[]): Promise<void> {
    broker.isInFlight = true;
    try {
      await this.#ask(nodeId, broker, states);
      broker.failures = 0;
    } catch (thrown) {
      broker.session.failed();
      const error = asKafkaError(thrown, `fetch from broker ${nodeId}`);
      if (this.#isClosed) return;
      if (!error.retriable) {
        this.#fail(error);
        return;
      }
      broker.notBeforeMs = this.#now() + this.#backoffMs(broker.failures++);
      this.#cluster.expireView();
    } finally {
      broker.isInFlight = false;
      this.wake();
    }
  }

  async #ask(nodeId: number, broker: BrokerFetches, states: readonly PartitionState<K, V>[]): Promise<void> {
    const connection = await this.#cluster.broker(nodeId, 'fetch');
    const wanted = states.flatMap((state) => (state.isKnown ? [this.#wantedOf(state)] : []));
    const haveIds = wanted.every(({ topicId }) => topicId !== ZERO_UUID);
    const version = connection.versionFor(fetch, haveIds ? undefined : TOPIC_ID_VERSION - 1);
    const usesIds = version >= TOPIC_ID_VERSION;
    const request = broker.session.request(wanted, usesIds);
    const { fetchMaxWaitMs, fetchMinBytes, fetchMaxBytes, partitionMaxBytes, isolation, rackId } = this.#settings;
    const answer = await connection.request(
      fetch,
      version,
      {
        replicaId: CONSUMER_REPLICA_ID,
        maxWaitMs: fetchMaxWaitMs,
        minBytes: fetchMinBytes,
        maxBytes: fetchMaxBytes,
        isolationLevel: isolation === 'read_committed' ? 1 : 0,
        sessionId: request.sessionId,
        sessionEpoch: request.sessionEpoch,
        topics: [...byTopic(request.partitions)].map(([topic, items]) => ({
          topic,
          topicId: items[0]!.topicId,
          partitions: items.map((item) => ({ ...item, partitionMaxBytes, logStartOffset: -1 })),
        })),
        forgottenTopicsData: [...byTopic(request.forgotten)].map(([topic, items]) => ({
          topic,
          topicId: items[0]!.topicId,
          partitions: items.map(({ partition }) => partition),
        })),
        rackId,
      },
      this.#cluster.settings.requestTimeoutMs + fetchMaxWaitMs,
    );
    if (!broker.session.answered(answer.errorCode, answer.sessionId) || this.#isClosed) return;
    this.#take(answer, wanted, usesIds);
  }

  #wantedOf(state: PartitionState<K, V>): WantedPartition {
    const { topic, partition, fetchOffset, lastFetchedEpoch } = state;
    const known = this.#cluster.view.topic(topic);
    return {
      topic,
      partition,
      topicId: known?.topicId ?? ZERO_UUID,
      fetchOffset,
      currentLeaderEpoch: known?.partitions[partition]?.leaderEpoch ?? -1,
      lastFetchedEpoch,
    };
  }

  #take(answer: FetchResponse, wanted: readonly WantedPartition[], usesIds: boolean): void {
    const asked = new Map(wanted.map((item) => [partitionKey(item), item]));
    const names = new Map(wanted.map(({ topic, topicId }) => [topicId, topic]));
    let brought = false;
    for (const { topic, topicId, partitions } of answer.responses) {
      const name = usesIds ? names.get(topicId) : topic;
      if (name === undefined) continue;
      for (const told of partitions) {
        const key = { topic: name, partition: told.partitionIndex };
        const item = asked.get(partitionKey(key));
        const state = this.#assigned.get(key);
        // A seek, a pause or a rebalance came in between: this is not what is wanted any more.
        if (item === undefined || state === undefined || !state.isKnown || state.fetchOffset !== item.fetchOffset)
          continue;
        if (this.#takePartition(state, told)) brought = true;
      }
    }
    if (brought) this.#events.ready();
  }

  #takePartition(state: PartitionState<K, V>, told: PartitionAnswer): boolean {
    const error = errorOf(told.errorCode);
    const { topic, partition, fetchOffset } = state;
    if (error === E.OFFSET_OUT_OF_RANGE) {
      this.#events.lost({ topic, partition, offset: fetchOffset, diverging: undefined });
      return false;
    }
    if (error !== E.NONE) {
      this.#refused(state, brokerError(error, `fetch of ${partitionName(state)} at offset ${fetchOffset}`));
      return false;
    }
    state.highWatermark = told.highWatermark;
    if (told.divergingEpoch.epoch >= 0) {
      const { endOffset: offset, epoch: leaderEpoch } = told.divergingEpoch;
      this.#events.lost({ topic, partition, offset: fetchOffset, diverging: { offset, leaderEpoch } });
      return false;
    }
    if (told.records === null || told.records.length === 0) return false;
    return this.#takeRecords(state, told, told.records);
  }

  #takeRecords(state: PartitionState<K, V>, told: PartitionAnswer, bytes: Uint8Array): boolean {
    const { topic, partition, fetchOffset } = state;
    const isCommitted = this.#settings.isolation === 'read_committed';
    const abortedTransactions = isCommitted ? told.abortedTransactions : null;
    const fetched = { topic, partition, bytes, fetchOffset, abortedTransactions };
    try {
      const index = indexFetched(fetched);
      if (index.nextOffset === fetchOffset) throw corrupt(state, fetchOffset);
      state.enqueue(new ConsumerBatch(fetched, index, told.highWatermark, this.#deserializers));
      return true;
    } catch (error) {
      this.#fail(asKafkaError(error, `fetch of ${partitionName(state)}`));
      return false;
    }
  }

  #refused(state: PartitionState<K, V>, error: KafkaError): void {
    // A topic that was deleted, or made anew under its name, is looked for like one whose leader moved.
    const mayCome = error.retriable || error.code === 'INCONSISTENT_TOPIC_ID' || error.code === 'UNKNOWN_TOPIC_ID';
    if (!mayCome) {
      this.#fail(error);
      return;
    }
    state.notBeforeMs = this.#now() + this.#backoffMs(0);
    this.#cluster.expireView();
  }

  /** Without an end here the same fetch would fail again at once, for ever. */
  #fail(error: KafkaError): void {
    this.close();
    this.#events.failed(error);
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    const topics = [...new Set([...this.#assigned].map(({ topic }) => topic))];
    try {
      await this.#cluster.refresh(topics);
      const isLeaderless = [...this.#assigned].some(
        ({ topic, partition }) => (this.#cluster.view.partition(topic, partition)?.leaderId ?? -1) < 0,
      );
      if (isLeaderless) this.#wakeAt(this.#now() + this.#backoffMs(0));
      else this.wakeSoon();
    } catch {
      // The brokers are away: as with a fetch that fails, it is tried again for as long as it takes.
      this.#wakeAt(this.#now() + this.#cluster.settings.retryBackoffMaxMs);
    } finally {
      this.#refreshing = false;
    }
  }

  /** As {@link wake}, after what is at hand. */
  wakeSoon(): void {
    this.#cluster.runtime.timers.soon(() => this.wake());
  }

  #wakeAt(atMs: number): void {
    this.#timer ??= this.#cluster.runtime.timers.set(Math.max(0, atMs - this.#now()), () => {
      this.#timer = undefined;
      this.wake();
    });
  }

  #broker(nodeId: number): BrokerFetches {
    let broker = this.#brokers.get(nodeId);
    if (broker === undefined) {
      broker = { session: new FetchSession(), isInFlight: false, failures: 0, notBeforeMs: 0 };
      this.#brokers.set(nodeId, broker);
    }
    return broker;
  }

  #backoffMs(attempt: number): number {
    const { runtime, settings } = this.#cluster;
    return backoffMs(settings, attempt, runtime.random.next());
  }

  #now(): number {
    return this.#cluster.runtime.clock.monotonicMs();
  }
}

import { ZERO_UUID } from '../../base/uuid.ts';
import { E, errorOf } from '../../protocol/errors.ts';
import { fetch } from '../../protocol/messages/001-fetch.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import type { Timer } from '../../runtime/clock.ts';
import { asKafkaError, brokerError, type KafkaError } from '../client-error.ts';
import type { KnownBroker, LeaderHint } from '../cluster-view.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import type { Cluster } from '../cluster.ts';
import { backoffMs } from '../retry.ts';
import type { AssignedPartitions } from './assigned-partitions.ts';
import { ConsumerBatch, type Deserializers } from './consumer-batch.ts';
import type { ConsumerSettings } from './consumer-options.ts';
import type { ConsumerWatch } from './consumer-watch.ts';
import { DIVERGING_EPOCH_VERSION, fetchRequest } from './fetch-request.ts';
import { FetchSession, type WantedPartition } from './fetch-session.ts';
import { corrupt, indexFetched } from './fetched-data.ts';
import type { PartitionState } from './partition-state.ts';
import { partitionKey, partitionName } from './topic-partition.ts';
import { askEpochEnds, canCheck, verdictOn, type EpochEnd } from './truncation-check.ts';

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

/** What an answer brought. */
interface Taken {
  readonly records: number;
  readonly bytes: number;
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
  readonly #watch: ConsumerWatch;
  readonly #events: FetcherEvents;
  readonly #brokers = new Map<number, BrokerFetches>();
  #refreshing = false;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(
    cluster: Cluster,
    settings: ConsumerSettings,
    partitions: {
      readonly assigned: AssignedPartitions<K, V>;
      readonly deserializers: Deserializers<K, V>;
      readonly watch: ConsumerWatch;
    },
    events: FetcherEvents,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#assigned = partitions.assigned;
    this.#deserializers = partitions.deserializers;
    this.#watch = partitions.watch;
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
      const nodeId = this.#sourceOf(state, now);
      if (nodeId < 0) isLeaderless = true;
      else if (state.notBeforeMs > now) this.#wakeAt(state.notBeforeMs);
      else wanted.set(nodeId, [...(wanted.get(nodeId) ?? []), state]);
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

  /** The broker to read from: a near replica that the leader named, or the leader; -1 when there is none. */
  #sourceOf(state: PartitionState<K, V>, nowMs: number): number {
    const { view } = this.#cluster;
    const isNear = state.nearReplica >= 0 && state.nearReplicaUntilMs > nowMs && view.brokers.has(state.nearReplica);
    if (isNear) return state.nearReplica;
    state.nearReplica = -1;
    return view.partition(state.topic, state.partition)?.leaderId ?? -1;
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
      const waitMs = this.#backoffMs(broker.failures++);
      this.#watch.retried(`fetch from broker ${nodeId}`, broker.failures, waitMs, error);
      broker.notBeforeMs = this.#now() + waitMs;
      for (const state of states) state.nearReplica = -1;
      this.#cluster.expireView();
    } finally {
      broker.isInFlight = false;
      this.wake();
    }
  }

  async #ask(nodeId: number, broker: BrokerFetches, states: readonly PartitionState<K, V>[]): Promise<void> {
    const connection = await this.#cluster.broker(nodeId, 'fetch');
    // The leader may have moved while the connection was made: this broker is not to judge of positions any more.
    const isWanted = (state: PartitionState<K, V>): boolean =>
      state.isKnown && this.#sourceOf(state, this.#now()) === nodeId;
    const candidates = states.filter(isWanted).map((state) => this.#wantedOf(state));
    const haveIds = candidates.every(({ topicId }) => topicId !== ZERO_UUID);
    const version = connection.versionFor(fetch, haveIds ? undefined : TOPIC_ID_VERSION - 1);
    const usesIds = version >= TOPIC_ID_VERSION;
    const isChecking = version < DIVERGING_EPOCH_VERSION && canCheck(connection);
    const wanted = isChecking ? await this.#checked(connection, candidates) : candidates;
    if (wanted.length === 0 || this.#isClosed) return;
    const request = broker.session.request(wanted, usesIds);
    const sinceMs = this.#now();
    const answer = await connection.request(
      fetch,
      version,
      fetchRequest(request, version, this.#settings),
      this.#cluster.settings.requestTimeoutMs + this.#settings.fetchMaxWaitMs,
    );
    if (!broker.session.answered(answer.errorCode, answer.sessionId) || this.#isClosed) return;
    const { records, bytes } = this.#take(answer, wanted, usesIds);
    this.#watch.fetched({ nodeId, partitions: wanted.length, records, bytes }, sinceMs);
  }

  /**
   * Those whose position is in the log of the leader of now, asked for after each change of the leader's epoch: such brokers would go on at
   * the same offset in another history.
   */
  async #checked(connection: BrokerConnection, wanted: readonly WantedPartition[]): Promise<WantedPartition[]> {
    const isDue = (item: WantedPartition): boolean => {
      const checked = this.#assigned.get(item)?.checkedEpoch ?? -1;
      return item.lastFetchedEpoch >= 0 && item.currentLeaderEpoch > checked;
    };
    const due = wanted.filter(isDue);
    if (due.length === 0) return [...wanted];
    const ends = await askEpochEnds(connection, due);
    for (const item of due) this.#judge(item, ends.get(partitionKey(item)));
    return wanted.filter((item) => this.#assigned.get(item)?.fetchOffset === item.fetchOffset && !isDue(item));
  }

  #judge(item: WantedPartition, end: EpochEnd | undefined): void {
    const state = this.#assigned.get(item);
    if (state === undefined || !state.isKnown || state.fetchOffset !== item.fetchOffset) return;
    const { topic, partition, fetchOffset: offset } = item;
    const verdict = verdictOn(item, end);
    switch (verdict.kind) {
      case 'there':
        state.checkedEpoch = item.currentLeaderEpoch;
        return;
      case 'diverged':
        this.#events.lost({ topic, partition, offset, diverging: verdict.place });
        return;
      case 'unknown':
        this.#events.lost({ topic, partition, offset, diverging: undefined });
        return;
      case 'refused':
        this.#refused(state, brokerError(verdict.error, `position of ${partitionName(state)}`));
        return;
      default:
        verdict satisfies never;
    }
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

  #take(answer: FetchResponse, wanted: readonly WantedPartition[], usesIds: boolean): Taken {
    const asked = new Map(wanted.map((item) => [partitionKey(item), item]));
    const names = new Map(wanted.map(({ topic, topicId }) => [topicId, topic]));
    const brokers = new Map(answer.nodeEndpoints.map((node): [number, KnownBroker] => [node.nodeId, node]));
    const taken = { records: 0, bytes: 0 };
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
        if (told.errorCode === 0) state.checkedEpoch = item.currentLeaderEpoch;
        const batch = this.#takePartition(state, told, brokers);
        taken.records += batch?.recordCount ?? 0;
        taken.bytes += batch?.sizeBytes ?? 0;
      }
    }
    if (taken.bytes > 0) this.#events.ready();
    return taken;
  }

  #takePartition(
    state: PartitionState<K, V>,
    told: PartitionAnswer,
    brokers: ReadonlyMap<number, KnownBroker>,
  ): ConsumerBatch<K, V> | undefined {
    const error = errorOf(told.errorCode);
    const { topic, partition, fetchOffset } = state;
    if (error !== E.NONE && state.nearReplica >= 0) {
      // A follower may lag behind; the leader knows.
      state.nearReplica = -1;
      state.notBeforeMs = this.#now() + this.#backoffMs(0);
      return undefined;
    }
    if (error === E.OFFSET_OUT_OF_RANGE) {
      this.#events.lost({ topic, partition, offset: fetchOffset, diverging: undefined });
      return undefined;
    }
    if (error !== E.NONE) {
      const about = `fetch of ${partitionName(state)} at offset ${fetchOffset}`;
      this.#refused(state, brokerError(error, about), leaderHint(told, brokers));
      return undefined;
    }
    state.highWatermark = told.highWatermark;
    if (told.preferredReadReplica >= 0) {
      state.nearReplica = told.preferredReadReplica;
      state.nearReplicaUntilMs = this.#now() + this.#cluster.settings.metadataMaxAgeMs;
    }
    if (told.divergingEpoch.epoch >= 0) {
      const { endOffset: offset, epoch: leaderEpoch } = told.divergingEpoch;
      this.#events.lost({ topic, partition, offset: fetchOffset, diverging: { offset, leaderEpoch } });
      return undefined;
    }
    if (told.records === null || told.records.length === 0) return undefined;
    return this.#takeRecords(state, told, told.records);
  }

  #takeRecords(state: PartitionState<K, V>, told: PartitionAnswer, bytes: Uint8Array): ConsumerBatch<K, V> | undefined {
    const { topic, partition, fetchOffset } = state;
    const isCommitted = this.#settings.isolation === 'read_committed';
    const abortedTransactions = isCommitted ? told.abortedTransactions : null;
    const fetched = { topic, partition, bytes, fetchOffset, abortedTransactions };
    try {
      const index = indexFetched(fetched);
      if (index.nextOffset === fetchOffset) throw corrupt(state, fetchOffset);
      const batch = new ConsumerBatch(fetched, index, told.highWatermark, this.#deserializers);
      state.enqueue(batch);
      return batch;
    } catch (error) {
      this.#fail(asKafkaError(error, `fetch of ${partitionName(state)}`));
      return undefined;
    }
  }

  #refused(state: PartitionState<K, V>, error: KafkaError, hint?: LeaderHint): void {
    // A topic that was deleted, or made anew under its name, is looked for like one whose leader moved.
    const mayCome = error.retriable || error.code === 'INCONSISTENT_TOPIC_ID' || error.code === 'UNKNOWN_TOPIC_ID';
    if (!mayCome) {
      this.#fail(error);
      return;
    }
    const isMoved = hint !== undefined && this.#cluster.leaderMoved(state.topic, state.partition, hint);
    const waitMs = isMoved ? 0 : this.#backoffMs(0);
    this.#watch.retried(`fetch of ${partitionName(state)}`, 1, waitMs, error);
    state.notBeforeMs = this.#now() + waitMs;
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

/** Who leads a partition now, as a broker that no longer does tells (KIP-951). */
function leaderHint(
  { currentLeader: { leaderId, leaderEpoch } }: PartitionAnswer,
  brokers: ReadonlyMap<number, KnownBroker>,
): LeaderHint | undefined {
  return leaderId < 0 ? undefined : { leaderId, leaderEpoch, broker: brokers.get(leaderId) };
}

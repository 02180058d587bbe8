import { KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { ConsumerMetrics } from '../observe/metric-tables.ts';
import { bytes, type Deserializer } from '../serializers.ts';
import { AssignedPartitions, type HandedOut } from './assigned-partitions.ts';
import { Committer } from './committer.ts';
import { offsetsOf, type Commitable } from './commitable.ts';
import type { ConsumerBatch } from './consumer-batch.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { consumerSettings, type ConsumerOptions, type ConsumerSettings } from './consumer-options.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import { runHandlers, type RunOptions } from './consumer-run.ts';
import { ConsumerWatch } from './consumer-watch.ts';
import { Delivery } from './delivery.ts';
import { Fetcher, type PartitionLost } from './fetcher.ts';
import { at, invalidState, lostPosition, topicsOf } from './consumer-facts.ts';
import { GroupOffsets, type GroupMembership } from './group-offsets.ts';
import { lookUpOffsets, OffsetTime, type FoundOffset, type TimedPartition } from './offset-lookup.ts';
import type { PartitionState, PositionSource } from './partition-state.ts';
import { PositionFinder } from './position-finder.ts';
import { BatchStream, RecordStream } from './record-stream.ts';
import { Subscription, type SubscribedTo } from './subscription.ts';
import { partitionName, type TopicPartition, type TopicPartitionOffset } from './topic-partition.ts';

/**
 * Reads records, alone or as a member of a group. Iterate it, or its {@link batches}, or {@link run} handlers; nothing is opened, and no
 * group joined, before. Without more being said it processes each record at least once. A failure that cannot be retried ends the iteration
 * with its error; then {@link close} it.
 */
export class Consumer<K = Uint8Array | null, V = Uint8Array | null> implements AsyncIterable<ConsumerRecord<K, V>> {
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #assigned = new AssignedPartitions<K, V>();
  readonly #delivery: Delivery<K, V>;
  readonly #fetcher: Fetcher<K, V>;
  readonly #finder: PositionFinder<K, V>;
  readonly #offsets: GroupOffsets | undefined;
  readonly #committer: Committer<K, V>;
  readonly #watch: ConsumerWatch;
  #subscription: Subscription | undefined;
  #group: ConsumerGroup | undefined;
  #isMember = false;
  #hasManual = false;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Throws INVALID_ARGUMENT. The cluster is closed with the consumer. */
  constructor(cluster: Cluster, options: ConsumerOptions<K, V> = {}) {
    const settings = consumerSettings(options);
    const deserializers = {
      keyDeserializer: options.keyDeserializer ?? (bytes as unknown as Deserializer<K>),
      valueDeserializer: options.valueDeserializer ?? (bytes as unknown as Deserializer<V>),
    };
    const { runtime } = cluster;
    const assigned = this.#assigned;
    const watch = new ConsumerWatch(cluster, settings.groupId ?? '');
    this.#watch = watch;
    cluster.keepTopics(() => topicsOf(assigned));
    this.#cluster = cluster;
    this.#settings = settings;
    this.#delivery = new Delivery(runtime, assigned, settings.maxPollIntervalMs, {
      asked: () => this.#asked(),
      progressed: () => this.#progressed(),
      tooSlow: () => void this.#tooSlow(),
    });
    this.#fetcher = new Fetcher(
      cluster,
      settings,
      { assigned, deserializers, watch },
      {
        ready: () => this.#delivery.ready(),
        lost: (lost) => this.#positionLost(lost),
        failed: (error) => this.#fail(error),
      },
    );
    const { groupId } = settings;
    const offsets = groupId === undefined ? undefined : new GroupOffsets(cluster, groupId);
    this.#offsets = offsets;
    const committed = (partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> =>
      offsets?.committed(() => this.groupMetadata, partitions) ?? Promise.resolve([]);
    this.#finder = new PositionFinder(
      cluster,
      settings,
      { assigned, committed },
      {
        found: () => this.#fetcher.wake(),
        failed: (error) => this.#fail(error),
      },
    );
    this.#committer = new Committer(runtime, assigned, async (items) => this.#sendCommit(items));
    if (options.signal?.aborted === true) this.stop();
    else options.signal?.addEventListener('abort', () => this.stop(), { once: true });
  }

  /** Topics to read as a member of the group; replaces what was subscribed. Throws INVALID_STATE with partitions assigned by hand. */
  async subscribe(to: SubscribedTo): Promise<void> {
    if (this.#hasManual) throw invalidState('partitions were assigned by hand; a consumer does one or the other');
    if (this.#settings.groupId === undefined)
      throw invalidState('subscribe needs a groupId; without a group use assign');
    if (this.#group !== undefined) await this.#leaveGroup();
    this.#subscription = new Subscription(to);
    this.#group = undefined;
    this.#isMember = false;
    this.#delivery.ready();
  }

  /** Partitions to read, without members and rebalances; replaces what was assigned. With a groupId offsets are committed for it. */
  assign(partitions: readonly TopicPartition[]): void {
    if (this.#subscription !== undefined) throw invalidState('topics are subscribed; a consumer does one or the other');
    this.#hasManual = true;
    const wanted = new Set(partitions.map(partitionName));
    this.#assigned.remove([...this.#assigned].filter((state) => !wanted.has(partitionName(state))));
    this.#assigned.add(partitions);
    this.#finder.wake();
    this.#fetcher.wake();
    this.#delivery.ready();
  }

  /** Who this is in its group, for {@link Producer.sendOffsets} and commits; nobody (-1) while it is no member. */
  get groupMetadata(): GroupMembership {
    const groupId = this.#settings.groupId ?? '';
    return this.#group?.membership ?? { groupId, memberId: '', generationId: -1, groupInstanceId: null };
  }

  get assignment(): TopicPartition[] {
    return [...this.#assigned].map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Records, for ever: until it is stopped or closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ConsumerRecord<K, V>> {
    return new RecordStream(this.#delivery, this.#streamOwner());
  }

  /** What each fetch brought for a partition: the fast way. */
  batches(): AsyncIterableIterator<ConsumerBatch<K, V>> {
    return new BatchStream(this.#delivery, this.#streamOwner());
  }

  /**
   * Calls a handler for each record or batch, in order within a partition, partitions side by side. Resolves when stopped; rejects
   * with what a handler threw (its record counts as not processed) or what ended the consumer.
   */
  async run(options: RunOptions<K, V>): Promise<void> {
    const running = runHandlers(this.#delivery, this.#streamOwner(), options);
    this.#running = running.catch(() => {});
    try {
      await running;
    } finally {
      await this.close();
    }
  }

  /** Commits up to and with a record or batch, or offsets as they are. Rejects when the group went on without this member. */
  async commit(what: Commitable): Promise<void> {
    await this.#committer.commit(offsetsOf(what));
  }

  /** Commits what was processed so far, as the automatic commit does. */
  async commitProcessed(): Promise<void> {
    await this.#committer.commitProcessed();
  }

  /** What the group has committed; partitions without anything are left out. */
  async committed(partitions: readonly TopicPartition[] = this.assignment): Promise<readonly TopicPartitionOffset[]> {
    if (this.#offsets === undefined) throw invalidState('there is no groupId, so nothing is committed');
    return this.#offsets.committed(() => this.groupMetadata, partitions);
  }

  /** The offset that is handed out next after what is processed; undefined while it is not known. */
  position(partition: TopicPartition): number | undefined {
    const state = this.#state(partition);
    return state.isKnown ? state.processed.offset : undefined;
  }

  /** Records between what was processed and the end of the partition, as of the last fetch; undefined before it. */
  lag(partition: TopicPartition): number | undefined {
    const state = this.#state(partition);
    return state.isKnown && state.highWatermark >= 0
      ? Math.max(0, state.highWatermark - state.processed.offset)
      : undefined;
  }

  /** What was counted since the consumer was made, and how it stands; names and units are in docs/client-metrics.md. */
  metrics(): ConsumerMetrics {
    const lags = this.assignment.map((partition) => this.lag(partition) ?? 0);
    return this.#watch.snapshot(lags, this.#assigned.queuedBytes);
  }

  /** Goes on from this offset. */
  seek(partition: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new KafkaError('INVALID_ARGUMENT', `an offset cannot be ${offset}`);
    }
    this.#state(partition).moveTo({ offset, leaderEpoch: -1 });
    this.#delivery.ready();
    this.#fetcher.wake();
  }

  seekToBeginning(partitions: readonly TopicPartition[] = this.assignment): void {
    this.#lookFor(partitions, { kind: 'earliest' });
  }

  seekToEnd(partitions: readonly TopicPartition[] = this.assignment): void {
    this.#lookFor(partitions, { kind: 'latest' });
  }

  /** Goes on with the first record of that time or later; milliseconds since the epoch. */
  seekToTime(timestampMs: number, partitions: readonly TopicPartition[] = this.assignment): void {
    this.#lookFor(partitions, { kind: 'time', timestampMs });
  }

  /** Hands out nothing more of these; the membership stays. */
  pause(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const partition of partitions) this.#state(partition).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const partition of partitions) this.#state(partition).isPaused = false;
    this.#delivery.ready();
    this.#fetcher.wake();
  }

  async beginningOffsets(partitions: readonly TopicPartition[]): Promise<readonly FoundOffset[]> {
    return this.offsetsForTimes(at(partitions, OffsetTime.earliest));
  }

  /** Where the next record will be; for read_committed the last stable offset. */
  async endOffsets(partitions: readonly TopicPartition[]): Promise<readonly FoundOffset[]> {
    return this.offsetsForTimes(at(partitions, OffsetTime.latest));
  }

  /** The first record of each time or later; -1 where there is none. */
  async offsetsForTimes(partitions: readonly TimedPartition[]): Promise<readonly FoundOffset[]> {
    return lookUpOffsets(this.#cluster, this.#settings.isolation, partitions);
  }

  /** Ends iterations and runs where they stand: what is being processed is finished, commits are done, the group is left. */
  stop(): void {
    this.#delivery.stop();
    if (!this.#delivery.isOutstanding) void this.close();
  }

  /**
   * Ends everything: commits what was processed, leaves the group, closes connections. Handlers of {@link run} are waited for; what an
   * iteration holds counts as not processed, so {@link stop} is the softer way while iterating. Does not reject.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#delivery.stop();
    await this.#running;
    const partitions = this.assignment;
    if (partitions.length > 0 && this.#group !== undefined) {
      await this.#giveUp(partitions).catch((error: unknown) => this.#warn('a revoked handler failed', error));
    } else if (this.#isAutomatic) {
      await this.#committer.tryCommitProcessed();
    }
    this.#committer.close();
    this.#finder.close();
    this.#fetcher.close();
    await this.#group?.close();
    this.#cluster.close();
  }

  get #isAutomatic(): boolean {
    return this.#settings.commitMode === 'after-processing' && this.#offsets !== undefined;
  }

  #streamOwner() {
    const { commitMode, autoCommitIntervalMs } = this.#settings;
    return {
      beforeHandOut: (handed: HandedOut<K, V>): Promise<void> | undefined => {
        if (commitMode !== 'before-processing' || this.#offsets === undefined) return undefined;
        const { topic, partition, nextOffset: offset, leaderEpoch } = handed.batch;
        return this.#committer.commit([{ topic, partition, offset, leaderEpoch }]);
      },
      afterProcessing: (): Promise<void> | undefined =>
        this.#isAutomatic && autoCommitIntervalMs === 0 ? this.#committer.tryCommitProcessed() : undefined,
      ended: async (): Promise<void> => this.close(),
    };
  }

  #asked(): void {
    if (this.#subscription === undefined && !this.#hasManual) {
      throw invalidState('nothing is subscribed or assigned');
    }
    if (this.#subscription !== undefined && !this.#isMember) this.#join(this.#subscription);
  }

  #join(subscription: Subscription): void {
    const { groupId } = this.#settings;
    if (groupId === undefined) return;
    this.#isMember = true;
    this.#group ??= new ConsumerGroup(this.#cluster, { ...this.#settings, groupId }, subscription, {
      assigned: async (partitions) => this.#take(partitions),
      revoked: async (partitions) => this.#revoke(partitions),
      lost: async (partitions) => this.#lose(partitions),
      failed: (error) => this.#fail(error),
    });
    void this.#group.join();
  }

  #progressed(): void {
    this.#fetcher.wake();
    if (this.#isAutomatic) this.#committer.schedule(this.#settings.autoCommitIntervalMs);
  }

  async #take(partitions: readonly TopicPartition[]): Promise<void> {
    this.#assigned.add(partitions);
    this.#watch.rebalanced('assigned', partitions);
    await this.#settings.rebalance.assigned?.(partitions);
    this.#finder.wake();
    this.#fetcher.wake();
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) {
      const state = this.#assigned.get(partition);
      if (state !== undefined) state.isRevoking = true;
    }
    await this.#assigned.idle(partitions);
    await this.#giveUp(partitions);
  }

  async #giveUp(partitions: readonly TopicPartition[]): Promise<void> {
    this.#watch.rebalanced('revoked', partitions);
    try {
      await this.#settings.rebalance.revoked?.(partitions);
    } finally {
      if (this.#isAutomatic) await this.#committer.tryCommitProcessed(partitions);
      this.#assigned.remove(partitions);
    }
  }

  async #lose(partitions: readonly TopicPartition[]): Promise<void> {
    this.#assigned.remove(partitions);
    const { rebalance } = this.#settings;
    if (partitions.length === 0) return;
    this.#watch.rebalanced('lost', partitions);
    if (rebalance.lost !== undefined) await rebalance.lost(partitions);
    else await rebalance.revoked?.(partitions);
  }

  async #tooSlow(): Promise<void> {
    if (this.#group === undefined || !this.#isMember) return;
    const { maxPollIntervalMs: intervalMs, groupId } = this.#settings;
    const facts = { groupId, intervalMs };
    this.#cluster.runtime.logger.warn(
      'nothing was asked for within maxPollIntervalMs: the consumer leaves its group',
      facts,
    );
    const lost = this.assignment;
    this.#assigned.remove(lost);
    await this.#group.leave();
    this.#isMember = false;
    await this.#lose(lost).catch((error: unknown) => this.#warn('a lost handler failed', error));
  }

  async #leaveGroup(): Promise<void> {
    await this.#revoke(this.assignment);
    await this.#group?.close();
  }

  async #sendCommit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (this.#offsets === undefined) throw invalidState('there is no groupId to commit for');
    const sending = this.#offsets;
    await this.#watch.commit(offsets, () => sending.commit(() => this.groupMetadata, offsets));
  }

  #positionLost({ topic, partition, offset, diverging }: PartitionLost): void {
    const state = this.#assigned.get({ topic, partition });
    if (state === undefined) return;
    this.#watch.counters.positionsLost++;
    const name = partitionName(state);
    if (this.#settings.offsetReset === 'none') {
      this.#fail(lostPosition(name, offset, diverging));
      return;
    }
    this.#cluster.runtime.logger.warn('a position is gone', { partition: name, offset, diverging });
    if (diverging === undefined) state.lookFor({ kind: 'reset' });
    else state.moveTo({ offset: Math.min(offset, diverging.offset), leaderEpoch: diverging.leaderEpoch });
    this.#finder.wake();
    this.#fetcher.wakeSoon();
  }

  #lookFor(partitions: readonly TopicPartition[], source: PositionSource): void {
    for (const partition of partitions) this.#state(partition).lookFor(source);
    this.#finder.wake();
  }

  #state(partition: TopicPartition): PartitionState<K, V> {
    const state = this.#assigned.get(partition);
    if (state !== undefined) return state;
    throw invalidState(`${partitionName(partition)} is not assigned`);
  }

  /** Iterations and runs end with it. */
  #fail(error: KafkaError): void {
    this.#watch.failed(error);
    this.#delivery.fail(error);
  }

  #warn(message: string, err: unknown): void {
    this.#cluster.runtime.logger.warn(message, { err });
  }
}

import type { KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { events, type ClientEvents } from '../observe/events.ts';
import { CONSUMER_METRICS, countersFor, type ConsumerMetrics, type Counters } from '../observe/metric-tables.ts';
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts';

/** Counts what a consumer does, and tells it to whoever listens. */
export class ConsumerWatch {
  readonly counters: Counters<typeof CONSUMER_METRICS> = countersFor(CONSUMER_METRICS);
  readonly #cluster: Cluster;
  readonly #groupId: string;

  constructor(cluster: Cluster, groupId: string) {
    this.#cluster = cluster;
    this.#groupId = groupId;
  }

  /** What was counted, and how things stand. `lags` are those of the assigned partitions. */
  snapshot(lags: readonly number[], bytesQueued: number): ConsumerMetrics {
    return {
      ...this.counters,
      ...this.#cluster.metrics(),
      partitionsAssigned: lags.length,
      bytesQueued,
      lagTotal: lags.reduce((sum, lag) => sum + lag, 0),
      lagMax: lags.reduce((most, lag) => Math.max(most, lag), 0),
    };
  }

  /** A fetch was answered. */
  fetched(fetch: Pick<ClientEvents['fetch'], 'nodeId' | 'partitions' | 'records' | 'bytes'>, sinceMs: number): void {
    const durationMs = this.#nowMs() - sinceMs;
    const { counters } = this;
    counters.fetches++;
    counters.recordsFetched += fetch.records;
    counters.bytesFetched += fetch.bytes;
    counters.fetchTimeMsTotal += durationMs;
    if (durationMs > counters.fetchTimeMsMax) counters.fetchTimeMsMax = durationMs;
    if (events.fetch.isHeard) events.fetch.publish({ clientId: this.#clientId, ...fetch, durationMs });
  }

  /** Does a commit. */
  async commit(offsets: readonly TopicPartitionOffset[], send: () => Promise<void>): Promise<void> {
    const sinceMs = this.#nowMs();
    try {
      await send();
      this.counters.commits++;
      this.counters.commitTimeMsTotal += this.#nowMs() - sinceMs;
      this.#tellCommit(offsets, sinceMs, undefined);
    } catch (error) {
      this.counters.commitsFailed++;
      this.#tellCommit(offsets, sinceMs, error as KafkaError);
      throw error;
    }
  }

  /** Partitions came or went. */
  rebalanced(kind: ClientEvents['rebalance']['kind'], partitions: readonly TopicPartition[]): void {
    this.counters.rebalances++;
    if (!events.rebalance.isHeard) return;
    events.rebalance.publish({ clientId: this.#clientId, groupId: this.#groupId, kind, partitions });
  }

  /** The consumer has ended with an error. */
  failed(error: KafkaError): void {
    if (!events.error.isHeard) return;
    const about = this.#groupId === '' ? 'a consumer' : `a consumer of group ${this.#groupId}`;
    events.error.publish({ clientId: this.#clientId, about, error });
  }

  /** Something is asked again in a while. */
  retried(about: string, attempt: number, waitMs: number, error: KafkaError): void {
    this.#cluster.counters.retries++;
    if (events.retry.isHeard) events.retry.publish({ clientId: this.#clientId, about, attempt, waitMs, error });
  }

  #tellCommit(offsets: readonly TopicPartitionOffset[], sinceMs: number, error: KafkaError | undefined): void {
    if (!events.commit.isHeard) return;
    const durationMs = this.#nowMs() - sinceMs;
    events.commit.publish({ clientId: this.#clientId, groupId: this.#groupId, offsets, durationMs, error });
  }

  get #clientId(): string {
    return this.#cluster.settings.clientId;
  }

  #nowMs(): number {
    return this.#cluster.runtime.clock.monotonicMs();
  }
}

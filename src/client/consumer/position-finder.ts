import { asKafkaError, KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { pause } from '../retry.ts';
import type { AssignedPartitions } from './assigned-partitions.ts';
import type { ConsumerSettings, OffsetReset } from './consumer-options.ts';
import { lookUpOffsets, OffsetTime, type TimedPartition } from './offset-lookup.ts';
import type { PartitionState } from './partition-state.ts';
import { partitionKey, partitionName, type TopicPartition, type TopicPartitionOffset } from './topic-partition.ts';

/** Where committed offsets come from; undefined where there is no group. */
export type CommittedOffsets = (partitions: readonly TopicPartition[]) => Promise<readonly TopicPartitionOffset[]>;

/** The group goes on without this member, or with its next epoch: what is asked for then will be asked anew. */
const BETWEEN_MEMBERSHIPS: ReadonlySet<string> = new Set([
  'STALE_MEMBER_EPOCH',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
]);

interface FinderEvents {
  /** Some position is known now. */
  found(): void;
  failed(error: KafkaError): void;
}

/** Finds the positions of assigned partitions that have none: what is committed, else what `offsetReset` says. */
export class PositionFinder<K, V> {
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #assigned: AssignedPartitions<K, V>;
  readonly #committed: CommittedOffsets | undefined;
  readonly #events: FinderEvents;
  #isFinding = false;
  #isClosed = false;

  constructor(
    cluster: Cluster,
    settings: ConsumerSettings,
    partitions: { readonly assigned: AssignedPartitions<K, V>; readonly committed: CommittedOffsets | undefined },
    events: FinderEvents,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#assigned = partitions.assigned;
    this.#committed = partitions.committed;
    this.#events = events;
  }

  /** Starts looking, if something is to be found and nobody looks. Goes on until all are found, the brokers away or not. */
  wake(): void {
    if (this.#isFinding || this.#isClosed) return;
    this.#isFinding = true;
    void this.#findAll().finally(() => {
      this.#isFinding = false;
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  async #findAll(): Promise<void> {
    for (;;) {
      const missing = [...this.#assigned].filter(({ isKnown }) => !isKnown);
      if (missing.length === 0 || this.#isClosed) return;
      try {
        await this.#fromCommitted(missing.filter(({ source }) => source.kind === 'committed'));
        await this.#fromTimes(missing.filter(({ source, isKnown }) => !isKnown && source.kind !== 'committed'));
      } catch (thrown) {
        if (this.#isClosed) return;
        const error = asKafkaError(thrown, 'positions');
        if (!error.retriable && !BETWEEN_MEMBERSHIPS.has(error.code)) {
          this.#events.failed(error);
          return;
        }
        await pause(this.#cluster.runtime, this.#cluster.settings.retryBackoffMaxMs);
      }
      this.#events.found();
    }
  }

  async #fromCommitted(states: readonly PartitionState<K, V>[]): Promise<void> {
    if (states.length === 0) return;
    const versions = versionsOf(states);
    const offsets = (await this.#committed?.(states)) ?? [];
    const found = new Map(offsets.map((item) => [partitionKey(item), item]));
    for (const state of states) {
      if (versions.get(state) !== state.version) continue;
      const item = found.get(partitionKey(state));
      if (item === undefined) {
        state.lookFor({ kind: 'reset' });
      } else {
        state.moveTo({ offset: item.offset, leaderEpoch: item.leaderEpoch ?? -1 });
        state.committedOffset = item.offset;
      }
    }
  }

  async #fromTimes(states: readonly PartitionState<K, V>[]): Promise<void> {
    if (states.length === 0) return;
    const versions = versionsOf(states);
    const nowMs = this.#cluster.runtime.clock.nowMs();
    const { offsetReset, isolation } = this.#settings;
    const asked = states.map((state) => ({
      topic: state.topic,
      partition: state.partition,
      timestampMs: timeOf(state, offsetReset, nowMs),
    }));
    const found = await lookUpOffsets(this.#cluster, isolation, asked);
    // No record is so young: reading goes on with the next that comes.
    const beyond = found.filter(({ offset }) => offset < 0);
    const ends = await lookUpOffsets(this.#cluster, isolation, beyond.map(atEnd));
    const offsets = new Map([...found, ...ends].map((item) => [partitionKey(item), item.offset]));
    for (const state of states) {
      const offset = offsets.get(partitionKey(state));
      // The epoch is left open: there is no record before it that this consumer has read.
      if (offset !== undefined && versions.get(state) === state.version) state.moveTo({ offset, leaderEpoch: -1 });
    }
  }
}

function versionsOf<S extends { readonly version: number }>(states: readonly S[]): Map<S, number> {
  return new Map(states.map((state) => [state, state.version]));
}

function atEnd({ topic, partition }: TopicPartition): TimedPartition {
  return { topic, partition, timestampMs: OffsetTime.latest };
}

function timeOf(
  state: Pick<PartitionState<unknown, unknown>, 'source' | 'topic' | 'partition'>,
  reset: OffsetReset,
  nowMs: number,
): number {
  const { source } = state;
  switch (source.kind) {
    case 'earliest':
      return OffsetTime.earliest;
    case 'latest':
      return OffsetTime.latest;
    case 'time':
      return source.timestampMs;
    case 'reset':
    case 'committed':
    case 'known':
      return resetTime(state, reset, nowMs);
    default:
      return source satisfies never;
  }
}

function resetTime(partition: TopicPartition, reset: OffsetReset, nowMs: number): number {
  if (reset === 'earliest') return OffsetTime.earliest;
  if (reset === 'latest') return OffsetTime.latest;
  if (reset !== 'none') return Math.max(0, nowMs - reset.durationMs);
  const message = `${partitionName(partition)} has no committed offset and offsetReset is 'none'; seek, or choose another`;
  throw new KafkaError('NO_OFFSET', message);
}

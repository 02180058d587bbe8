import type { ConsumerBatch } from './consumer-batch.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Where to find the position: what the group committed, an end of the log, a time; `known` once it is found. */
export type PositionSource =
  | { readonly kind: 'committed' }
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'known' };

const KNOWN = { kind: 'known' } as const;

/** A place in the log, with the epoch of the record before it; -1 when that is not known. */
export interface Place {
  readonly offset: number;
  readonly leaderEpoch: number;
}

/**
 * One assigned partition: from where it is fetched, what waits to be handed out, how far it was handed out and processed. Whoever
 * holds something handed out compares {@link version}: when it has changed, what is held counts no more.
 */
export class PartitionState<K, V> implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  source: PositionSource = { kind: 'committed' };
  /** The next offset to ask the leader for. */
  fetchOffset = -1;
  lastFetchedEpoch = -1;
  /** Everything below was processed; what a commit says. */
  processed: Place = { offset: -1, leaderEpoch: -1 };
  /** What was last committed, or found committed. */
  committedOffset = -1;
  highWatermark = -1;
  isPaused = false;
  /** Being taken away: nothing more is handed out. */
  isRevoking = false;
  /** Something is handed out and not done. */
  isBusy = false;
  version = 0;
  /** The leader's epoch under which the position was last found to be in the log. */
  checkedEpoch = -1;
  /** Read from this broker for now, a replica that is nearer than the leader (KIP-392); -1: from the leader. */
  nearReplica = -1;
  /** Monotonic milliseconds. */
  nearReplicaUntilMs = 0;
  /** Not asked for before this (monotonic milliseconds), after an error. */
  notBeforeMs = 0;
  #queue: ConsumerBatch<K, V>[] = [];
  #queuedBytes = 0;

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
  }

  get isKnown(): boolean {
    return this.source.kind === 'known';
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get canHandOut(): boolean {
    return this.#queue.length > 0 && !this.isBusy && !this.isPaused && !this.isRevoking;
  }

  get hasUncommitted(): boolean {
    return this.processed.offset >= 0 && this.processed.offset !== this.committedOffset;
  }

  /** A position was found or set; what was fetched is dropped. */
  moveTo(place: Place): void {
    this.drop();
    this.source = KNOWN;
    this.fetchOffset = place.offset;
    this.lastFetchedEpoch = place.leaderEpoch;
    this.checkedEpoch = -1;
    this.processed = place;
  }

  /** The position has to be found anew. */
  lookFor(source: PositionSource): void {
    this.drop();
    this.source = source;
    this.fetchOffset = -1;
  }

  /** Back to what was processed: what is handed out and what waits will come again. */
  rewind(): void {
    if (this.isKnown) this.moveTo(this.processed);
    else this.drop();
  }

  enqueue(batch: ConsumerBatch<K, V>): void {
    this.#queue.push(batch);
    this.#queuedBytes += batch.sizeBytes;
    this.fetchOffset = batch.nextOffset;
    if (batch.leaderEpoch >= 0) this.lastFetchedEpoch = batch.leaderEpoch;
  }

  /** The next batch; the state is busy until {@link done}. Batches without records are taken as processed on the way. */
  take(): ConsumerBatch<K, V> | undefined {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      this.#queuedBytes -= batch.sizeBytes;
      if (!batch.isEmpty) {
        this.isBusy = true;
        return batch;
      }
      this.processed = { offset: batch.nextOffset, leaderEpoch: batch.leaderEpoch };
    }
    return undefined;
  }

  drop(): void {
    this.version++;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.isBusy = false;
  }
}

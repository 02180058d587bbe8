import type { FollowerContact } from '../../replication/leader-term.ts';
import type { FollowerWatch } from './data-waiters.ts';
import type { FetchPartition } from './fetch-partition.ts';
import type { Partition } from '../replicas/partition.ts';

/** What was found when a partition was looked at. */
export interface LookedAt {
  readonly wanted: FetchPartition;
  readonly error: { readonly code: number };
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly slice: { readonly bytes: number } | undefined;
  readonly diverging: object | undefined;
}

/** The broker that fetches, and the epoch of the registration under which it does. */
export interface Follower {
  readonly id: number;
  readonly epoch: number;
}

/** A parked fetch of the session. */
export interface ParkedFetch {
  grownIn(partition: Partition, bytes: number): void;
  changed(): void;
}

/**
 * Which partitions of a follower's fetch session have something to say, so that a fetch looks at those and no others: with a
 * thousand partitions of which ten are written to, it costs what ten do, and nothing when all are idle (KIP-227 leaves the
 * looking to the broker). Each replica that was looked at is watched from then on. A partition leaves the set when a fetch
 * looked at it, its leader took down what the follower has, and nothing was left to tell; anything that happens to it, or
 * that the follower says about it, puts it back. Where the follower is not in sync each fetch asks whether it may be by now.
 */
export class SessionChanges implements FollowerContact {
  /** Of the newest fetch; monotonic. */
  fetchedMs: number;
  readonly #changed: Set<FetchPartition>;
  readonly #watches = new Map<FetchPartition, Watch>();
  #follower: Follower;
  #parked: ParkedFetch | undefined;

  /** All of the session's partitions are to be looked at first. */
  constructor(partitions: Iterable<FetchPartition>, follower: Follower, nowMs: number) {
    this.#changed = new Set(partitions);
    this.#follower = follower;
    this.fetchedMs = nowMs;
  }

  /** In the order in which they are to be served: those that were served last come last. */
  get changed(): readonly FetchPartition[] {
    return Array.from(this.#changed);
  }

  /** A fetch came. Under a new registration of the follower the leaders of all partitions have to hear of that (KIP-903). */
  fetched(all: Iterable<FetchPartition>, follower: Follower, nowMs: number): void {
    this.fetchedMs = nowMs;
    if (follower.epoch === this.#follower.epoch) return;
    this.#follower = follower;
    for (const wanted of all) this.#changed.add(wanted);
  }

  /** The follower said something about a partition, or something happened to it. */
  mark(wanted: FetchPartition): void {
    this.#changed.add(wanted);
  }

  forget(wanted: FetchPartition): void {
    this.#changed.delete(wanted);
    this.#watches.get(wanted)?.end();
    this.#watches.delete(wanted);
  }

  /** The partition is about to be looked at, and this is the replica that serves it now. */
  watch(wanted: FetchPartition, partition: Partition): void {
    const before = this.#watches.get(wanted);
    if (before?.partition === partition) return;
    before?.end();
    this.#watches.set(wanted, new Watch(wanted, partition, this));
  }

  /** Takes those out that a fetch looked at when it came, whereby their leaders heard of it, and that have nothing left to tell. */
  settle(reads: readonly LookedAt[]): void {
    for (const read of reads) if (!this.#hasNews(read)) this.#changed.delete(read.wanted);
    this.served(reads);
  }

  /** Those that had data go behind the others, so that full answers starve nobody. */
  served(reads: readonly LookedAt[]): void {
    for (const { wanted, slice } of reads) {
      if (slice === undefined || slice.bytes === 0 || !this.#changed.delete(wanted)) continue;
      this.#changed.add(wanted);
    }
  }

  /** Wakes `fetch` from now on; one at a time, as the requests of a connection are served. */
  park(fetch: ParkedFetch): void {
    this.#parked = fetch;
  }

  unpark(): void {
    this.#parked = undefined;
  }

  get parked(): ParkedFetch | undefined {
    return this.#parked;
  }

  /** The session is over: nothing is watched any more. */
  end(): void {
    for (const watch of this.#watches.values()) watch.end();
    this.#watches.clear();
    this.#changed.clear();
  }

  #hasNews({ wanted, error, diverging, highWatermark, logStartOffset }: LookedAt): boolean {
    const watch = this.#watches.get(wanted);
    if (watch === undefined || error.code !== 0 || diverging !== undefined) return true;
    const { log, leadership } = watch.partition;
    if (log.writtenEndOffset > wanted.fetchOffset || !leadership.isr.includes(this.#follower.id)) return true;
    return wanted.toldHighWatermark !== highWatermark || wanted.toldLogStartOffset !== logStartOffset;
  }
}

class Watch implements FollowerWatch {
  readonly wanted: FetchPartition;
  readonly partition: Partition;
  readonly end: () => void;
  readonly #changes: SessionChanges;

  constructor(wanted: FetchPartition, partition: Partition, changes: SessionChanges) {
    this.wanted = wanted;
    this.partition = partition;
    this.#changes = changes;
    this.end = partition.watch(this);
  }

  marksMoved(): void {
    this.#changes.mark(this.wanted);
  }

  grown(bytes: number): void {
    this.#changes.mark(this.wanted);
    this.#changes.parked?.grownIn(this.partition, bytes);
  }

  changed(): void {
    this.#changes.mark(this.wanted);
    this.#changes.parked?.changed();
  }
}

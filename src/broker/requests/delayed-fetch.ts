import type { LogSlice } from '../../log/log-slice.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Timer } from '../../runtime/clock.ts';
import { absenceError } from '../replicas/absent-partition.ts';
import type { DataWaiter } from './data-waiters.ts';
import type { FetchPartition } from './fetch-partition.ts';
import type { Partition } from '../replicas/partition.ts';
import { preferredReplica } from '../replicas/replica-selector.ts';
import type { RequestContext } from './request-context.ts';
import type { BrokerServices } from '../services.ts';
import type { ParkedFetch, SessionChanges } from './session-changes.ts';

/** Who leads, for an answer that says that this broker does not. */
type Leadership = Pick<Partition['leadership'], 'leader' | 'leaderEpoch'>;

/** What was found for one partition of a fetch. */
export interface PartitionRead {
  readonly wanted: FetchPartition;
  readonly error: ErrorSpec;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Undefined for an error or a diverging epoch. */
  readonly slice: LogSlice | undefined;
  readonly diverging: { epoch: number; endOffset: number } | undefined;
  /** Null unless only committed records were asked for, or the cluster does not know the partition. */
  readonly aborted: { producerId: number; firstOffset: number }[] | null;
  /** Where the consumer had better read (KIP-392); then nothing was read here. */
  readonly preferred: number | undefined;
  /** Leader known to this broker, when the error is that this is not it. */
  readonly leader: { leaderId: number; leaderEpoch: number } | undefined;
}

export interface FetchWish {
  /** Without `changes`: what is to be read. */
  readonly partitions: readonly FetchPartition[];
  /** Of a follower's session: tells at any time which of its partitions are to be read. */
  readonly changes: SessionChanges | undefined;
  readonly usesTopicIds: boolean;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isReadCommitted: boolean;
  /** The broker that fetches to replicate, and reads to the log's end; undefined for a consumer, who reads to the high watermark. */
  readonly follower: { readonly id: number; readonly epoch: number } | undefined;
  /** Whether a replica that follows may answer (KIP-392). */
  readonly mayReadFollower: boolean;
  /** The answer names only what changed: partitions that a reading finds as the client was last told are left out of it. */
  readonly isIncremental: boolean;
  /** Errors name who leads instead (KIP-951). */
  readonly namesLeaders: boolean;
  /** Empty when the consumer does not say. */
  readonly rackId: string;
}

/**
 * A fetch until it is answered: reads at once, and parks on its partitions while there is too little
 * (DelayedFetch). It ends when enough bytes came, anything changed, its time is up, or its client left.
 */
export class DelayedFetch implements DataWaiter, ParkedFetch {
  readonly #wish: FetchWish;
  readonly #broker: BrokerServices;
  readonly #context: RequestContext;
  readonly #done: (reads: PartitionRead[], isFirstLook: boolean) => void;
  #parkedOn: Partition[] = [];
  /** For a reader of committed records: the sum of the last stable offsets when it last looked. */
  #stable = 0;
  #available = 0;
  #timer: Timer | undefined;
  #isParked = false;

  constructor(
    wish: FetchWish,
    context: RequestContext,
    broker: BrokerServices,
    done: (reads: PartitionRead[], isFirstLook: boolean) => void,
  ) {
    this.#wish = wish;
    this.#context = context;
    this.#broker = broker;
    this.#done = done;
  }

  start(): void {
    const { maxWaitMs, partitions, changes } = this.#wish;
    const reads = this.#readAll();
    this.#noteFollower(reads);
    let bytes = 0;
    let unknown = 0;
    let isFinal = maxWaitMs <= 0;
    for (const read of reads) {
      bytes += read.slice?.bytes ?? 0;
      // What nobody knows is no reason to hurry: a client that keeps asking for it would do so without a pause.
      if (isUnknown(read.error)) unknown++;
      else if (read.error !== E.NONE || read.diverging !== undefined || read.preferred !== undefined) isFinal = true;
    }
    const isAllUnknown = changes === undefined && unknown === partitions.length;
    if (isFinal || isAllUnknown || bytes >= this.#minBytes) {
      this.#done(reads, true);
      return;
    }
    changes?.settle(reads);
    for (const read of reads) read.slice?.release();
    this.#park(bytes);
  }

  grown(bytes: number): void {
    if (this.#waitsForStable) {
      this.#lookForStable();
      return;
    }
    this.#available += bytes;
    if (this.#available >= this.#minBytes) this.#finish();
  }

  grownIn(partition: Partition, bytes: number): void {
    if (!this.#isHeldBack(partition)) this.grown(bytes);
  }

  changed(): void {
    this.#finish();
  }

  /** More than fits into an answer cannot be waited for (KafkaApis.handleFetchRequest). */
  get #minBytes(): number {
    return Math.min(this.#wish.minBytes, this.#wish.maxBytes);
  }

  get #waitsForStable(): boolean {
    return this.#wish.isReadCommitted && this.#wish.follower === undefined;
  }

  #park(bytes: number): void {
    this.#isParked = true;
    this.#available = bytes;
    const { changes } = this.#wish;
    if (changes === undefined) this.#parkOnEach();
    else changes.park(this);
    if (this.#waitsForStable) this.#stable = this.#sumOfStable();
    const { peer } = this.#context;
    peer.onClosed.add(this.#abandon);
    if (this.#wish.follower !== undefined) peer.hurry = () => this.#finish();
    this.#timer = this.#broker.timers.set(this.#wish.maxWaitMs, () => {
      this.#broker.turn.run(() => this.#finish());
    });
  }

  #parkOnEach(): void {
    for (const wanted of this.#wish.partitions) {
      const partition = this.#find(wanted);
      // What is held back is not worth waking up for.
      if (!('log' in partition) || this.#isHeldBack(partition)) continue;
      partition.addDataWaiter(this, this.#wish.follower !== undefined);
      this.#parkedOn.push(partition);
    }
  }

  /** What was appended counts only when the transactions before it are decided: looks where the last stable offset moved. */
  #lookForStable(): void {
    const stable = this.#sumOfStable();
    if (!this.#isParked || stable === this.#stable) return;
    this.#stable = stable;
    const reads = this.#readAll();
    let bytes = 0;
    for (const read of reads) bytes += read.slice?.bytes ?? 0;
    if (bytes >= this.#minBytes) {
      this.#unpark();
      this.#done(reads, false);
    } else {
      for (const read of reads) read.slice?.release();
    }
  }

  /** Each of them only ever grows while nothing else changes, so that a sum shows whether one did. */
  #sumOfStable(): number {
    let sum = 0;
    for (const { log } of this.#parkedOn) sum += log.lastStableOffset;
    return sum;
  }

  #unpark(): void {
    this.#isParked = false;
    this.#timer?.cancel();
    const { peer } = this.#context;
    peer.onClosed.delete(this.#abandon);
    const isFollower = this.#wish.follower !== undefined;
    if (isFollower) peer.hurry = undefined;
    this.#wish.changes?.unpark();
    for (const partition of this.#parkedOn) partition.removeDataWaiter(this, isFollower);
    this.#parkedOn = [];
  }

  readonly #abandon = (): void => this.#unpark();

  #finish(): void {
    if (!this.#isParked) return;
    this.#unpark();
    this.#done(this.#readAll(), false);
  }

  #find(wanted: FetchPartition): Partition | ErrorSpec {
    const broker = this.#broker;
    const { usesTopicIds } = this.#wish;
    // The name found for an id is kept: a session goes on to mean the topic that it met, even when that is deleted.
    if (usesTopicIds && wanted.topic === '') wanted.topic = broker.image().topicNamesById.get(wanted.topicId) ?? '';
    const { topic } = wanted;
    if (usesTopicIds && topic === '') return E.UNKNOWN_TOPIC_ID;
    const partition = broker.partitions.get(topic, wanted.partition);
    if (partition === undefined) return absenceError(broker.image(), topic, wanted.partition);
    if (usesTopicIds && partition.topicId !== wanted.topicId) return E.INCONSISTENT_TOPIC_ID;
    return partition;
  }

  /** By asking for an offset a follower tells that it has all below (Partition.fetchRecords). */
  #noteFollower(reads: readonly PartitionRead[]): void {
    const { follower, changes } = this.#wish;
    if (follower === undefined) return;
    const contact = changes ?? { fetchedMs: this.#broker.clock.monotonicMs() };
    for (const { wanted, error, diverging } of reads) {
      if (error !== E.NONE || diverging !== undefined) continue;
      const { fetchOffset: offset, logStartOffset } = wanted;
      const fetch = { brokerId: follower.id, brokerEpoch: follower.epoch, offset, logStartOffset, contact };
      this.#broker.partitions.get(wanted.topic, wanted.partition)?.followerFetched(fetch);
    }
  }

  /** A follower that is not in sync gets nothing of a throttled partition while the quota is used up (ReplicaManager.shouldLeaderThrottle). */
  #isHeldBack({ topic, index, leadership }: Partition): boolean {
    const { follower } = this.#wish;
    const { leader: quota } = this.#broker.replicationQuotas;
    if (follower === undefined || !quota.isThrottled(topic, index) || leadership.isr.includes(follower.id))
      return false;
    return quota.isExceeded(this.#broker.clock.monotonicMs());
  }

  #preferred(partition: Partition, { fetchOffset }: FetchPartition): number | undefined {
    return preferredReplica(partition, { rackId: this.#wish.rackId, offset: fetchOffset }, this.#broker);
  }

  #readAll(): PartitionRead[] {
    const reads: PartitionRead[] = [];
    let bytesLeft = this.#wish.maxBytes;
    let minOneBatch = true;
    const { changes, partitions } = this.#wish;
    for (const wanted of changes?.changed ?? partitions) {
      const read = this.#readOne(wanted, Math.min(wanted.partitionMaxBytes, bytesLeft), minOneBatch);
      if (read === undefined) continue;
      const bytes = read.slice?.bytes ?? 0;
      if (bytes > 0) minOneBatch = false;
      bytesLeft = Math.max(0, bytesLeft - bytes);
      reads.push(read);
    }
    return reads;
  }

  /** Of thousands of partitions in a session most are like this: the client has read all, and knows of everything. */
  #isAsTold({ fetchOffset, toldHighWatermark, toldLogStartOffset }: FetchPartition, { log }: Partition): boolean {
    const { isIncremental, isReadCommitted } = this.#wish;
    if (!isIncremental || log.highWatermark !== toldHighWatermark || log.logStartOffset !== toldLogStartOffset)
      return false;
    return fetchOffset === (isReadCommitted ? log.lastStableOffset : toldHighWatermark);
  }

  #leaderTold(error: ErrorSpec, { topic, partition }: FetchPartition): Leadership | undefined {
    return this.#wish.namesLeaders && namesLeader(error) ? this.#broker.image().partition(topic, partition) : undefined;
  }

  /** Undefined when there is nothing new, and the answer names only what is. */
  #readOne(wanted: FetchPartition, bytesMax: number, minOneBatch: boolean): PartitionRead | undefined {
    const partition = this.#find(wanted);
    if (!('log' in partition)) {
      return failedRead(wanted, partition, this.#leaderTold(partition, wanted));
    }
    this.#wish.changes?.watch(wanted, partition);
    const { follower, mayReadFollower } = this.#wish;
    const error = partition.checkRead(wanted.currentLeaderEpoch, mayReadFollower);
    if (error !== E.NONE) {
      return failedRead(wanted, error, this.#leaderTold(error, wanted));
    }
    if (follower !== undefined && !partition.leadership.replicas.includes(follower.id)) {
      return failedRead(wanted, E.NOT_LEADER_OR_FOLLOWER);
    }
    const { log } = partition;
    const diverging = wanted.lastFetchedEpoch >= 0 ? findDivergence(partition, wanted) : undefined;
    if (diverging === 'out of range') return failedRead(wanted, E.OFFSET_OUT_OF_RANGE);
    const preferred = mayReadFollower && diverging === undefined ? this.#preferred(partition, wanted) : undefined;
    if (diverging === undefined && preferred === undefined && this.#isAsTold(wanted, partition)) return undefined;
    const marks = {
      wanted,
      error: E.NONE,
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
      leader: undefined,
      preferred: undefined,
    };
    if (diverging !== undefined) return { ...marks, slice: undefined, diverging, aborted: null };
    if (preferred !== undefined) return { ...marks, preferred, slice: undefined, diverging, aborted: null };
    if (this.#isHeldBack(partition)) return { ...marks, slice: undefined, diverging: undefined, aborted: null };
    const slice = log.read({
      offset: wanted.fetchOffset,
      bytesMax,
      upperOffset: this.#readableTo(partition),
      minOneBatch,
    });
    if (slice.error !== E.NONE) return failedRead(wanted, slice.error);
    return { ...marks, slice, diverging: undefined, aborted: this.#abortedIn(partition, wanted, slice) };
  }

  /** Followers read what is written, consumers what is committed, or decided. */
  #readableTo({ log }: Partition): number {
    const { follower, isReadCommitted } = this.#wish;
    if (follower !== undefined) return log.writtenEndOffset;
    return isReadCommitted ? log.lastStableOffset : log.highWatermark;
  }

  #abortedIn({ log }: Partition, wanted: FetchPartition, slice: LogSlice): PartitionRead['aborted'] {
    if (!this.#wish.isReadCommitted) return null;
    return slice.bytes > 0 ? log.abortedTransactions(wanted.fetchOffset, slice.upperBound) : [];
  }
}

/** The cluster has no such partition: Kafka answers these without asking the replica. */
function isUnknown(error: ErrorSpec): boolean {
  return error === E.UNKNOWN_TOPIC_OR_PARTITION || error === E.UNKNOWN_TOPIC_ID;
}

/** Errors with which the client is told the leader at once (KIP-951). */
function namesLeader(error: ErrorSpec): boolean {
  return error === E.NOT_LEADER_OR_FOLLOWER || error === E.FENCED_LEADER_EPOCH;
}

function failedRead(wanted: FetchPartition, error: ErrorSpec, leadership?: Leadership): PartitionRead {
  return {
    wanted,
    error,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    slice: undefined,
    diverging: undefined,
    aborted: isUnknown(error) ? [] : null,
    preferred: undefined,
    leader: leadership && { leaderId: leadership.leader, leaderEpoch: leadership.leaderEpoch },
  };
}

/** Compares the reader's last epoch with ours: where they part, the reader has to truncate (KIP-595, Partition.readRecords). */
function findDivergence(
  partition: Partition,
  wanted: FetchPartition,
): { epoch: number; endOffset: number } | 'out of range' | undefined {
  const { log } = partition;
  const { epoch, endOffset } = log.endOffsetForEpoch(wanted.lastFetchedEpoch);
  if (epoch < 0 || endOffset < 0 || wanted.fetchOffset < log.logStartOffset) return 'out of range';
  if (epoch < wanted.lastFetchedEpoch || endOffset < wanted.fetchOffset) return { epoch, endOffset };
  return undefined;
}

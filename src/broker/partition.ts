import type { AppendContext, AppendResult, PartitionLog } from '../log/partition-log.ts';
import type { PartitionImage } from '../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { nextHighWatermark } from '../replication/high-watermark.ts';
import type { Turn, TurnWork } from './turn.ts';

/** Waits until an appended batch counts as written (acks=1) or committed (acks=all). */
export interface AppendWaiter {
  appended(error: ErrorSpec): void;
}

/** Waits for records (a parked fetch). Told how many bytes became visible; it decides whether that is enough. */
export interface DataWaiter {
  grown(bytes: number): void;
  /** Leadership, existence or the log's state changed: answer now. */
  changed(): void;
}

/** Who leads the partition and who is in sync, as the cluster's metadata says. */
export type PartitionLeadership = Pick<
  PartitionImage,
  'leader' | 'leaderEpoch' | 'partitionEpoch' | 'replicas' | 'isr'
>;

export interface PartitionOptions {
  log: PartitionLog;
  topic: string;
  topicId: string;
  index: number;
  brokerId: number;
  leadership: PartitionLeadership;
  turn: Turn;
}

interface ParkedAppend {
  /** The end offset that has to be reached. */
  readonly endOffset: number;
  readonly waiter: AppendWaiter;
}

/**
 * One replica of a partition on this broker: its log, its place in the cluster, and whoever waits on it.
 * Appends are staged, and written together at the end of the turn; only then do waiters hear of them.
 * With one replica the in-sync set is this broker alone and the high watermark follows the log's end.
 */
export class Partition implements TurnWork {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  #log: PartitionLog;
  readonly #brokerId: number;
  readonly #turn: Turn;
  readonly #followerEndOffsets = new Map<number, number>();
  readonly #dataWaiters = new Set<DataWaiter>();
  #leadership: PartitionLeadership;
  #inSyncFollowers: readonly number[];
  #isEnlisted = false;
  #isGone = false;
  #isAwaitingSync = false;
  /** Appended in this turn. */
  #bytesStaged = 0;
  /** Bytes written and not yet below the high watermark, by where they end. */
  #unannounced: { readonly endOffset: number; readonly bytes: number }[] = [];
  #awaitingWrite: ParkedAppend[] = [];
  #awaitingCommit: ParkedAppend[] = [];

  constructor(options: PartitionOptions) {
    this.#log = options.log;
    this.topic = options.topic;
    this.topicId = options.topicId;
    this.index = options.index;
    this.#brokerId = options.brokerId;
    this.#leadership = options.leadership;
    this.#inSyncFollowers = this.#followersOf(options.leadership);
    this.#turn = options.turn;
  }

  /** The partition is taken up: the watermark of the last life may lie below what is in sync by now. */
  start(): void {
    if (this.isLeader) this.log.assignLeaderEpoch(this.#leadership.leaderEpoch);
    this.#enlist();
  }

  get log(): PartitionLog {
    return this.#log;
  }

  /** The partition's log is now in another directory, with the same content; the old one is about to be closed. */
  replaceLog(log: PartitionLog): void {
    this.#log = log;
    // Who waits for a sync of the old one waits for one of the new one, where all is synced already.
    this.#isAwaitingSync = false;
    if (this.isLeader) log.assignLeaderEpoch(this.#leadership.leaderEpoch);
    this.#enlist();
  }

  get leadership(): PartitionLeadership {
    return this.#leadership;
  }

  get isLeader(): boolean {
    return this.#leadership.leader === this.#brokerId && !this.#isGone;
  }

  /** Why the partition cannot serve a request that names `currentLeaderEpoch` (-1: no check); E.NONE when it can. */
  check(currentLeaderEpoch: number): ErrorSpec {
    if (this.#isGone) return E.UNKNOWN_TOPIC_OR_PARTITION;
    if (this.log.isOffline) return E.KAFKA_STORAGE_ERROR;
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch !== this.#leadership.leaderEpoch) {
      return currentLeaderEpoch < this.#leadership.leaderEpoch ? E.FENCED_LEADER_EPOCH : E.UNKNOWN_LEADER_EPOCH;
    }
    return this.isLeader ? E.NONE : E.NOT_LEADER_OR_FOLLOWER;
  }

  /** The least in-sync replicas for acks=all; never more than there are replicas (Partition.effectiveMinIsr). */
  get minInSyncReplicas(): number {
    return Math.min(this.log.config.minInsyncReplicas, this.#leadership.replicas.length);
  }

  get hasEnoughInSync(): boolean {
    return this.#leadership.isr.length >= this.minInSyncReplicas;
  }

  /** Stages one batch. The result's offsets count once the turn has ended; wait for that with one of the two below. */
  appendAsLeader(batch: Uint8Array, context: Omit<AppendContext, 'leaderEpoch'>): AppendResult {
    const result = this.log.appendAsLeader(batch, { ...context, leaderEpoch: this.#leadership.leaderEpoch });
    if (result.error === E.NONE && !result.isDuplicate) {
      this.#bytesStaged += batch.length;
      this.#enlist();
    }
    return result;
  }

  /** Tells `waiter` when everything below `endOffset` is written as the flush policy demands. */
  whenWritten(endOffset: number, waiter: AppendWaiter): void {
    this.#awaitingWrite.push({ endOffset, waiter });
    this.#enlist();
  }

  /** Tells `waiter` when everything below `endOffset` is below the high watermark. */
  whenCommitted(endOffset: number, waiter: AppendWaiter): void {
    this.#awaitingCommit.push({ endOffset, waiter });
    this.#enlist();
  }

  /** Gives up waiting; the waiter hears nothing more. */
  forget(waiter: AppendWaiter): void {
    this.#awaitingWrite = this.#awaitingWrite.filter((parked) => parked.waiter !== waiter);
    this.#awaitingCommit = this.#awaitingCommit.filter((parked) => parked.waiter !== waiter);
  }

  addDataWaiter(waiter: DataWaiter): void {
    this.#dataWaiters.add(waiter);
  }

  removeDataWaiter(waiter: DataWaiter): void {
    this.#dataWaiters.delete(waiter);
  }

  endOfTurn(): void {
    this.#isEnlisted = false;
    const bytes = this.#bytesStaged;
    this.#bytesStaged = 0;
    try {
      this.log.writeStaged();
    } catch {
      // The log took its directory offline and reported why; nothing of this turn was acknowledged.
      if (this.log.isOffline) {
        this.#failAll(E.KAFKA_STORAGE_ERROR);
        return;
      }
    }
    if (this.log.takeUndone()) {
      this.#failBeyond(this.log.logEndOffset, E.KAFKA_STORAGE_ERROR);
      this.#advance(0);
      return;
    }
    this.#advance(bytes);
  }

  /** The cluster's metadata changed. Waiting requests are answered: the world they waited in is gone. */
  changeLeadership(leadership: PartitionLeadership): void {
    const before = this.#leadership;
    this.#leadership = leadership;
    this.#inSyncFollowers = this.#followersOf(leadership);
    if (before.leader !== leadership.leader || before.leaderEpoch !== leadership.leaderEpoch) {
      if (this.isLeader) this.log.assignLeaderEpoch(leadership.leaderEpoch);
      this.#failAll(E.NOT_LEADER_OR_FOLLOWER);
    }
    this.#enlist();
  }

  /** The topic was deleted or the log's directory failed. */
  retire(error: ErrorSpec): void {
    this.#isGone = true;
    this.#failAll(error);
  }

  /** The log went offline: nothing that waits will be written any more. */
  announceFailure(): void {
    this.#failAll(E.KAFKA_STORAGE_ERROR);
  }

  /** Log start moved (delete-records, retention) or the like: parked fetches look again. */
  announceChange(): void {
    if (this.#dataWaiters.size === 0) return;
    // Not the set itself: an answer may start the client's next fetch, which parks here again.
    for (const waiter of Array.from(this.#dataWaiters)) this.#turn.guard(() => waiter.changed());
  }

  #followersOf({ isr }: PartitionLeadership): readonly number[] {
    return isr.filter((id) => id !== this.#brokerId);
  }

  #enlist(): void {
    if (this.#isEnlisted) return;
    this.#isEnlisted = true;
    this.#turn.enlistStore(this);
  }

  /** Brings the watermark up to what is settled; `bytes` were written since the last time. */
  #advance(bytes = 0): void {
    const { log } = this;
    const settled = log.settledEndOffset;
    if (settled < log.logEndOffset && !this.#isAwaitingSync) {
      this.#isAwaitingSync = true;
      log.whenSettled(log.logEndOffset, (error) => this.#settled(log, error));
    }
    const watermark = nextHighWatermark(log.highWatermark, {
      leaderEndOffset: settled,
      inSyncFollowers: this.#inSyncFollowers,
      followerEndOffsets: this.#followerEndOffsets,
      inSyncCount: this.#leadership.isr.length,
      minInSyncReplicas: this.minInSyncReplicas,
    });
    // Readers first: their answers carry the records, the producers' only say that they are there.
    if (watermark > log.highWatermark) {
      log.setHighWatermark(watermark);
      this.#announce(watermark, bytes);
    } else if (bytes > 0) {
      this.#unannounced.push({ endOffset: log.logEndOffset, bytes });
    }
    this.#release(this.#awaitingWrite, settled);
    this.#release(this.#awaitingCommit, watermark);
  }

  /** Tells those who wait for data how many bytes the watermark has passed; `bytesAtEnd` lie just below the log's end. */
  #announce(watermark: number, bytesAtEnd: number): void {
    let bytes = 0;
    if (watermark === this.log.logEndOffset) bytes = bytesAtEnd;
    else if (bytesAtEnd > 0) this.#unannounced.push({ endOffset: this.log.logEndOffset, bytes: bytesAtEnd });
    if (this.#unannounced.length > 0) {
      const passed = this.#unannounced.filter(({ endOffset }) => endOffset <= watermark);
      this.#unannounced = this.#unannounced.slice(passed.length);
      for (const each of passed) bytes += each.bytes;
    }
    if (this.#dataWaiters.size === 0) return;
    for (const waiter of Array.from(this.#dataWaiters)) this.#turn.guard(() => waiter.grown(bytes));
  }

  /** Tells everyone whose offset is reached; the others go on waiting. */
  #release(parked: ParkedAppend[], endOffset: number): void {
    if (parked.length === 0) return;
    const waiting = parked.filter((entry) => entry.endOffset > endOffset);
    if (waiting.length === parked.length) return;
    // Before anyone is told: what that sets off may come back here.
    if (parked === this.#awaitingWrite) this.#awaitingWrite = waiting;
    else this.#awaitingCommit = waiting;
    for (const entry of parked) {
      if (entry.endOffset <= endOffset) this.#turn.guard(() => entry.waiter.appended(E.NONE));
    }
  }

  #settled(log: PartitionLog, error: ErrorSpec): void {
    // That of a log that was replaced: who waits on it waits on the new one.
    if (log !== this.#log) return;
    this.#isAwaitingSync = false;
    this.#turn.run(() => {
      if (error === E.NONE) this.#advance();
      else this.#failAll(error);
    });
  }

  /** Tells those who wait for offsets that the log does not have after all. */
  #failBeyond(endOffset: number, error: ErrorSpec): void {
    const waiting = [...this.#awaitingWrite, ...this.#awaitingCommit].filter((entry) => entry.endOffset > endOffset);
    this.#awaitingWrite = this.#awaitingWrite.filter((entry) => entry.endOffset <= endOffset);
    this.#awaitingCommit = this.#awaitingCommit.filter((entry) => entry.endOffset <= endOffset);
    for (const { waiter } of waiting) this.#turn.guard(() => waiter.appended(error));
  }

  #failAll(error: ErrorSpec): void {
    const waiting = [...this.#awaitingWrite, ...this.#awaitingCommit];
    this.#awaitingWrite = [];
    this.#awaitingCommit = [];
    for (const { waiter } of waiting) this.#turn.guard(() => waiter.appended(error));
    this.announceChange();
  }
}

import type { AppendContext, AppendResult, PartitionLog } from '../../log/partition-log.ts';
import type { PartitionImage } from '../../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { FollowerReplica, LeaderMarks } from '../../replication/follower-replica.ts';
import { nextHighWatermark } from '../../replication/high-watermark.ts';
import { LeaderTerm, type FollowerFetch, type TermView } from '../../replication/leader-term.ts';
import { AppendWaiters, type AppendWaiter } from './append-waiters.ts';
import { DataWaiters, type DataWaiter, type FollowerWatch } from '../requests/data-waiters.ts';
import type { ReplicaServices } from './replica-services.ts';
import { RefusedSequences } from './refused-sequences.ts';
import type { TurnWork } from '../turn.ts';

export interface PartitionOptions {
  readonly log: PartitionLog;
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  readonly leadership: PartitionImage;
  readonly services: ReplicaServices;
}

/**
 * One replica of a partition on this broker: its log, its place in the cluster, and whoever waits on it.
 * Appends are staged, and written together at the end of the turn; only then do waiters hear of them.
 * A leader moves the high watermark by what its followers fetch ({@link LeaderTerm}); with one replica it follows the
 * log's end. A follower takes it from its leader.
 */
export class Partition implements TurnWork, FollowerReplica {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  /** Producers' batches that were refused before they got to the log. */
  readonly refused = new RefusedSequences();
  #log: PartitionLog;
  readonly #services: ReplicaServices;
  readonly #dataWaiters: DataWaiters;
  readonly #awaitingWrite: AppendWaiters;
  readonly #awaitingCommit: AppendWaiters;
  readonly #awaitingDeletion: AppendWaiters;
  #leadership: PartitionImage;
  /** While this broker leads and there are followers. */
  #term: LeaderTerm | undefined;
  /** Where the log ended when this broker became the leader. */
  #termStartOffset = 0;
  #isEnlisted = false;
  #isGone = false;
  #isAwaitingSync = false;
  /** Appended in this turn. */
  #bytesStaged = 0;
  /** What the leader told last, while this broker follows. */
  #leaderMarks: LeaderMarks | undefined;

  constructor({ log, topic, topicId, index, leadership, services }: PartitionOptions) {
    this.#log = log;
    this.topic = topic;
    this.topicId = topicId;
    this.index = index;
    this.#leadership = leadership;
    this.#services = services;
    this.#dataWaiters = new DataWaiters(services.turn);
    this.#awaitingWrite = new AppendWaiters(services.turn);
    this.#awaitingCommit = new AppendWaiters(services.turn);
    this.#awaitingDeletion = new AppendWaiters(services.turn);
  }

  /** The partition is taken up: the watermark of the last life may lie below what is in sync by now. */
  start(): void {
    if (this.isLeader) this.#beginTerm();
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

  /** Who leads the partition and who is in sync, as the cluster's metadata says. */
  get leadership(): PartitionImage {
    return this.#leadership;
  }

  get leaderEpoch(): number {
    return this.#leadership.leaderEpoch;
  }

  get isLeader(): boolean {
    return this.#leadership.leader === this.#services.brokerId && !this.#isGone;
  }

  /** How far the followers are, while this broker leads. */
  get followerEndOffsets(): ReadonlyMap<number, number> {
    return this.#term?.endOffsets ?? NO_OFFSETS;
  }

  /** Whether the leader knows what is committed: not before its high watermark has reached where its term began (KIP-207). */
  get isHighWatermarkKnown(): boolean {
    return this.#term === undefined || this.log.highWatermark >= this.#termStartOffset;
  }

  /** As {@link check}, for a read, which a replica that follows may serve when `mayFollow`. */
  checkRead(currentLeaderEpoch: number, mayFollow: boolean): ErrorSpec {
    const error = this.check(currentLeaderEpoch);
    return error === E.NOT_LEADER_OR_FOLLOWER && mayFollow && !this.isLeader ? E.NONE : error;
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
    this.#awaitingWrite.add(endOffset, waiter);
    this.#enlist();
  }

  /** Tells `waiter` when everything below `endOffset` is below the high watermark. */
  whenCommitted(endOffset: number, waiter: AppendWaiter): void {
    this.#awaitingCommit.add(endOffset, waiter);
    this.#enlist();
  }

  /** Below it neither this replica nor a follower that is up has anything (Partition.lowWatermarkIfLeader). */
  get lowWatermark(): number {
    const own = this.log.logStartOffset;
    return this.#term?.lowWatermark(own, this.#services.isUp) ?? own;
  }

  /** Tells `waiter` when {@link lowWatermark} has reached `offset`. */
  whenDeleted(offset: number, waiter: AppendWaiter): void {
    this.#awaitingDeletion.add(offset, waiter);
    this.#enlist();
  }

  /** Gives up waiting; the waiter hears nothing more. */
  forget(waiter: AppendWaiter): void {
    this.#awaitingWrite.forget(waiter);
    this.#awaitingCommit.forget(waiter);
    this.#awaitingDeletion.forget(waiter);
  }

  /** Parks a fetch; a follower's hears of what is written, any other of what is committed. */
  addDataWaiter(waiter: DataWaiter, isFollower: boolean): void {
    this.#dataWaiters.add(waiter, isFollower);
  }

  removeDataWaiter(waiter: DataWaiter, isFollower: boolean): void {
    this.#dataWaiters.remove(waiter, isFollower);
  }

  /** Tells a follower's session of what changes here, until the function that it answers is called. */
  watch(watch: FollowerWatch): () => void {
    return this.#dataWaiters.watch(watch);
  }

  /** A follower asks for what comes next, and so tells what it has. */
  followerFetched(fetch: FollowerFetch): void {
    if (this.#term?.fetched(fetch, this.log.logEndOffset) === true) this.#enlist();
  }

  /** Looks after followers that have fallen behind, or are ready to join; to be called now and then. */
  checkInSync(): void {
    if (this.#term !== undefined) this.#proposeInSync(this.#term);
    if (this.#awaitingDeletion.isAny) this.#enlist();
  }

  appendAsFollower(batches: Uint8Array, nowMs: number): void {
    try {
      this.log.appendAsFollower(batches, nowMs);
    } finally {
      // Of what a leader sends the first batches may be right, and are written.
      this.#bytesStaged += batches.length;
      this.#enlist();
    }
  }

  truncateTo(offset: number): void {
    this.log.truncateTo(offset);
    this.#dataWaiters.forgetWritten();
    this.announceChange();
  }

  restartAt(offset: number): void {
    this.log.truncateFullyAndStartAt(offset, this.#services.clock.nowMs());
    this.announceChange();
  }

  leaderMoved(marks: LeaderMarks): void {
    this.#leaderMarks = marks;
    this.#enlist();
  }

  endOfTurn(): void {
    this.#isEnlisted = false;
    const bytes = this.#bytesStaged;
    this.#bytesStaged = 0;
    if (!this.#writeStaged()) return;
    if (this.log.takeUndone()) {
      this.#awaitingWrite.failBeyond(this.log.logEndOffset, E.KAFKA_STORAGE_ERROR);
      this.#awaitingCommit.failBeyond(this.log.logEndOffset, E.KAFKA_STORAGE_ERROR);
      this.#advance(0);
      return;
    }
    if (bytes > 0) this.#term?.leaderGrew();
    this.#advance(bytes);
    if (bytes > 0) this.#dataWaiters.tellFollowers(bytes);
  }

  /** The cluster's metadata changed. Under a new leader epoch waiting requests are answered: the world they waited in is gone. */
  changeLeadership(leadership: PartitionImage): void {
    const before = this.#leadership;
    this.#leadership = leadership;
    if (before.leader !== leadership.leader || before.leaderEpoch !== leadership.leaderEpoch) {
      // What was staged under the old epoch is in the log before the new one begins.
      this.#writeStaged();
      this.#term = undefined;
      this.#leaderMarks = undefined;
      if (this.isLeader) this.#beginTerm();
      this.#failAll(E.NOT_LEADER_OR_FOLLOWER);
    } else if (this.isLeader) {
      if (this.#term === undefined) this.#followFollowers();
      else this.#term.changed(leadership.replicas, leadership.isr, this.#services.clock.monotonicMs());
      this.#dataWaiters.tellMarks();
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
    this.#dataWaiters.tellChanged();
  }

  #beginTerm(): void {
    this.log.assignLeaderEpoch(this.#leadership.leaderEpoch);
    this.#termStartOffset = this.log.logEndOffset;
    this.#followFollowers();
  }

  /** Keeps track of the followers, when there are any. */
  #followFollowers(): void {
    const { leaderEpoch, replicas, isr } = this.#leadership;
    if (replicas.length === 1) return;
    this.#term = new LeaderTerm({
      brokerId: this.#services.brokerId,
      leaderEpoch,
      startOffset: this.#termStartOffset,
      replicas,
      inSync: isr,
      nowMs: this.#services.clock.monotonicMs(),
    });
  }

  #enlist(): void {
    if (this.#isEnlisted) return;
    this.#isEnlisted = true;
    this.#services.turn.enlistStore(this);
  }

  /** False when the log went offline: it reported why, and nothing of this turn was acknowledged. */
  #writeStaged(): boolean {
    try {
      this.log.writeStaged();
    } catch {
      if (this.log.isOffline) this.#failAll(E.KAFKA_STORAGE_ERROR);
    }
    return !this.log.isOffline;
  }

  /** Brings the watermark up to what is settled; `bytes` were written since the last time. */
  #advance(bytes: number): void {
    const { log } = this;
    const settled = log.settledEndOffset;
    if (settled < log.logEndOffset && !this.#isAwaitingSync) {
      this.#isAwaitingSync = true;
      log.whenSettled(log.logEndOffset, (error) => this.#settled(log, error));
    }
    const watermark = this.isLeader ? this.#leadersWatermark(settled) : this.#followersWatermark();
    // Readers first: their answers carry the records, the producers' only say that they are there.
    if (watermark > log.highWatermark) {
      log.setHighWatermark(watermark);
      const isAllCommitted = watermark === log.logEndOffset;
      if (!isAllCommitted) this.#dataWaiters.written(log.logEndOffset, bytes);
      this.#dataWaiters.committed(watermark, isAllCommitted ? bytes : 0);
    } else {
      this.#dataWaiters.written(log.logEndOffset, bytes);
    }
    this.#awaitingWrite.reached(settled);
    this.#awaitingCommit.reached(log.highWatermark);
    if (this.#awaitingDeletion.isAny) this.#awaitingDeletion.reached(this.lowWatermark);
    if (this.#term !== undefined) this.#proposeInSync(this.#term);
    else if (this.#leaderMarks !== undefined) this.#followLogStart(this.#leaderMarks.logStartOffset);
  }

  #leadersWatermark(settled: number): number {
    const { isr } = this.#leadership;
    const term = this.#term;
    return nextHighWatermark(this.log.highWatermark, {
      leaderEndOffset: settled,
      inSyncFollowers: term === undefined ? NO_FOLLOWERS : term.awaited(this.#termView()),
      followerEndOffsets: this.followerEndOffsets,
      inSyncCount: isr.length,
      minInSyncReplicas: this.minInSyncReplicas,
    });
  }

  #followersWatermark(): number {
    return Math.min(this.#leaderMarks?.highWatermark ?? 0, this.log.logEndOffset);
  }

  #followLogStart(logStartOffset: number): void {
    const { log } = this;
    const startOffset = Math.min(logStartOffset, log.highWatermark);
    if (startOffset > log.logStartOffset) log.deleteRecordsBefore(startOffset);
  }

  readonly #isEligible: TermView['isEligible'] = (id, epoch) => this.#services.isEligible(this, id, epoch);

  #termView(): TermView {
    const { clock, lagMaxMs } = this.#services;
    return {
      highWatermark: this.log.highWatermark,
      leaderEndOffset: this.log.logEndOffset,
      nowMs: clock.monotonicMs(),
      lagMaxMs: lagMaxMs(),
      isEligible: this.#isEligible,
    };
  }

  #proposeInSync(term: LeaderTerm): void {
    if (!this.isLeader || this.log.isOffline) return;
    const members = term.wanted(this.#termView());
    if (members === undefined) return;
    term.propose(members);
    this.#services.propose({
      topicId: this.topicId,
      index: this.index,
      seen: this.#leadership,
      members,
      minInSync: this.minInSyncReplicas,
      refused: () => {
        if (this.#term === term) term.withdrawn(members);
      },
    });
  }

  #settled(log: PartitionLog, error: ErrorSpec): void {
    // That of a log that was replaced: who waits on it waits on the new one.
    if (log !== this.#log) return;
    this.#isAwaitingSync = false;
    this.#services.turn.run(() => {
      if (error === E.NONE) this.#advance(0);
      else this.#failAll(error);
    });
  }

  #failAll(error: ErrorSpec): void {
    this.#awaitingWrite.failAll(error);
    this.#awaitingCommit.failAll(error);
    this.#awaitingDeletion.failAll(error);
    this.announceChange();
  }
}

const NO_FOLLOWERS: readonly number[] = [];
const NO_OFFSETS: ReadonlyMap<number, number> = new Map();

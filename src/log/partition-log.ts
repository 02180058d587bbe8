import { Malformed } from '../base/malformed.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { DiskError } from '../runtime/disk.ts';
import { refusedAppend, type AppendContext, type AppendResult } from './append-result.ts';
import { prepareClientBatch } from './batch-validation.ts';
import { LeaderEpochs, type EpochEnd } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import { LogDamage } from './log-damage.ts';
import { LogDurability, type DurableLog } from './log-durability.ts';
import { readLog, type ReadRequest } from './log-reader.ts';
import type { LogHooks, PartitionLogOptions } from './log-options.ts';
import { recoverLog } from './log-recovery.ts';
import type { LogShared } from './log-shared.ts';
import { emptySlice, failedSlice, type LogSlice } from './log-slice.ts';
import { LogWriter } from './log-writer.ts';
import { ProducerState, type ActiveProducer } from './producer-state.ts';
import { deletableByRetention } from './retention.ts';
import { SegmentList } from './segment-list.ts';
import { SnapshotFiles } from './snapshot-files.ts';
import { StoredLog } from './stored-log.ts';
import { findByTimestamp, findLargestTimestamp, type TimestampHit } from './timestamp-search.ts';
import type { AbortedTransaction } from './transaction-index.ts';

export type { AppendContext, AppendResult, AppendOrigin } from './append-result.ts';

const NEWEST_PRODUCE_VERSION = 13;
/** The parts of an open log. */
interface LogParts {
  readonly store: StoredLog;
  readonly durability: LogDurability;
  readonly writer: LogWriter;
}

/**
 * The log of one partition. Appending is synchronous: {@link appendAsLeader} checks a batch, gives it its offsets and
 * stages it; {@link writeStaged} writes all that was staged with one call. Only what is written may be acknowledged.
 *
 * Damage takes this log offline, a failed write or sync all logs of its directory; every call then answers
 * KAFKA_STORAGE_ERROR or throws, and nothing is ever tried again.
 */
export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly directory: string;
  readonly leaderEpochs: LeaderEpochs;
  readonly producerState: ProducerState;
  readonly #shared: LogShared;
  readonly #hooks: LogHooks;
  readonly #name: string;
  readonly #snapshots: SnapshotFiles;
  readonly #isNew: boolean;
  #topicId: string;
  #config: LogConfig;
  #parts: LogParts;
  #logStartOffset = 0;
  #highWatermark = 0;
  #failure: Error | undefined;
  #isClosed = false;
  /** Its files are going away: that they cannot be written says nothing of the disk. */
  #isAbandoned = false;

  private constructor(options: PartitionLogOptions) {
    const { shared, directory } = options;
    this.topic = options.topic;
    this.partition = options.partition;
    this.#shared = shared;
    this.#hooks = options.hooks;
    this.#name = `${options.topic}-${options.partition}`;
    this.#topicId = options.topicId;
    this.directory = directory;
    this.#config = options.config;
    this.leaderEpochs = new LeaderEpochs(shared.disk, `${directory}/leader-epoch-checkpoint`);
    this.producerState = new ProducerState(this.#name);
    this.#snapshots = new SnapshotFiles(shared.disk, directory);
    this.#isNew = options.isNew;
    this.#parts = this.#build(new SegmentList([]), 0, 0);
  }

  /** Opens or makes a log. One that cannot be read is returned offline, with {@link offlineReason}. */
  static open(options: PartitionLogOptions): PartitionLog {
    const log = new PartitionLog(options);
    try {
      log.#recover(options);
    } catch (error) {
      log.#fail(error);
    }
    return log;
  }

  get topicId(): string {
    return this.#topicId;
  }

  get config(): LogConfig {
    return this.#config;
  }

  /** The first offset on this broker's own disks; nothing is tiered, so that of the log. */
  get earliestLocal(): number {
    return this.#logStartOffset;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /** The offset the next record gets; staged ones count. */
  get logEndOffset(): number {
    return this.#parts.writer.endOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** Below it every transaction is decided (behaviour 42); never below the log's start, where an open one may have begun. */
  get lastStableOffset(): number {
    const undecided = Math.max(this.#logStartOffset, this.producerState.firstUnstableOffset);
    return Math.min(this.#highWatermark, undecided);
  }

  /** Everything below it is on the device; a restart looks only at what lies above. */
  get recoveryPoint(): number {
    return this.#parts.durability.recoveryPoint;
  }

  /** The end of what counts as written: in the operating system's hands or, with flush policy `group`, on the device. */
  get settledEndOffset(): number {
    return this.#parts.durability.settledEndOffset;
  }

  get sizeBytes(): number {
    return this.#parts.store.segments.sizeBytes;
  }

  get segmentCount(): number {
    return this.#parts.store.segments.count;
  }

  /** Bytes written since the last sync that moved the recovery point. */
  get bytesSinceFlush(): number {
    return this.#parts.durability.bytesSinceFlush;
  }

  /** Bytes that the recovery point has passed since the log was opened. */
  get bytesFlushed(): number {
    return this.#parts.durability.bytesFlushed;
  }

  get isOffline(): boolean {
    return this.#failure !== undefined;
  }

  get offlineReason(): string | undefined {
    return this.#failure?.message;
  }

  /** Its files are damaged: unlike a failure of the disk, a matter of this log alone. */
  get isDamaged(): boolean {
    return this.#failure instanceof LogDamage || this.#failure instanceof Malformed;
  }

  get firstSegmentOffset(): number {
    return this.#parts.store.segments.count === 0 ? 0 : this.#parts.store.segments.first.baseOffset;
  }

  adoptTopicId(topicId: string): void {
    this.#topicId = topicId;
  }

  setConfig(config: LogConfig): void {
    this.#config = config;
  }

  /** A leader's epoch begins at the log's end, whether or not it ever writes. */
  assignLeaderEpoch(epoch: number): void {
    this.leaderEpochs.assign(epoch, this.logEndOffset);
  }

  /**
   * Checks one batch and stages it at the log's end. Offsets and leader epoch are put into `batch` itself, and its
   * bytes must not change until they are written. Answers at once; a duplicate answers with the offsets
   * it was given when it first came.
   */
  appendAsLeader(batch: Uint8Array, context: AppendContext): AppendResult {
    if (this.#failure !== undefined) return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: this.#failure.message }, -1);
    if (context.origin === 'coordinator') return this.#append(batch, context);
    if (this.#hooks.isLowOnSpace(batch.length)) {
      return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: `${this.directory} is low on space` }, -1);
    }
    const prepared = prepareClientBatch(batch, {
      partitionName: this.#name,
      config: this.#config,
      nowMs: context.nowMs,
      apiVersion: context.apiVersion ?? NEWEST_PRODUCE_VERSION,
    });
    if (!(prepared instanceof Uint8Array)) {
      return refusedAppend(prepared.error, prepared, prepared.isEarly ? -1 : this.#logStartOffset);
    }
    return this.#append(prepared, context);
  }

  /**
   * Appends batches that a leader sent, with the offsets and epochs they have. They must follow the log's end; a first
   * one that starts behind it is taken (compaction leaves gaps). Throws {@link Malformed} for anything else.
   */
  appendAsFollower(batches: Uint8Array, nowMs: number): void {
    this.#checkOnline();
    try {
      this.#parts.writer.follow(batches, nowMs);
    } catch (error) {
      // What a leader sends is its fault, not that of this log.
      if (!(error instanceof Malformed)) this.#fail(error);
      throw error;
    }
  }

  /** Writes what is staged, in one call. Throws {@link DiskError} after taking the directory offline. */
  writeStaged(): void {
    if (this.#failure === undefined) this.#guarded(() => this.#parts.writer.writeStaged());
  }

  /**
   * Tells `done` when {@link settledEndOffset} has reached `offset`: at once when it has, else after the sync that all
   * who wait share. With KAFKA_STORAGE_ERROR when it never will.
   */
  whenSettled(offset: number, done: (error: ErrorSpec) => void): void {
    this.#parts.durability.whenSettled(offset, done);
  }

  /** Syncs everything appended so far and moves the recovery point there. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    try {
      this.writeStaged();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#parts.durability.flush();
  }

  /**
   * Whole batches from the one that holds `offset` on, below `upperOffset`. Empty at the log's end or where the first
   * batch does not fit; OFFSET_OUT_OF_RANGE below the log's start and above its end (behaviours 37, 38, 40).
   */
  read(request: ReadRequest): LogSlice {
    const early = this.#readEarly(request);
    if (early !== undefined) return early;
    try {
      const { segments } = this.#parts.store;
      return readLog({ segments, logEndOffset: this.logEndOffset }, this.#shared, request);
    } catch (error) {
      this.#fail(error);
      return failedSlice(E.KAFKA_STORAGE_ERROR);
    }
  }

  /** Moves the high watermark; it stays between the log's start and its end. */
  setHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.logEndOffset));
    this.producerState.highWatermarkMoved(this.#highWatermark);
  }

  /** The first record at or above the log's start with a timestamp of at least `timestamp` (behaviour 51). */
  offsetForTimestamp(timestamp: number): TimestampHit | undefined {
    return this.#searching(() =>
      findByTimestamp(this.#parts.store.segments, this.#shared, {
        timestampMin: timestamp,
        offsetMin: this.#logStartOffset,
      }),
    );
  }

  /** The first record of the largest timestamp (ListOffsets -3). */
  offsetOfMaxTimestamp(): TimestampHit | undefined {
    return this.#searching(() => findLargestTimestamp(this.#parts.store.segments, this.#shared, this.#logStartOffset));
  }

  /** The largest epoch up to `epoch` and where it ends (behaviour 53). */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.leaderEpochs.endOffsetOf(epoch, this.logEndOffset);
  }

  /** Moves the log's start up to `offset`, at most the high watermark; whole segments below it go (behaviour 54). */
  deleteRecordsBefore(offset: number): ErrorSpec {
    if (this.#failure !== undefined) return E.KAFKA_STORAGE_ERROR;
    if (offset > this.#highWatermark || offset < 0) return E.OFFSET_OUT_OF_RANGE;
    if (offset <= this.#logStartOffset) return E.NONE;
    this.#logStartOffset = offset;
    this.leaderEpochs.truncateFromStart(offset);
    this.#removeOldest(this.#parts.store.segments.countBelow(offset));
    return E.NONE;
  }

  /** Aborted transactions that matter to a reader of [`from`, `upper`) (behaviour 42). */
  abortedTransactions(from: number, upper: number): AbortedTransaction[] {
    return this.#guarded(() => this.#parts.store.abortedTransactions(from, upper));
  }

  activeProducers(): ActiveProducer[] {
    return this.producerState.describe();
  }

  /** Removes segments that time, size or the log's start have passed (behaviour 95). Returns how many. */
  retention(nowMs: number): number {
    if (this.#failure !== undefined) return 0;
    this.writeStaged();
    const count = deletableByRetention(this.#parts.store.segments, {
      config: this.#config,
      nowMs,
      highWatermark: this.#highWatermark,
      logEndOffset: this.logEndOffset,
      logStartOffset: this.#logStartOffset,
    });
    if (count === 0) return 0;
    if (count === this.#parts.store.segments.count) this.roll(nowMs);
    this.#removeOldest(count);
    if (this.#logStartOffset < this.#parts.store.segments.first.baseOffset) {
      this.#logStartOffset = this.#parts.store.segments.first.baseOffset;
      this.leaderEpochs.truncateFromStart(this.#logStartOffset);
    }
    return count;
  }

  /** Starts a new segment at the log's end; does nothing while the active one is empty. */
  roll(nowMs: number): void {
    this.#checkOnline();
    this.#guarded(() => this.#parts.writer.roll(nowMs));
  }

  /** Cuts the log so that it ends at `offset`, or before the batch that holds it. For followers. */
  truncateTo(offset: number): void {
    this.#checkOnline();
    if (offset >= this.logEndOffset) return;
    if (offset <= this.#parts.store.segments.first.baseOffset) {
      this.truncateFullyAndStartAt(offset);
      return;
    }
    this.writeStaged();
    this.#guarded(() => {
      const place = this.#parts.store.cutPlace(offset);
      this.#lowerRecoveryPoint(place.endOffset);
      this.#parts.store.cut(place);
      this.#endsAt(place.endOffset);
    });
  }

  /** Drops everything: the log is empty and starts at `offset`. */
  truncateFullyAndStartAt(offset: number, nowMs = 0): void {
    this.#checkOnline();
    this.writeStaged();
    this.#guarded(() => {
      this.#lowerRecoveryPoint(offset);
      this.#parts.store.restartAt(offset, nowMs);
      this.#logStartOffset = offset;
      this.#endsAt(offset);
    });
  }

  /** Forgets producers idle for longer than `expirationMs`. */
  expireProducers(nowMs: number, expirationMs: number): number {
    return this.producerState.expire(nowMs, expirationMs);
  }

  /** Another log of the directory failed, or the directory is gone. */
  takeOffline(reason: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#parts.writer.drop();
    this.#parts.durability.fail();
  }

  /** Writes and syncs everything, as a clean end wants it, and closes the files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#failure === undefined) await this.#settleAll();
    } finally {
      this.takeOffline(new Error(`${this.#name} is closed`));
      this.#parts.store.close();
    }
  }

  /** Closes the files as they are, as for a log that is deleted. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.takeOffline(new Error(`${this.#name} is closed`));
    this.#parts.store.close();
  }

  async #settleAll(): Promise<void> {
    this.writeStaged();
    // Nothing was ever written here: no use in making that durable, once per partition of every empty topic.
    if (
      this.logEndOffset === this.#parts.store.segments.first.baseOffset &&
      this.#parts.store.segments.active.size === 0
    )
      return;
    this.#parts.store.finishIndexes();
    await this.flush();
    if (this.logEndOffset > 0) this.#parts.store.writeSnapshot(this.logEndOffset);
    this.leaderEpochs.persist();
  }

  #recover(options: PartitionLogOptions): void {
    const recovered = recoverLog({
      ...options,
      epochs: this.leaderEpochs,
      producers: this.producerState,
      snapshots: this.#snapshots,
    });
    const { segments, logStartOffset, logEndOffset } = recovered;
    const synced = options.isClean ? logEndOffset : options.recoveryPoint;
    this.#logStartOffset = logStartOffset;
    this.#parts = this.#build(segments, logEndOffset, Math.max(logStartOffset, Math.min(synced, logEndOffset)));
    this.setHighWatermark(options.highWatermark);
  }

  /** Puts the parts together that stand on the segments. */
  #build(segments: SegmentList, endOffset: number, recoveryPoint: number): LogParts {
    const store = new StoredLog({
      shared: this.#shared,
      directory: this.directory,
      segments,
      epochs: this.leaderEpochs,
      producers: this.producerState,
      snapshots: this.#snapshots,
      ...(this.#isNew ? { syncParent: () => this.#hooks.syncNames() } : {}),
    });
    const durable: DurableLog = {
      syncer: store.syncer,
      flushPolicy: () => this.#config.flushPolicy,
      persist: () => {
        this.writeStaged();
        store.persist(this.logEndOffset);
      },
      failed: (error) => this.#fail(error),
    };
    const durability = new LogDurability(durable, endOffset, recoveryPoint);
    const writer = new LogWriter({
      name: this.#name,
      store,
      durability,
      producers: this.producerState,
      epochs: this.leaderEpochs,
      endOffset,
      config: () => this.#config,
    });
    return { store, durability, writer };
  }

  /** The answer where there is nothing to read. Else what is staged is written first, and undefined returned. */
  #readEarly(request: ReadRequest): LogSlice | undefined {
    if (this.#failure !== undefined) return failedSlice(E.KAFKA_STORAGE_ERROR);
    const { offset, upperOffset } = request;
    if (offset < this.#logStartOffset || offset > this.logEndOffset) return failedSlice(E.OFFSET_OUT_OF_RANGE);
    if (offset >= upperOffset || offset === this.logEndOffset) return emptySlice(offset);
    try {
      this.writeStaged();
    } catch {
      return failedSlice(E.KAFKA_STORAGE_ERROR);
    }
    return undefined;
  }

  #append(batch: Uint8Array, context: AppendContext): AppendResult {
    try {
      return this.#parts.writer.append(batch, context, this.#logStartOffset);
    } catch (error) {
      this.#fail(error);
      return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: String(error) }, -1);
    }
  }

  #searching(search: () => TimestampHit | undefined): TimestampHit | undefined {
    this.#checkOnline();
    this.writeStaged();
    return this.#guarded(search);
  }

  #endsAt(offset: number): void {
    this.#parts.writer.endsAt(offset);
    this.#parts.durability.endsAt(offset);
    this.setHighWatermark(Math.min(this.#highWatermark, offset));
  }

  /** A recovery point above the log's end would look like lost records at the next start: it goes back first. */
  #lowerRecoveryPoint(offset: number): void {
    if (offset >= this.#parts.durability.recoveryPoint) return;
    this.#parts.durability.endsAt(offset);
    this.#hooks.recoveryPointLowered(this.recoveryPoint);
    this.#checkOnline();
  }

  #removeOldest(count: number): void {
    if (count === 0) return;
    this.#guarded(() => this.#parts.store.removeOldest(count));
    this.#parts.durability.startsAt(this.#parts.store.segments.first.baseOffset);
  }

  /** A failure inside takes the log offline before it goes on to the caller. */
  #guarded<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #checkOnline(): void {
    if (this.#failure !== undefined) throw new DiskError('EIO', this.directory, this.#failure.message);
  }

  /** Takes this log offline; a failure of the disk takes its directory with it. Anything else is a fault of the program. */
  #fail(error: unknown): void {
    const isKnown = error instanceof DiskError || error instanceof LogDamage || error instanceof Malformed;
    const reason = error instanceof Error ? error : new Error(String(error));
    if (this.#failure === undefined) {
      this.#shared.logger.error('log is offline', { partition: this.#name, reason: reason.message });
    }
    this.takeOffline(reason);
    if (error instanceof DiskError && !this.#isAbandoned) this.#hooks.diskFailed(error);
    if (!isKnown) throw reason;
  }
}

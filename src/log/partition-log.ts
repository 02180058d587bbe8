import { Malformed } from '../base/malformed.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import {
  baseOffset,
  hasProducerId,
  lastOffset,
  lastOffsetDelta,
  maxTimestamp,
  partitionLeaderEpoch,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '../records/batch.ts';
import { DiskError } from '../runtime/disk.ts';
import { appended, refusedAppend, type AppendContext, type AppendResult } from './append-result.ts';
import { checkSize } from './batch-size.ts';
import { prepareClientBatch } from './batch-validation.ts';
import { LeaderEpochs, type EpochEnd } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import { LogDamage } from './log-damage.ts';
import { LogDurability, type DurableLog } from './log-durability.ts';
import { LogReader, type ReadRequest } from './log-reader.ts';
import type { LogHooks, PartitionLogOptions } from './log-options.ts';
import { recoverLog } from './log-recovery.ts';
import type { LogShared } from './log-shared.ts';
import { emptySlice, failedSlice, type LogSlice } from './log-slice.ts';
import { applyProducer, checkProducer } from './producer-check.ts';
import { ProducerState, type ActiveProducer } from './producer-state.ts';
import { deletableByRetention, needsRoll } from './retention.ts';
import { checkReplicated } from './replicated-batch.ts';
import { SegmentList } from './segment-list.ts';
import { SnapshotFiles } from './snapshot-files.ts';
import { StagedBatches } from './staged-batches.ts';
import { StoredLog } from './stored-log.ts';
import { LogTail } from './tail-cache.ts';
import { findByTimestamp, findLargestTimestamp, type TimestampHit } from './timestamp-search.ts';
import type { AbortedTransaction } from './transaction-index.ts';

export type { AppendContext, AppendResult, AppendOrigin } from './append-result.ts';

const NEWEST_PRODUCE_VERSION = 13;
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
  readonly #staged: StagedBatches;
  readonly #tail: LogTail;
  readonly #reader: LogReader;
  #topicId: string;
  #config: LogConfig;
  #store: StoredLog;
  #durability: LogDurability;
  #logStartOffset = 0;
  #logEndOffset = 0;
  #highWatermark = 0;
  #recordsSinceFlush = 0;
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
    this.#staged = new StagedBatches(shared.tails);
    this.#tail = new LogTail(shared.tails);
    this.#reader = new LogReader(shared, this.#tail);
    this.#store = this.#storeOf(new SegmentList([]), options.isNew);
    this.#durability = this.#durableFrom(0, 0);
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
    return this.#logEndOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** Below it every transaction is decided (behaviour 42). */
  get lastStableOffset(): number {
    return Math.min(this.#highWatermark, this.producerState.firstUnstableOffset);
  }

  /** Everything below it is on the device; a restart looks only at what lies above. */
  get recoveryPoint(): number {
    return this.#durability.recoveryPoint;
  }

  /** The end of what counts as written: in the operating system's hands or, with flush policy `group`, on the device. */
  get settledEndOffset(): number {
    return this.#durability.settledEndOffset;
  }

  get sizeBytes(): number {
    return this.#store.segments.sizeBytes;
  }

  get segmentCount(): number {
    return this.#store.segments.count;
  }

  /** Bytes written since the last sync that moved the recovery point. */
  get bytesSinceFlush(): number {
    return this.#durability.bytesSinceFlush;
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
    return this.#store.segments.count === 0 ? 0 : this.#store.segments.first.baseOffset;
  }

  adoptTopicId(topicId: string): void {
    this.#topicId = topicId;
  }

  setConfig(config: LogConfig): void {
    this.#config = config;
  }

  /** A leader's epoch begins at the log's end, whether or not it ever writes. */
  assignLeaderEpoch(epoch: number): void {
    this.leaderEpochs.assign(epoch, this.#logEndOffset);
  }

  /**
   * Checks one batch and stages it at the log's end. Offsets and leader epoch are put into `batch` itself, and its
   * bytes must not change until the tail lets go of their slab. Answers at once; a duplicate answers with the offsets
   * it was given when it first came.
   */
  appendAsLeader(batch: Uint8Array, context: AppendContext): AppendResult {
    if (this.#failure !== undefined) return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: this.#failure.message }, -1);
    if (context.origin === 'coordinator') return this.#place(batch, context);
    if (this.#hooks.isLowOnSpace()) {
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
    return this.#place(prepared, context);
  }

  /**
   * Appends batches that a leader sent, with the offsets and epochs they have. They must follow the log's end; a first
   * one that starts behind it is taken (compaction leaves gaps). Throws {@link Malformed} for anything else.
   */
  appendAsFollower(batches: Uint8Array, nowMs: number): void {
    this.#checkOnline();
    const view = new DataView(batches.buffer, batches.byteOffset, batches.length);
    for (let at = 0; at < batches.length;) {
      const size = checkReplicated(view, at, this.#logEndOffset);
      const batch = at === 0 && size === batches.length ? batches : batches.subarray(at, at + size);
      this.#stage(batch, new DataView(batch.buffer, batch.byteOffset, size), nowMs);
      at += size;
    }
    this.#logStartOffset = Math.max(this.#logStartOffset, this.#store.segments.first.baseOffset);
  }

  /** Writes what is staged, in one call. Throws {@link DiskError} after taking the directory offline. */
  writeStaged(): void {
    if (this.#staged.bytes === 0) return;
    this.#checkOnline();
    const { runs, bytes } = this.#staged;
    try {
      const chunks: Uint8Array[] = [];
      for (const run of runs) chunks.push(run.bytes);
      this.#store.write(chunks, bytes);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    for (const run of runs) this.#tail.append(run.bytes, run.baseOffset, run.nextOffset);
    this.#staged.clear();
    this.#durability.wrote(bytes, this.#logEndOffset);
    if (this.#recordsSinceFlush < this.#config.flushMessages) return;
    this.#recordsSinceFlush = 0;
    this.#durability.requestFlush();
  }

  /**
   * Tells `done` when {@link settledEndOffset} has reached `offset`: at once when it has, else after the sync that all
   * who wait share. With KAFKA_STORAGE_ERROR when it never will.
   */
  whenSettled(offset: number, done: (error: ErrorSpec) => void): void {
    this.#durability.whenSettled(offset, done);
  }

  /** Syncs everything appended so far and moves the recovery point there. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    try {
      this.writeStaged();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#durability.flush();
  }

  /**
   * Whole batches from the one that holds `offset` on, below `upperOffset`. Empty at the log's end or where the first
   * batch does not fit; OFFSET_OUT_OF_RANGE below the log's start and above its end (behaviours 37, 38, 40).
   */
  read(request: ReadRequest): LogSlice {
    const early = this.#readEarly(request);
    if (early !== undefined) return early;
    try {
      return this.#reader.read({ segments: this.#store.segments, logEndOffset: this.#logEndOffset }, request);
    } catch (error) {
      this.#fail(error);
      return failedSlice(E.KAFKA_STORAGE_ERROR);
    }
  }

  /** As {@link read}, but what is not in the tail is read on the thread pool: for offsets far behind. */
  async readCold(request: ReadRequest): Promise<LogSlice> {
    const early = this.#readEarly(request);
    if (early !== undefined) return early;
    try {
      return await this.#reader.readCold({ segments: this.#store.segments, logEndOffset: this.#logEndOffset }, request);
    } catch (error) {
      this.#fail(error);
      return failedSlice(E.KAFKA_STORAGE_ERROR);
    }
  }

  /** Whether a read at `offset` would be served from memory. */
  isInTail(offset: number): boolean {
    return this.#tail.find(offset) >= 0;
  }

  /** Moves the high watermark; it stays between the log's start and its end. */
  setHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.#logEndOffset));
    this.producerState.highWatermarkMoved(this.#highWatermark);
  }

  /** The first record at or above the log's start with a timestamp of at least `timestamp` (behaviour 51). */
  offsetForTimestamp(timestamp: number): TimestampHit | undefined {
    return this.#searching(() =>
      findByTimestamp(this.#store.segments, this.#shared, { timestampMin: timestamp, offsetMin: this.#logStartOffset }),
    );
  }

  /** The first record of the largest timestamp (ListOffsets -3). */
  offsetOfMaxTimestamp(): TimestampHit | undefined {
    return this.#searching(() => findLargestTimestamp(this.#store.segments, this.#shared, this.#logStartOffset));
  }

  /** The largest epoch up to `epoch` and where it ends (behaviour 53). */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.leaderEpochs.endOffsetOf(epoch, this.#logEndOffset);
  }

  /** Moves the log's start up to `offset`, at most the high watermark; whole segments below it go (behaviour 54). */
  deleteRecordsBefore(offset: number): ErrorSpec {
    if (this.#failure !== undefined) return E.KAFKA_STORAGE_ERROR;
    if (offset > this.#highWatermark || offset < 0) return E.OFFSET_OUT_OF_RANGE;
    if (offset <= this.#logStartOffset) return E.NONE;
    this.#logStartOffset = offset;
    this.leaderEpochs.truncateFromStart(offset);
    this.#removeOldest(this.#store.segments.countBelow(offset));
    return E.NONE;
  }

  /** Aborted transactions that matter to a reader of [`from`, `upper`) (behaviour 42). */
  abortedTransactions(from: number, upper: number): AbortedTransaction[] {
    return this.#guarded(() => this.#store.abortedTransactions(from, upper));
  }

  activeProducers(): ActiveProducer[] {
    return this.producerState.describe();
  }

  /** Removes segments that time, size or the log's start have passed (behaviour 95). Returns how many. */
  retention(nowMs: number): number {
    if (this.#failure !== undefined) return 0;
    this.writeStaged();
    const count = deletableByRetention(this.#store.segments, {
      config: this.#config,
      nowMs,
      highWatermark: this.#highWatermark,
      logEndOffset: this.#logEndOffset,
      logStartOffset: this.#logStartOffset,
    });
    if (count === 0) return 0;
    if (count === this.#store.segments.count) this.roll(nowMs);
    this.#removeOldest(count);
    if (this.#logStartOffset < this.#store.segments.first.baseOffset) {
      this.#logStartOffset = this.#store.segments.first.baseOffset;
      this.leaderEpochs.truncateFromStart(this.#logStartOffset);
    }
    return count;
  }

  /** Starts a new segment at the log's end; does nothing while the active one is empty. */
  roll(nowMs: number): void {
    this.#checkOnline();
    this.writeStaged();
    if (this.#store.segments.active.size === 0) return;
    this.#guarded(() => this.#store.roll(this.#logEndOffset, nowMs));
    this.#durability.requestFlush();
  }

  /** Cuts the log so that it ends at `offset`, or before the batch that holds it. For followers. */
  truncateTo(offset: number): void {
    this.#checkOnline();
    if (offset >= this.#logEndOffset) return;
    if (offset <= this.#store.segments.first.baseOffset) {
      this.truncateFullyAndStartAt(offset);
      return;
    }
    this.writeStaged();
    this.#guarded(() => {
      const place = this.#store.cutPlace(offset);
      this.#lowerRecoveryPoint(place.endOffset);
      this.#tail.clear();
      this.#store.cut(place);
      this.#endsAt(place.endOffset);
    });
  }

  /** Drops everything: the log is empty and starts at `offset`. */
  truncateFullyAndStartAt(offset: number, nowMs = 0): void {
    this.#checkOnline();
    this.writeStaged();
    this.#guarded(() => {
      this.#lowerRecoveryPoint(offset);
      this.#tail.clear();
      this.#store.restartAt(offset, nowMs);
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
    this.#staged.clear();
    this.#tail.clear();
    this.#durability.fail();
  }

  /** Writes and syncs everything, as a clean end wants it, and closes the files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#failure === undefined) await this.#settleAll();
    } finally {
      this.takeOffline(new Error(`${this.#name} is closed`));
      this.#store.close();
    }
  }

  /** Closes the files as they are, as for a log that is deleted. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.takeOffline(new Error(`${this.#name} is closed`));
    this.#store.close();
  }

  async #settleAll(): Promise<void> {
    this.writeStaged();
    // Nothing was ever written here: no use in making that durable, once per partition of every empty topic.
    if (this.#logEndOffset === this.#store.segments.first.baseOffset && this.#store.segments.active.size === 0) return;
    this.#store.finishIndexes();
    await this.flush();
    if (this.#logEndOffset > 0) this.#store.writeSnapshot(this.#logEndOffset);
    this.leaderEpochs.persist();
  }

  #recover(options: PartitionLogOptions): void {
    const recovered = recoverLog({
      ...options,
      epochs: this.leaderEpochs,
      producers: this.producerState,
      snapshots: this.#snapshots,
    });
    this.#store = this.#storeOf(recovered.segments, options.isNew);
    this.#logStartOffset = recovered.logStartOffset;
    this.#logEndOffset = recovered.logEndOffset;
    const synced = options.isClean ? recovered.logEndOffset : options.recoveryPoint;
    const recoveryPoint = Math.max(this.#logStartOffset, Math.min(synced, this.#logEndOffset));
    this.#durability = this.#durableFrom(this.#logEndOffset, recoveryPoint);
    this.setHighWatermark(options.highWatermark);
  }

  #storeOf(segments: SegmentList, isNew: boolean): StoredLog {
    return new StoredLog({
      shared: this.#shared,
      directory: this.directory,
      segments,
      epochs: this.leaderEpochs,
      producers: this.producerState,
      snapshots: this.#snapshots,
      ...(isNew ? { syncParent: () => this.#hooks.syncNames() } : {}),
    });
  }

  #durableFrom(endOffset: number, recoveryPoint: number): LogDurability {
    const durable: DurableLog = {
      syncer: this.#store.syncer,
      flushPolicy: () => this.#config.flushPolicy,
      persist: () => {
        this.writeStaged();
        this.#store.persist(this.#logEndOffset);
      },
      failed: (error) => this.#fail(error),
    };
    return new LogDurability(durable, endOffset, recoveryPoint);
  }

  #place(batch: Uint8Array, context: AppendContext): AppendResult {
    const { config } = this;
    const tooLarge = checkSize(batch.length, config, this.#name);
    if (tooLarge !== undefined) return tooLarge;
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
    const firstOffset = this.#logEndOffset;
    setBaseOffset(view, 0, firstOffset);
    setPartitionLeaderEpoch(view, 0, context.leaderEpoch);
    if (hasProducerId(view, 0)) {
      const refused = checkProducer(this.producerState, { bytes: batch, view }, context, this.#logStartOffset);
      if (refused !== undefined) return refused;
    }
    try {
      this.#stage(batch, view, context.nowMs);
    } catch (error) {
      if (this.#failure === undefined) throw error;
      return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: this.#failure.message }, -1);
    }
    return appended(
      {
        firstOffset,
        lastOffset: this.#logEndOffset - 1,
        logAppendTimeMs: config.messageTimestampType === 'LogAppendTime' ? maxTimestamp(view, 0) : -1,
        logStartOffset: this.#logStartOffset,
      },
      false,
    );
  }

  /** Puts a batch whose offsets are set behind the log's end. */
  #stage(batch: Uint8Array, view: DataView, nowMs: number): void {
    const last = lastOffset(view, 0);
    const next = { size: batch.length, lastOffset: last, maxTimestamp: maxTimestamp(view, 0), nowMs };
    if (needsRoll(this.#store.segments.active, next, this.#config)) this.roll(nowMs);
    const { active } = this.#store.segments;
    const first = baseOffset(view, 0);
    this.leaderEpochs.assign(partitionLeaderEpoch(view, 0), first);
    if (hasProducerId(view, 0)) applyProducer(this.producerState, { bytes: batch, view }, active);
    active.noteBatch(view, 0, batch.length, this.#config.indexIntervalBytes);
    this.#staged.add(batch, first, last + 1);
    this.#recordsSinceFlush += lastOffsetDelta(view, 0) + 1;
    this.#logEndOffset = last + 1;
  }

  /** The answer where there is nothing to read. Else what is staged is written first, and undefined returned. */
  #readEarly(request: ReadRequest): LogSlice | undefined {
    if (this.#failure !== undefined) return failedSlice(E.KAFKA_STORAGE_ERROR);
    const { offset, upperOffset } = request;
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) return failedSlice(E.OFFSET_OUT_OF_RANGE);
    if (offset >= upperOffset || offset === this.#logEndOffset) return emptySlice(offset);
    try {
      this.writeStaged();
    } catch {
      return failedSlice(E.KAFKA_STORAGE_ERROR);
    }
    return undefined;
  }

  #searching(search: () => TimestampHit | undefined): TimestampHit | undefined {
    this.#checkOnline();
    this.writeStaged();
    return this.#guarded(search);
  }

  #endsAt(offset: number): void {
    this.#logEndOffset = offset;
    this.#durability.endsAt(offset);
    this.setHighWatermark(Math.min(this.#highWatermark, offset));
  }

  /** A recovery point above the log's end would look like lost records at the next start: it goes back first. */
  #lowerRecoveryPoint(offset: number): void {
    if (offset >= this.#durability.recoveryPoint) return;
    this.#durability.endsAt(offset);
    this.#hooks.recoveryPointLowered(this.recoveryPoint);
  }

  #removeOldest(count: number): void {
    if (count === 0) return;
    this.#guarded(() => this.#store.removeOldest(count));
    this.#durability.startsAt(this.#store.segments.first.baseOffset);
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

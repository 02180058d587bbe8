import { Malformed } from '../base/malformed.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { batchSizeWithin } from '../records/batch-cursor.ts';
import {
  baseOffset,
  checkCrc,
  hasProducerId,
  isControl,
  isTransactional,
  lastOffset,
  lastOffsetDelta,
  maxTimestamp,
  partitionLeaderEpoch,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '../records/batch.ts';
import { DiskError } from '../runtime/disk.ts';
import { appended, refusedAppend, type AppendContext, type AppendResult } from './append-result.ts';
import { producerBatchOf, producerMarkerOf } from './batch-replay.ts';
import { prepareClientBatch } from './batch-validation.ts';
import { LeaderEpochs, type EpochEnd } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import { LogDamage } from './log-damage.ts';
import { findRange, readRange, readRangeCold, readTail, type ReadRequest } from './log-reader.ts';
import { newSegment, recoverLog, restoreProducers } from './log-recovery.ts';
import type { LogShared } from './log-shared.ts';
import { emptySlice, failedSlice, type LogSlice } from './log-slice.ts';
import { LogSyncer } from './log-syncer.ts';
import { ProducerState } from './producer-state.ts';
import { deletableByRetention, needsRoll } from './retention.ts';
import { SegmentList } from './segment-list.ts';
import type { Segment } from './segment.ts';
import { SharedSync } from './shared-sync.ts';
import { SnapshotFiles } from './snapshot-files.ts';
import { StagedBatches } from './staged-batches.ts';
import { LogTail } from './tail-cache.ts';
import { findByTimestamp, findLargestTimestamp, type TimestampHit } from './timestamp-search.ts';
import type { AbortedTransaction } from './transaction-index.ts';

export type { AppendContext, AppendResult, AppendOrigin } from './append-result.ts';

const NEWEST_PRODUCE_VERSION = 13;
/** A producer snapshot is worth its write once this much was appended since the last: replaying so much takes 20 ms. */
const SNAPSHOT_EVERY_BYTES = 32 * 1024 * 1024;

/** What a log tells the one who keeps it. */
export interface LogHooks {
  /** A write or sync failed: all logs of the directory are to go offline. */
  diskFailed(error: DiskError): void;
  /** The recovery point is about to go back: it must be on the device before the log is cut. */
  recoveryPointLowered(log: PartitionLog): void;
}

export interface PartitionLogOptions {
  readonly shared: LogShared;
  readonly hooks: LogHooks;
  readonly directory: string;
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly config: LogConfig;
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** The last process closed this log in order. */
  readonly isClean: boolean;
  /** The directory was just made. */
  readonly isNew: boolean;
  readonly nowMs: number;
}

/** A producer with state in a partition, as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset: number;
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
  readonly #staged: StagedBatches;
  readonly #tail: LogTail;
  readonly #dataSync = new SharedSync(() => this.#syncData());
  readonly #checkpointSync = new SharedSync(() => this.#syncCheckpoint());
  #topicId: string;
  #config: LogConfig;
  #segments = new SegmentList([]);
  #syncer: LogSyncer;
  #logStartOffset = 0;
  #logEndOffset = 0;
  #writtenEndOffset = 0;
  #durableEndOffset = 0;
  #highWatermark = 0;
  #recoveryPoint = 0;
  #bytesSinceSnapshot = 0;
  #bytesSinceFlush = 0;
  #recordsSinceFlush = 0;
  #failure: Error | undefined;
  #isClosed = false;
  #settling: { readonly offset: number; readonly done: (error: ErrorSpec) => void }[] = [];

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
    this.#syncer = new LogSyncer(shared, this.#segments, directory, options.isNew);
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
    return this.#recoveryPoint;
  }

  /** The end of what counts as written: in the operating system's hands or, with flush policy `group`, on the device. */
  get settledEndOffset(): number {
    return this.#config.flushPolicy === 'group' ? this.#durableEndOffset : this.#writtenEndOffset;
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes;
  }

  get segmentCount(): number {
    return this.#segments.count;
  }

  /** Bytes written since the last sync that moved the recovery point. */
  get bytesSinceFlush(): number {
    return this.#bytesSinceFlush;
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
    return this.#segments.count === 0 ? 0 : this.#segments.first.baseOffset;
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
    if (this.#failure !== undefined) return this.#refuse(E.KAFKA_STORAGE_ERROR, null);
    if (context.origin === 'coordinator') return this.#place(batch, context);
    const prepared = prepareClientBatch(batch, {
      partitionName: this.#name,
      config: this.#config,
      nowMs: context.nowMs,
      apiVersion: context.apiVersion ?? NEWEST_PRODUCE_VERSION,
    });
    if (!(prepared instanceof Uint8Array)) {
      return refusedAppend(prepared.error, prepared.message, this.#logStartOffset, prepared.recordErrors);
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
    this.#logStartOffset = Math.max(this.#logStartOffset, this.#segments.first.baseOffset);
  }

  /** Writes what is staged, in one call. Throws {@link DiskError} after taking the directory offline. */
  writeStaged(): void {
    if (this.#staged.bytes === 0) return;
    this.#checkOnline();
    const { active } = this.#segments;
    const { runs, bytes } = this.#staged;
    try {
      const chunks: Uint8Array[] = [];
      for (const run of runs) chunks.push(run.bytes);
      active.log.use().writeAll(chunks, active.size - bytes);
      if (!active.offsetIndex.entries.fileExists) this.#makeIndexFiles(active);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    for (const run of runs) this.#tail.append(run.bytes, run.baseOffset, run.nextOffset);
    this.#staged.clear();
    this.#writtenEndOffset = this.#logEndOffset;
    this.#bytesSinceFlush += bytes;
    this.#bytesSinceSnapshot += bytes;
    if (this.#recordsSinceFlush >= this.#config.flushMessages) this.#requestFlush();
  }

  /**
   * Tells `done` when {@link settledEndOffset} has reached `offset`: at once when it has, else after the sync that all
   * who wait share. With KAFKA_STORAGE_ERROR when it never will.
   */
  whenSettled(offset: number, done: (error: ErrorSpec) => void): void {
    if (this.#failure !== undefined) done(E.KAFKA_STORAGE_ERROR);
    else if (this.settledEndOffset >= offset) done(E.NONE);
    else {
      this.#settling.push({ offset, done });
      this.#requestDataSync();
    }
  }

  /** Syncs everything appended so far and moves the recovery point there. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#recoveryPoint >= this.#logEndOffset && !this.#syncer.hasWork) resolve();
      else this.#checkpointSync.request((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /**
   * Whole batches from the one that holds `offset` on, below `upperOffset`. Empty at the log's end or where the first
   * batch does not fit; OFFSET_OUT_OF_RANGE below the log's start and above its end (behaviours 37, 38, 40).
   */
  read(request: ReadRequest): LogSlice {
    const early = this.#readEarly(request);
    if (early !== undefined) return early;
    try {
      const range = findRange(this.#segments, this.#shared, request, this.#logEndOffset);
      return range === undefined ? emptySlice(request.offset) : readRange(this.#shared, range);
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
      const range = findRange(this.#segments, this.#shared, request, this.#logEndOffset);
      return range === undefined ? emptySlice(request.offset) : await readRangeCold(this.#shared, range);
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
      findByTimestamp(this.#segments, this.#shared, { timestampMin: timestamp, offsetMin: this.#logStartOffset }),
    );
  }

  /** The first record of the largest timestamp (ListOffsets -3). */
  offsetOfMaxTimestamp(): TimestampHit | undefined {
    return this.#searching(() => findLargestTimestamp(this.#segments, this.#shared, this.#logStartOffset));
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
    let count = 0;
    while (count < this.#segments.count - 1 && this.#segments.at(count + 1)!.baseOffset <= offset) count++;
    this.#removeOldest(count);
    return E.NONE;
  }

  /** Aborted transactions that matter to a reader of [`from`, `upper`) (behaviour 42). */
  abortedTransactions(from: number, upper: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (let index = this.#segments.indexOf(from); index < this.#segments.count; index++) {
      for (const aborted of this.#segments.at(index)!.transactionIndex.entries()) {
        if (aborted.lastOffset >= from && aborted.firstOffset < upper) found.push(aborted);
        if (aborted.lastStableOffset >= upper) return found;
      }
    }
    return found;
  }

  activeProducers(): ActiveProducer[] {
    const producers: ActiveProducer[] = [];
    for (const entry of this.producerState.entries()) {
      producers.push({
        producerId: entry.producerId,
        producerEpoch: entry.epoch,
        lastSequence: entry.lastSequence,
        lastTimestamp: entry.lastTimestamp,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnStartOffset: entry.currentTxnFirstOffset,
      });
    }
    return producers;
  }

  /** Removes segments that time, size or the log's start have passed (behaviour 95). Returns how many. */
  retention(nowMs: number): number {
    if (this.#failure !== undefined) return 0;
    this.writeStaged();
    const count = deletableByRetention(this.#segments, {
      config: this.#config,
      nowMs,
      highWatermark: this.#highWatermark,
      logEndOffset: this.#logEndOffset,
      logStartOffset: this.#logStartOffset,
    });
    if (count === 0) return 0;
    if (count === this.#segments.count) this.roll(nowMs);
    this.#removeOldest(count);
    if (this.#logStartOffset < this.#segments.first.baseOffset) {
      this.#logStartOffset = this.#segments.first.baseOffset;
      this.leaderEpochs.truncateFromStart(this.#logStartOffset);
    }
    return count;
  }

  /** Starts a new segment at the log's end; does nothing while the active one is empty. */
  roll(nowMs: number): void {
    this.#checkOnline();
    this.writeStaged();
    const { active } = this.#segments;
    if (active.size === 0) return;
    try {
      active.closeTimeIndex();
      active.persistIndexes();
      this.#writeSnapshot();
      const segment = newSegment({ shared: this.#shared, directory: this.directory, nowMs }, this.#logEndOffset);
      segment.log.use();
      this.#segments.push(segment);
      this.#syncer.noteNewNames();
      this.#shared.indexUsed(active);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#requestFlush();
  }

  /** Cuts the log so that it ends at `offset`, or before the batch that holds it. For followers. */
  truncateTo(offset: number): void {
    this.#checkOnline();
    if (offset >= this.#logEndOffset) return;
    if (offset <= this.#segments.first.baseOffset) {
      this.truncateFullyAndStartAt(offset);
      return;
    }
    this.writeStaged();
    try {
      this.#cut(offset);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Drops everything: the log is empty and starts at `offset`. */
  truncateFullyAndStartAt(offset: number, nowMs = 0): void {
    this.#checkOnline();
    this.writeStaged();
    try {
      this.#lowerRecoveryPoint(Math.min(this.#recoveryPoint, offset));
      for (const segment of this.#segments.cut(0)) this.#removeSegment(segment);
      const segment = newSegment({ shared: this.#shared, directory: this.directory, nowMs }, offset);
      segment.log.use();
      this.#segments.push(segment);
      this.#syncer.noteNewNames();
      this.leaderEpochs.clear();
      this.producerState.clear();
      this.#snapshots.removeAbove(-1);
      this.#tail.clear();
      this.#logStartOffset = offset;
      this.#endsAt(offset);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
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
    this.#tellSettling(E.KAFKA_STORAGE_ERROR);
  }

  /** Writes and syncs everything, as a clean end wants it, and closes the files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#failure === undefined) await this.#settleAll();
    } finally {
      this.takeOffline(new Error(`${this.#name} is closed`));
      for (const segment of this.#segments.all) this.#release(segment);
    }
  }

  /** Closes the files as they are, as for a log that is deleted. */
  abandon(): void {
    this.#isClosed = true;
    this.takeOffline(new Error(`${this.#name} is closed`));
    for (const segment of this.#segments.all) this.#release(segment);
  }

  async #settleAll(): Promise<void> {
    this.writeStaged();
    const { active } = this.#segments;
    if (active.isDirty || !active.offsetIndex.entries.fileExists) {
      active.closeTimeIndex();
      active.persistIndexes();
    }
    await this.flush();
    if (this.#logEndOffset > 0) this.#writeSnapshot();
    this.leaderEpochs.persist();
  }

  #recover(options: PartitionLogOptions): void {
    const recovered = recoverLog({
      ...options,
      epochs: this.leaderEpochs,
      producers: this.producerState,
      snapshots: this.#snapshots,
    });
    this.#segments = recovered.segments;
    this.#syncer = new LogSyncer(this.#shared, this.#segments, this.directory, options.isNew);
    this.#logStartOffset = recovered.logStartOffset;
    this.#logEndOffset = recovered.logEndOffset;
    this.#writtenEndOffset = recovered.logEndOffset;
    const synced = options.isClean ? recovered.logEndOffset : options.recoveryPoint;
    this.#recoveryPoint = Math.max(this.#logStartOffset, Math.min(synced, this.#logEndOffset));
    this.#durableEndOffset = this.#recoveryPoint;
    this.setHighWatermark(options.highWatermark);
  }

  #place(batch: Uint8Array, context: AppendContext): AppendResult {
    const { config } = this;
    if (batch.length > config.maxMessageBytes) {
      const text = `Message batch size is ${batch.length} bytes in append to partition ${this.#name} which exceeds the maximum configured size of ${config.maxMessageBytes}`;
      return this.#refuse(E.MESSAGE_TOO_LARGE, text);
    }
    if (batch.length > config.segmentBytes) {
      const text = `Message batch size is ${batch.length} bytes in append to partition ${this.#name}, which exceeds the maximum configured segment size of ${config.segmentBytes}.`;
      return this.#refuse(E.RECORD_LIST_TOO_LARGE, text);
    }
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
    const firstOffset = this.#logEndOffset;
    setBaseOffset(view, 0, firstOffset);
    setPartitionLeaderEpoch(view, 0, context.leaderEpoch);
    const refused = hasProducerId(view, 0) ? this.#checkProducer(batch, view, context) : undefined;
    if (refused !== undefined) return refused;
    this.#stage(batch, view, context.nowMs);
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

  #checkProducer(batch: Uint8Array, view: DataView, context: AppendContext): AppendResult | undefined {
    if (isControl(view, 0)) {
      const marker = producerMarkerOf(batch, view, 0);
      const refusal = marker === undefined ? undefined : this.producerState.checkMarker(marker);
      return refusal?.kind === 'error' ? this.#refuse(refusal.error, refusal.message) : undefined;
    }
    const producer = producerBatchOf(view, 0);
    const refusal = this.producerState.checkBatch(producer, context.origin === 'client');
    if (refusal?.kind === 'error') return this.#refuse(refusal.error, refusal.message);
    if (refusal?.kind === 'duplicate') {
      const { lastOffset: last, offsetDelta, timestamp } = refusal.batch;
      const at = {
        firstOffset: last - offsetDelta,
        lastOffset: last,
        logAppendTimeMs: timestamp,
        logStartOffset: this.#logStartOffset,
      };
      return appended(at, true);
    }
    const isUnverified = context.isTransactionVerified === false && isTransactional(view, 0);
    if (isUnverified && !this.producerState.hasOpenTransaction(producer.producerId, producer.epoch)) {
      return this.#refuse(E.INVALID_TXN_STATE, 'Record was not part of an ongoing transaction');
    }
    return undefined;
  }

  /** Puts a batch whose offsets are set behind the log's end. */
  #stage(batch: Uint8Array, view: DataView, nowMs: number): void {
    const last = lastOffset(view, 0);
    const next = { size: batch.length, lastOffset: last, maxTimestamp: maxTimestamp(view, 0), nowMs };
    if (needsRoll(this.#segments.active, next, this.#config)) this.roll(nowMs);
    const { active } = this.#segments;
    const first = baseOffset(view, 0);
    this.leaderEpochs.assign(partitionLeaderEpoch(view, 0), first);
    if (hasProducerId(view, 0)) this.#applyProducer(batch, view, active);
    active.noteBatch(view, 0, batch.length, this.#config.indexIntervalBytes);
    this.#staged.add(batch, first, last + 1);
    this.#recordsSinceFlush += lastOffsetDelta(view, 0) + 1;
    this.#logEndOffset = last + 1;
  }

  #applyProducer(batch: Uint8Array, view: DataView, segment: Segment): void {
    if (!isControl(view, 0)) {
      this.producerState.applyBatch(producerBatchOf(view, 0));
      return;
    }
    const marker = producerMarkerOf(batch, view, 0);
    const aborted = marker === undefined ? undefined : this.producerState.applyMarker(marker);
    if (aborted !== undefined) segment.transactionIndex.append(aborted);
  }

  /** What needs no file: an answer from the tail, or none at all. Whatever is staged is written first. */
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
    return readTail(this.#tail, this.#shared, request);
  }

  #searching(search: () => TimestampHit | undefined): TimestampHit | undefined {
    this.#checkOnline();
    this.writeStaged();
    try {
      return search();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #cut(offset: number): void {
    const index = this.#segments.indexOf(offset);
    const segment = this.#segments.at(index)!;
    const place = segment.find(offset);
    const end = place === undefined ? offset : Math.min(place.baseOffset, offset);
    this.#lowerRecoveryPoint(Math.min(this.#recoveryPoint, end));
    for (const later of this.#segments.cut(index + 1)) this.#removeSegment(later);
    this.#shared.forgetIndex(segment);
    if (place !== undefined) segment.truncateTo(end, place.position);
    this.leaderEpochs.truncateFromEnd(end);
    this.#snapshots.removeAbove(end);
    this.#tail.clear();
    restoreProducers(
      { directory: this.directory, snapshots: this.#snapshots, producers: this.producerState },
      this.#segments,
      end,
    );
    this.#endsAt(end);
  }

  #endsAt(offset: number): void {
    this.#logEndOffset = offset;
    this.#writtenEndOffset = offset;
    this.#durableEndOffset = Math.min(this.#durableEndOffset, offset);
    this.setHighWatermark(Math.min(this.#highWatermark, offset));
  }

  #lowerRecoveryPoint(offset: number): void {
    if (offset >= this.#recoveryPoint) return;
    this.#recoveryPoint = offset;
    this.#hooks.recoveryPointLowered(this);
  }

  #removeOldest(count: number): void {
    for (const segment of this.#segments.shift(count)) this.#removeSegment(segment);
    this.#recoveryPoint = Math.max(this.#recoveryPoint, this.#segments.first.baseOffset);
    this.#snapshots.removeBelow(this.#segments.first.baseOffset);
  }

  #removeSegment(segment: Segment): void {
    this.#shared.forgetIndex(segment);
    segment.remove();
  }

  #release(segment: Segment): void {
    this.#shared.forgetIndex(segment);
    segment.close();
  }

  #makeIndexFiles(segment: Segment): void {
    segment.persistIndexes();
    this.#syncer.noteNewNames();
  }

  #writeSnapshot(): void {
    const bases = new Set(this.#segments.all.map((segment) => segment.baseOffset));
    bases.add(this.#logEndOffset);
    this.#snapshots.write(this.#logEndOffset, this.producerState.entries(), bases);
    this.#bytesSinceSnapshot = 0;
  }

  #requestDataSync(): void {
    this.#dataSync.request(() => {
      if (this.#failure === undefined) this.#tellSettling(E.NONE);
    });
  }

  #requestFlush(): void {
    this.#recordsSinceFlush = 0;
    if (!this.#checkpointSync.isRunning) this.#checkpointSync.request(() => {});
  }

  async #syncData(): Promise<void> {
    const endOffset = this.#writtenEndOffset;
    try {
      await this.#syncer.sync(false);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#durableEndOffset = Math.max(this.#durableEndOffset, Math.min(endOffset, this.#logEndOffset));
  }

  async #syncCheckpoint(): Promise<void> {
    try {
      this.writeStaged();
      const endOffset = this.#writtenEndOffset;
      const bytes = this.#bytesSinceFlush;
      for (const segment of this.#segments.all) if (segment.isDirty) segment.persistIndexes();
      if (this.#bytesSinceSnapshot >= SNAPSHOT_EVERY_BYTES) this.#writeSnapshot();
      this.leaderEpochs.persist();
      await this.#syncer.sync(true);
      this.#bytesSinceFlush -= bytes;
      this.#durableEndOffset = Math.max(this.#durableEndOffset, Math.min(endOffset, this.#logEndOffset));
      this.#recoveryPoint = Math.max(this.#recoveryPoint, Math.min(endOffset, this.#logEndOffset));
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#tellSettling(E.NONE);
  }

  /** Tells those whose offset is settled, or all of them when there is an error. */
  #tellSettling(error: ErrorSpec): void {
    if (this.#settling.length === 0) return;
    const waiting = this.#settling;
    const settled = this.settledEndOffset;
    this.#settling = error === E.NONE ? waiting.filter(({ offset }) => offset > settled) : [];
    if (this.#settling.length > 0) this.#requestDataSync();
    for (const { offset, done } of waiting) if (error !== E.NONE || offset <= settled) done(error);
  }

  #checkOnline(): void {
    if (this.#failure !== undefined) throw new DiskError('EIO', this.directory, this.#failure.message);
  }

  #refuse(error: ErrorSpec, message: string | null): AppendResult {
    return refusedAppend(error, message, this.#logStartOffset);
  }

  /** Takes this log offline; a failure of the disk takes its directory with it. Anything else is a fault of the program. */
  #fail(error: unknown): void {
    const isKnown = error instanceof DiskError || error instanceof LogDamage || error instanceof Malformed;
    const reason = error instanceof Error ? error : new Error(String(error));
    if (this.#failure === undefined) {
      this.#shared.logger.error('log is offline', { partition: this.#name, reason: reason.message });
    }
    this.takeOffline(reason);
    if (error instanceof DiskError) this.#hooks.diskFailed(error);
    if (!isKnown) throw reason;
  }
}

/** Size of the batch at `at` of what a leader sent, after holding it against the log's end. */
function checkReplicated(view: DataView, at: number, logEndOffset: number): number {
  const size = batchSizeWithin(view, at, view.byteLength);
  if (size === 0) throw new Malformed(`${view.byteLength - at} bytes of a leader are no whole batch`);
  if (!checkCrc(view, at)) throw new Malformed(`a leader's batch has a wrong checksum`);
  const first = baseOffset(view, at);
  if (first < logEndOffset) throw new Malformed(`a leader's batch starts at ${first}, the log ends at ${logEndOffset}`);
  if (lastOffsetDelta(view, at) < 0) throw new Malformed(`a leader's batch ends before it starts`);
  return size;
}

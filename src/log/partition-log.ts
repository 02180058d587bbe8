import { Malformed } from '../base/malformed.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { isNoSpace } from '../runtime/disk.ts';
import { refusedAppend, type AppendContext, type AppendResult } from './append-result.ts';
import { prepareClientBatch } from './batch-validation.ts';
import type { EpochEnd, LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import { LogCleaning } from './cleaning/log-cleaning.ts';
import { LogCore } from './log-core.ts';
import type { ReadRequest } from './log-reader.ts';
import { NOTHING_KNOWN, type PartitionLogOptions, type UnreachableLogOptions } from './log-options.ts';
import { readBatches, searching } from './log-reading.ts';
import type { LogSlice } from './log-slice.ts';
import { applyRetention, deleteRecordsBefore, truncateFullyAndStartAt, truncateTo } from './log-trimming.ts';
import type { ActiveProducer, ProducerState } from './producers/producer-state.ts';
import { findByTimestamp, findLargestTimestamp, type TimestampHit } from './segments/timestamp-search.ts';
import type { AbortedTransaction } from './segments/transaction-index.ts';

export type { AppendContext, AppendResult, AppendOrigin } from './append-result.ts';

const NEWEST_PRODUCE_VERSION = 13;
const NO_SPACE = { detail: 'there is no space left' };

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
  /** For the cleaner of compacted topics. */
  readonly cleaning: LogCleaning;
  readonly #core: LogCore;
  #topicId: string;
  #isClosed = false;

  private constructor(options: PartitionLogOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.#topicId = options.topicId;
    this.#core = new LogCore(options);
    this.cleaning = new LogCleaning(this.#core);
  }

  /** Opens or makes a log. One that cannot be read is returned offline, with {@link offlineReason}. */
  static open(options: PartitionLogOptions): PartitionLog {
    const log = new PartitionLog(options);
    try {
      log.#core.recover(options);
    } catch (error) {
      log.#core.health.fail(error);
    }
    return log;
  }

  /** A log whose files are out of reach: offline from the start, nothing is read or made. */
  static offline(options: UnreachableLogOptions, reason: string): PartitionLog {
    const log = new PartitionLog({ ...options, ...NOTHING_KNOWN });
    log.takeOffline(new Error(reason));
    return log;
  }

  get directory(): string {
    return this.#core.directory;
  }

  get leaderEpochs(): LeaderEpochs {
    return this.#core.epochs;
  }

  get producerState(): ProducerState {
    return this.#core.producers;
  }

  get topicId(): string {
    return this.#topicId;
  }

  get config(): LogConfig {
    return this.#core.config;
  }

  /** The first offset on this broker's own disks; nothing is tiered, so that of the log. */
  get earliestLocal(): number {
    return this.#core.logStartOffset;
  }

  get logStartOffset(): number {
    return this.#core.logStartOffset;
  }

  /** The offset the next record gets; staged ones count. */
  get logEndOffset(): number {
    return this.#core.logEndOffset;
  }

  get highWatermark(): number {
    return this.#core.highWatermark;
  }

  /** Below it every transaction is decided (behaviour 42); never below the log's start, where an open one may have begun. */
  get lastStableOffset(): number {
    return this.#core.lastStableOffset;
  }

  /** Everything below it is on the device; a restart looks only at what lies above. */
  get recoveryPoint(): number {
    return this.#core.durability.recoveryPoint;
  }

  /** The end of what counts as written: in the operating system's hands or, with flush policy `group`, on the device. */
  get settledEndOffset(): number {
    return this.#core.durability.settledEndOffset;
  }

  /** The end of what was handed to the operating system; what is staged lies behind it. */
  get writtenEndOffset(): number {
    return this.#core.durability.writtenEndOffset;
  }

  get sizeBytes(): number {
    return this.#core.segments.sizeBytes;
  }

  get segmentCount(): number {
    return this.#core.segments.count;
  }

  /** Bytes written since the last sync that moved the recovery point. */
  get bytesSinceFlush(): number {
    return this.#core.durability.bytesSinceFlush;
  }

  /** Bytes that the recovery point has passed since the log was opened. */
  get bytesFlushed(): number {
    return this.#core.durability.bytesFlushed;
  }

  get isOffline(): boolean {
    return this.#core.health.failure !== undefined;
  }

  get offlineReason(): string | undefined {
    return this.#core.health.failure?.message;
  }

  /** Its files are damaged: unlike a failure of the disk, a matter of this log alone. */
  get isDamaged(): boolean {
    return this.#core.health.isDamaged;
  }

  get firstSegmentOffset(): number {
    return this.#core.segments.count === 0 ? 0 : this.#core.segments.first.baseOffset;
  }

  adoptTopicId(topicId: string): void {
    this.#topicId = topicId;
  }

  setConfig(config: LogConfig): void {
    this.#core.config = config;
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
    const { health, hooks, name, config, directory, logStartOffset } = this.#core;
    if (health.failure !== undefined) {
      return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: health.failure.message }, -1);
    }
    if (context.origin === 'coordinator') return this.#append(batch, context);
    if (hooks.isLowOnSpace(batch.length)) {
      return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: `${directory} is low on space` }, -1);
    }
    const prepared = prepareClientBatch(batch, {
      partitionName: name,
      config,
      nowMs: context.nowMs,
      apiVersion: context.apiVersion ?? NEWEST_PRODUCE_VERSION,
    });
    if (!(prepared instanceof Uint8Array)) {
      return refusedAppend(prepared.error, prepared, prepared.isEarly ? -1 : logStartOffset);
    }
    return this.#append(prepared, context);
  }

  /**
   * Appends batches that a leader sent, with the offsets and epochs they have. They must follow the log's end; a first
   * one that starts behind it is taken (compaction leaves gaps). Throws {@link Malformed} for anything else.
   */
  appendAsFollower(batches: Uint8Array, nowMs: number): void {
    this.#core.health.check();
    try {
      this.#core.writer.follow(batches, nowMs);
    } catch (error) {
      // What a leader sends is its fault, not that of this log.
      if (isNoSpace(error)) this.#core.noSpace();
      else if (!(error instanceof Malformed)) this.#core.health.fail(error);
      throw error;
    }
  }

  /** Writes what is staged, in one call; see {@link LogCore.writeStaged}. */
  writeStaged(): void {
    this.#core.writeStaged();
  }

  /**
   * Whether what was staged had to be taken back for want of space. Until this was asked nothing more is appended: the
   * offsets are going to be given again.
   */
  takeUndone(): boolean {
    const { isUndone } = this.#core.writer;
    if (isUndone) this.#core.writer.forgetUndone();
    return isUndone;
  }

  /**
   * Tells `done` when {@link settledEndOffset} has reached `offset`: at once when it has, else after the sync that all
   * who wait share. With KAFKA_STORAGE_ERROR when it never will.
   */
  whenSettled(offset: number, done: (error: ErrorSpec) => void): void {
    this.#core.durability.whenSettled(offset, done);
  }

  /** Syncs everything appended so far and moves the recovery point there. */
  flush(): Promise<void> {
    const { health, durability } = this.#core;
    if (health.failure !== undefined) return Promise.reject(health.failure);
    try {
      this.#core.writeStaged();
    } catch (error) {
      return Promise.reject(error);
    }
    return durability.flush();
  }

  /** Whole batches from the one that holds `offset` on; see {@link readBatches}. */
  read(request: ReadRequest): LogSlice {
    return readBatches(this.#core, request);
  }

  /** Moves the high watermark; it stays between the log's start and its end. */
  setHighWatermark(offset: number): void {
    this.#core.setHighWatermark(offset);
  }

  /** The first record at or above the log's start with a timestamp of at least `timestamp` (behaviour 51). */
  offsetForTimestamp(timestamp: number): TimestampHit | undefined {
    const { segments, shared, logStartOffset } = this.#core;
    const wish = { timestampMin: timestamp, offsetMin: logStartOffset };
    return searching(this.#core, () => findByTimestamp(segments, shared, wish));
  }

  /** The first record of the largest timestamp (ListOffsets -3). */
  offsetOfMaxTimestamp(): TimestampHit | undefined {
    const { segments, shared, logStartOffset } = this.#core;
    return searching(this.#core, () => findLargestTimestamp(segments, shared, logStartOffset));
  }

  /** The largest epoch up to `epoch` and where it ends (behaviour 53). */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.leaderEpochs.endOffsetOf(epoch, this.logEndOffset);
  }

  /** Moves the log's start up to `offset`, at most the high watermark; whole segments below it go (behaviour 54). */
  deleteRecordsBefore(offset: number): ErrorSpec {
    return deleteRecordsBefore(this.#core, offset);
  }

  /** Aborted transactions that matter to a reader of [`from`, `upper`) (behaviour 42). */
  abortedTransactions(from: number, upper: number): AbortedTransaction[] {
    return this.#core.health.guarded(() => this.#core.store.abortedTransactions(from, upper));
  }

  activeProducers(): ActiveProducer[] {
    return this.producerState.describe();
  }

  /** Removes segments that time, size or the log's start have passed (behaviour 95). Returns how many. */
  retention(nowMs: number): number {
    return applyRetention(this.#core, nowMs);
  }

  /** Starts a new segment at the log's end; does nothing while the active one is empty. */
  roll(nowMs: number): void {
    this.#core.roll(nowMs);
  }

  /** Cuts the log so that it ends at `offset`, or before the batch that holds it. For followers. */
  truncateTo(offset: number): void {
    truncateTo(this.#core, offset);
  }

  /** Drops everything: the log is empty and starts at `offset`. */
  truncateFullyAndStartAt(offset: number, nowMs = 0): void {
    truncateFullyAndStartAt(this.#core, offset, nowMs);
  }

  /** Forgets producers idle for longer than `expirationMs`. */
  expireProducers(nowMs: number, expirationMs: number): number {
    return this.producerState.expire(nowMs, expirationMs);
  }

  /** Another log of the directory failed, or the directory is gone. */
  takeOffline(reason: Error): void {
    this.#core.health.takeOffline(reason);
  }

  /** Writes and syncs everything, as a clean end wants it, and closes the files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (!this.isOffline) await this.#core.settle();
    } finally {
      this.#end();
    }
  }

  /** Takes over, as a copy that has all of its records, what `source` knows besides them. */
  takeOver(source: PartitionLog): void {
    this.#core.logStartOffset = Math.max(source.logStartOffset, this.firstSegmentOffset);
    this.setHighWatermark(source.highWatermark);
    this.leaderEpochs.replaceWith(source.leaderEpochs.entries);
    // Its batches may say less: of producers whose older ones retention has removed.
    this.producerState.restore(Array.from(source.producerState.entries()));
  }

  /** As {@link close}, within the turn: for a log of which little is not synced yet. Throws DiskError. */
  closeNow(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#core.settleNow();
    } finally {
      this.#end();
    }
  }

  /** Closes the files as they are, as for a log that is deleted. */
  abandon(): void {
    this.#isClosed = true;
    this.#core.health.abandon();
    this.#end();
  }

  #end(): void {
    this.takeOffline(new Error(`${this.#core.name} is closed`));
    this.#core.store.close();
  }

  #append(batch: Uint8Array, context: AppendContext): AppendResult {
    if (this.#core.writer.isUndone) return refusedAppend(E.KAFKA_STORAGE_ERROR, NO_SPACE, -1);
    try {
      return this.#core.writer.append(batch, context, this.#core.logStartOffset);
    } catch (error) {
      // There was none for a new segment: nothing has changed.
      if (isNoSpace(error)) this.#core.noSpace();
      else this.#core.health.fail(error);
      return refusedAppend(E.KAFKA_STORAGE_ERROR, { detail: String(error) }, -1);
    }
  }
}

import {
  TimestampType,
  baseOffset,
  hasProducerId,
  lastOffset,
  lastOffsetDelta,
  maxTimestamp,
  partitionLeaderEpoch,
  rewriteTimestamps,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '../records/batch.ts';
import { isNoSpace } from '../runtime/disk.ts';
import { AppendUndone } from './append-undone.ts';
import { appended, type AppendContext, type AppendResult } from './append-result.ts';
import { checkSize } from './batch-size.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import type { LogDurability } from './log-durability.ts';
import { applyProducer, checkProducer } from './producers/producer-check.ts';
import type { ProducerState } from './producers/producer-state.ts';
import { checkReplicated } from './replicated-batch.ts';
import { needsRoll } from './retention.ts';
import { StagedBatches } from './staged-batches.ts';
import type { StoredLog } from './stored-log.ts';

export interface LogWriterOptions {
  /** `topic-partition`, for messages. */
  readonly name: string;
  readonly store: StoredLog;
  readonly durability: LogDurability;
  readonly producers: ProducerState;
  readonly epochs: LeaderEpochs;
  readonly endOffset: number;
  config(): LogConfig;
}

/**
 * The end of a log that is written to: gives batches their offsets, stages them, and writes what is staged with one
 * call. Any call may throw DiskError; the log is then of no use any more.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #staged = new StagedBatches();
  #endOffset: number;
  #recordsSinceFlush = 0;
  #isUndone = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#endOffset = options.endOffset;
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** Stages a checked batch, unless its size as stored or its producer's state forbids it. */
  append(batch: Uint8Array, context: AppendContext, logStartOffset: number): AppendResult {
    const { name, producers } = this.#options;
    const config = this.#options.config();
    const tooLarge = checkSize(batch.length, config, name);
    if (tooLarge !== undefined) return tooLarge;
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
    const firstOffset = this.#endOffset;
    setBaseOffset(view, 0, firstOffset);
    setPartitionLeaderEpoch(view, 0, context.leaderEpoch);
    const isAppendTime = config.messageTimestampType === 'LogAppendTime';
    // A client's batch was brought into this form when it was checked.
    if (isAppendTime && context.origin === 'coordinator') {
      rewriteTimestamps(view, 0, TimestampType.logAppendTime, context.nowMs);
    }
    if (hasProducerId(view, 0)) {
      const refused = checkProducer(producers, { bytes: batch, view }, context, logStartOffset);
      if (refused !== undefined) return refused;
    }
    this.#stage(batch, view, context.nowMs);
    const logAppendTimeMs = isAppendTime ? maxTimestamp(view, 0) : -1;
    return appended({ firstOffset, lastOffset: this.#endOffset - 1, logAppendTimeMs, logStartOffset }, false);
  }

  /** Stages batches with the offsets they have; the last one may be cut off. Throws Malformed for what does not follow the log's end. */
  follow(batches: Uint8Array, nowMs: number): void {
    const view = new DataView(batches.buffer, batches.byteOffset, batches.length);
    for (let at = 0; at < batches.length;) {
      const size = checkReplicated(view, at, this.#endOffset);
      if (size === 0) return;
      const batch = at === 0 && size === batches.length ? batches : batches.subarray(at, at + size);
      this.#stage(batch, new DataView(batch.buffer, batch.byteOffset, size), nowMs);
      at += size;
    }
  }

  /** Throws {@link AppendUndone} when there is no space for what is staged. */
  writeStaged(): void {
    const { chunks, bytes } = this.#staged;
    if (bytes === 0) return;
    const { store, durability } = this.#options;
    try {
      store.write(chunks, bytes);
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      this.#takeBack(bytes);
      const { code, path, message } = error;
      throw new AppendUndone(code, path, message, { cause: error });
    }
    this.#staged.clear();
    durability.wrote(bytes, this.#endOffset);
    if (this.#recordsSinceFlush < this.#options.config().flushMessages) return;
    this.#recordsSinceFlush = 0;
    durability.requestFlush();
  }

  /** What was staged in this turn was taken back: what is asked for it must hear so before anything else is staged. */
  get isUndone(): boolean {
    return this.#isUndone;
  }

  /** They heard. */
  forgetUndone(): void {
    this.#isUndone = false;
  }

  /** Starts a new segment; does nothing while the active one is empty. */
  roll(nowMs: number): void {
    const { store, durability } = this.#options;
    this.writeStaged();
    if (store.segments.active.size === 0) return;
    store.roll(this.#endOffset, nowMs);
    durability.requestFlush();
  }

  /** The log was cut and ends at `offset`. */
  endsAt(offset: number): void {
    this.#endOffset = offset;
  }

  /** Forgets what is staged: it will not be written. */
  drop(): void {
    this.#staged.clear();
  }

  #takeBack(bytes: number): void {
    const { store, durability } = this.#options;
    this.#isUndone = true;
    this.#staged.clear();
    this.#endOffset = durability.writtenEndOffset;
    store.takeBack(bytes, this.#endOffset);
  }

  /** Puts a batch whose offsets are set behind the log's end. */
  #stage(batch: Uint8Array, view: DataView, nowMs: number): void {
    const { store, epochs, producers } = this.#options;
    const config = this.#options.config();
    const last = lastOffset(view, 0);
    const next = { size: batch.length, lastOffset: last, maxTimestamp: maxTimestamp(view, 0), nowMs };
    if (needsRoll(store.segments.active, next, config)) this.roll(nowMs);
    const { active } = store.segments;
    const first = baseOffset(view, 0);
    epochs.assign(partitionLeaderEpoch(view, 0), first);
    if (hasProducerId(view, 0)) applyProducer(producers, { bytes: batch, view }, active);
    active.noteBatch(view, 0, batch.length, config.indexIntervalBytes);
    this.#staged.add(batch);
    this.#recordsSinceFlush += lastOffsetDelta(view, 0) + 1;
    this.#endOffset = last + 1;
  }
}

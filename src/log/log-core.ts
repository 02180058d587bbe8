import { isNoSpace } from '../runtime/disk.ts';
import { AppendUndone } from './append-undone.ts';
import type { LogConfig } from './log-config.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { LogDurability, type DurableLog } from './log-durability.ts';
import { LogHealth } from './log-health.ts';
import type { LogHooks, PartitionLogOptions } from './log-options.ts';
import { recoverLog } from './log-recovery.ts';
import type { LogShared } from './log-shared.ts';
import { LogWriter } from './log-writer.ts';
import { ProducerState } from './producers/producer-state.ts';
import { SegmentList } from './segments/segment-list.ts';
import { SnapshotFiles } from './producers/snapshot-files.ts';
import { StoredLog } from './stored-log.ts';

/** The parts that stand on the segments: made anew once the segments are found. */
export interface LogParts {
  readonly store: StoredLog;
  readonly durability: LogDurability;
  readonly writer: LogWriter;
}

/** How far a log is, when its parts are put together. */
interface LogState {
  readonly endOffset: number;
  readonly recoveryPoint: number;
  readonly hasNewNames: boolean;
}

/** The state of one log that all its operations work on: its files, its bounds, and whether it works. */
export class LogCore {
  readonly name: string;
  readonly directory: string;
  readonly shared: LogShared;
  readonly hooks: LogHooks;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  readonly health: LogHealth;
  config: LogConfig;
  logStartOffset = 0;
  /** Where the last cleaning ended; undefined when the log was never cleaned. */
  cleanedTo: number | undefined;
  /** How often the log was cut: what was worked out before a cut may be wrong. */
  cuts = 0;
  readonly #snapshots: SnapshotFiles;
  readonly #isNew: boolean;
  #highWatermark = 0;
  #parts: LogParts;

  constructor({ shared, hooks, directory, topic, partition, config, isNew }: PartitionLogOptions) {
    this.name = `${topic}-${partition}`;
    this.directory = directory;
    this.shared = shared;
    this.hooks = hooks;
    this.config = config;
    this.epochs = new LeaderEpochs(shared.disk, `${directory}/leader-epoch-checkpoint`);
    this.producers = new ProducerState(this.name);
    this.health = new LogHealth({
      name: this.name,
      directory,
      logger: shared.logger,
      wentOffline: () => {
        this.#parts.writer.drop();
        this.#parts.durability.fail();
      },
      diskFailed: (error) => hooks.diskFailed(error),
    });
    this.#snapshots = new SnapshotFiles(shared.disk, directory);
    this.#isNew = isNew;
    this.#parts = this.#build(new SegmentList([]), { endOffset: 0, recoveryPoint: 0, hasNewNames: true });
  }

  get store(): StoredLog {
    return this.#parts.store;
  }

  get segments(): SegmentList {
    return this.#parts.store.segments;
  }

  get durability(): LogDurability {
    return this.#parts.durability;
  }

  get writer(): LogWriter {
    return this.#parts.writer;
  }

  get logEndOffset(): number {
    return this.#parts.writer.endOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** Below it every transaction is decided (behaviour 42); never below the log's start, where an open one may have begun. */
  get lastStableOffset(): number {
    return Math.min(this.#highWatermark, Math.max(this.logStartOffset, this.producers.firstUnstableOffset));
  }

  /** Stays between the log's start and its end. */
  setHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.logStartOffset, Math.min(offset, this.logEndOffset));
    this.producers.highWatermarkMoved(this.#highWatermark);
  }

  /** Finds what is on disk. Throws DiskError, LogDamage, Malformed. */
  recover(options: PartitionLogOptions): void {
    const { epochs, producers } = this;
    const recovered = recoverLog({ ...options, epochs, producers, snapshots: this.#snapshots });
    const { segments, logStartOffset, logEndOffset } = recovered;
    const synced = options.isClean ? logEndOffset : options.recoveryPoint;
    this.logStartOffset = logStartOffset;
    const recoveryPoint = Math.max(logStartOffset, Math.min(synced, logEndOffset));
    // A log that was never written to is closed without a sync: its names may be lost yet.
    const isUntouched = logEndOffset === segments.first.baseOffset && segments.active.size === 0;
    const hasNewNames = !options.isClean || isUntouched;
    this.#parts = this.#build(segments, { endOffset: logEndOffset, recoveryPoint, hasNewNames });
    this.setHighWatermark(options.highWatermark);
  }

  /**
   * Writes what is staged, in one call. Throws {@link AppendUndone} where there is no space for it, any other DiskError
   * after taking the directory offline.
   */
  writeStaged(): void {
    if (this.health.failure !== undefined) return;
    try {
      this.#parts.writer.writeStaged();
    } catch (error) {
      if (error instanceof AppendUndone) this.noSpace();
      else this.health.fail(error);
      throw error;
    }
  }

  /** There was no space for a write: producers are refused until there is, and nothing else happens. */
  noSpace(): void {
    this.hooks.isLowOnSpace(Number.MAX_SAFE_INTEGER);
  }

  /** Starts a new segment at the log's end; does nothing while the active one is empty. Throws as {@link writeStaged}. */
  roll(nowMs: number): void {
    this.health.check();
    try {
      this.#parts.writer.roll(nowMs);
    } catch (error) {
      if (isNoSpace(error)) this.noSpace();
      else this.health.fail(error);
      throw error;
    }
  }

  /** The log was cut and ends at `offset`. */
  endsAt(offset: number): void {
    this.cuts++;
    if (this.cleanedTo !== undefined) this.cleanedTo = Math.min(this.cleanedTo, offset);
    this.#parts.writer.endsAt(offset);
    this.#parts.durability.endsAt(offset);
    this.setHighWatermark(Math.min(this.#highWatermark, offset));
  }

  /** Writes and syncs everything, as a clean end wants it. */
  async settle(): Promise<void> {
    this.writeStaged();
    // Nothing was ever written here: no use in making that durable, once per partition of every empty topic.
    if (this.logEndOffset === this.segments.first.baseOffset && this.segments.active.size === 0) return;
    this.store.finishIndexes();
    await this.durability.flush();
    this.store.writeLastSnapshot(this.logEndOffset);
    this.epochs.persist();
  }

  /** As {@link settle}, but within the turn. Throws DiskError after taking the directory offline. */
  settleNow(): void {
    this.health.check();
    this.writeStaged();
    this.health.guarded(() => {
      this.store.finishIndexes();
      this.store.persist(this.logEndOffset);
      this.store.syncer.syncNow();
      this.durability.syncedAll();
      this.store.writeLastSnapshot(this.logEndOffset);
    });
  }

  #build(segments: SegmentList, at: LogState): LogParts {
    const { endOffset, recoveryPoint, hasNewNames } = at;
    const { name, shared, directory, epochs, producers } = this;
    const store = new StoredLog({
      shared,
      directory,
      segments,
      epochs,
      producers,
      snapshots: this.#snapshots,
      hasNewNames,
      syncParent: this.#isNew ? () => this.hooks.syncNames() : undefined,
    });
    const durable: DurableLog = {
      syncer: store.syncer,
      flushPolicy: () => this.config.flushPolicy,
      persist: () => {
        this.writeStaged();
        store.persist(this.logEndOffset);
      },
      failed: (error) => this.health.fail(error),
    };
    const durability = new LogDurability(durable, endOffset, recoveryPoint);
    const config = () => this.config;
    const writer = new LogWriter({ name, store, durability, producers, epochs, endOffset, config });
    return { store, durability, writer };
  }
}

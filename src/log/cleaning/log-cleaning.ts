import { dirtinessOf, type Dirtiness } from './cleanable.ts';
import type { CleanedGroup, CleaningJob } from './cleaning-job.ts';
import type { LogCore } from '../log-core.ts';
import type { ClosedSegment } from './segment-groups.ts';
import { CLEANED_SUFFIX } from '../segments/segment-names.ts';

/** What the broker's settings say about a cleaning. */
export interface CleaningLimits {
  readonly mapBytesMax: number;
  readonly mapLoadFactor: number;
  readonly bytesPerSecondMax: number;
}

/** A log as its cleaner sees it. While it is cleaned elsewhere it goes on: what does not fit any more is not put in place. */
export class LogCleaning {
  readonly #log: LogCore;
  /** {@link LogCore.cuts} when the cleaning under way began. */
  #cuts = 0;
  /** Segments of that cleaning that are not replaced yet. */
  #left: readonly ClosedSegment[] = [];

  constructor(log: LogCore) {
    this.#log = log;
  }

  /** Where the last cleaning ended; undefined when the log was never cleaned, or that is not known. */
  get cleanedTo(): number | undefined {
    return this.#log.cleanedTo;
  }

  /** What a checkpoint said at start; one that the log does not reach is of no use. */
  restore(cleanedTo: number): void {
    if (cleanedTo <= this.#log.logEndOffset) this.#log.cleanedTo = cleanedTo;
  }

  measure(nowMs: number): Dirtiness {
    const { segments, config, logStartOffset, logEndOffset, lastStableOffset, cleanedTo } = this.#log;
    const { recoveryPoint } = this.#log.durability;
    return dirtinessOf({
      segments,
      config,
      nowMs,
      logStartOffset,
      logEndOffset,
      lastStableOffset,
      recoveryPoint,
      cleanedTo,
    });
  }

  /**
   * The cleaning that is due. The recovery point is written down first: a start that knew an older one would take the gaps
   * for lost records. Throws DiskError, LogDamage.
   */
  prepare({ firstDirtyOffset, firstUncleanableOffset }: Dirtiness, nowMs: number, limits: CleaningLimits): CleaningJob {
    const { segments, config, producers, store, hooks, durability, directory } = this.#log;
    this.#cuts = this.#log.cuts;
    this.removeUnfinished();
    hooks.recoveryPointLowered(durability.recoveryPoint);
    const closed = segments.all.filter(({ baseOffset }) => baseOffset < firstUncleanableOffset).map(closedSegment);
    this.#left = closed;
    return {
      directory,
      segments: closed,
      firstDirtyOffset,
      firstUncleanableOffset,
      aborted: store.abortedTransactions(segments.first.baseOffset, firstUncleanableOffset),
      producers: Array.from(producers.entries(), ({ producerId, epoch, lastOffset }) => ({
        producerId,
        epoch,
        lastOffset,
      })),
      nowMs,
      deleteRetentionMs: config.deleteRetentionMs,
      segmentBytes: config.segmentBytes,
      segmentIndexBytes: config.segmentIndexBytes,
      indexIntervalBytes: config.indexIntervalBytes,
      ...limits,
    };
  }

  /**
   * Puts a cleaned segment in place and returns the paths of files to be removed; undefined when the log has changed too
   * much meanwhile, or shall not be cleaned any more. The log goes on while names are made durable. A failure takes the
   * log's directory offline and is thrown.
   */
  async replace(group: CleanedGroup): Promise<readonly string[] | undefined> {
    const { health, store } = this.#log;
    if (!this.#isWanted()) return undefined;
    const swap = health.guarded(() => store.beginSwap(group));
    if (!(await this.#namesSynced())) return undefined;
    if (!this.#isWanted()) {
      health.guarded(() => store.takeSwapBack());
      return undefined;
    }
    const removed = health.guarded(() => store.finishSwap(swap));
    if (removed === undefined) return undefined;
    this.#left = this.#left.slice(group.replaced.length);
    return (await this.#namesSynced()) ? removed : undefined;
  }

  /** Whether the log was cut since {@link prepare}, or lost segments that are to be cleaned: to retention, or with all its files. */
  hasChanged(): boolean {
    const { segments, health, cuts } = this.#log;
    if (health.failure !== undefined || cuts !== this.#cuts) return true;
    const index = segments.indexOf(this.#left[0]?.baseOffset ?? 0);
    return this.#left.some(({ baseOffset, size }, step) => {
      const segment = segments.at(index + step);
      return segment?.baseOffset !== baseOffset || segment.size !== size || segment === segments.active;
    });
  }

  /** The log is clean up to `endOffset`. */
  finished(endOffset: number): void {
    if (this.#log.cuts === this.#cuts) this.#log.cleanedTo = Math.max(this.#log.logStartOffset, endOffset);
  }

  /** Removes what a cleaning that did not finish left behind. Throws DiskError. */
  removeUnfinished(): void {
    const { shared, directory, health, store } = this.#log;
    if (health.failure !== undefined) return;
    store.takeSwapBack();
    for (const { name } of shared.disk.list(directory)) {
      if (name.endsWith(CLEANED_SUFFIX)) shared.disk.remove(`${directory}/${name}`);
    }
  }

  #isWanted(): boolean {
    return this.#log.config.cleanupPolicy.compact && !this.hasChanged();
  }

  /** False when the log went offline meanwhile: its files may be another's by now. Throws DiskError. */
  async #namesSynced(): Promise<boolean> {
    const { shared, directory, health } = this.#log;
    try {
      await shared.disk.syncDirectoryLater(directory);
    } catch (error) {
      if (health.failure !== undefined) return false;
      health.fail(error);
      throw error;
    }
    return health.failure === undefined;
  }
}

function closedSegment({ baseOffset, size, createdMs }: ClosedSegment): ClosedSegment {
  return { baseOffset, size, createdMs };
}

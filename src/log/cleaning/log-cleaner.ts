import type { Clock } from '../../runtime/clock.ts';
import { isNoSpace, type Disk, type DiskError } from '../../runtime/disk.ts';
import type { Logger } from '../../runtime/logger.ts';
import { dirtyRatio, isWorthCleaning, type Dirtiness } from './cleanable.ts';
import { CleanerCheckpoints } from './cleaner-checkpoint.ts';
import type { CleanedGroup, CleaningOutcome } from './cleaning-job.ts';
import type { CleaningRunner } from './cleaning-runner.ts';
import type { CleaningLimits } from './log-cleaning.ts';
import type { PartitionLog } from '../partition-log.ts';

export interface LogCleanerOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly runner: CleaningRunner;
  logs(): Iterable<PartitionLog>;
  limits(): CleaningLimits;
  isEnabled(): boolean;
}

interface Candidate {
  readonly log: PartitionLog;
  readonly dirtiness: Dirtiness;
}

/**
 * Cleans compacted logs, one after the other, the dirtiest first (Kafka's LogCleaner and LogCleanerManager). A log whose
 * cleaning fails is left alone until the next start, for want of space until the next look; the broker goes on.
 */
export class LogCleaner {
  readonly #options: LogCleanerOptions;
  readonly #checkpoints: CleanerCheckpoints;
  readonly #uncleanable = new WeakSet<PartitionLog>();
  #uncleanableCount = 0;
  #cleaning: Candidate | undefined;
  #maxDirtyRatio = 0;
  #bytesCleaned = 0;
  #cleanings = 0;
  #isStopped = false;

  /** To be made once the logs found on disk are open. */
  constructor(options: LogCleanerOptions) {
    this.#options = options;
    this.#checkpoints = new CleanerCheckpoints(options.disk, options.logger);
    this.#checkpoints.restore(options.logs());
  }

  /** The dirtiest log's dirty share when the cleaner looked last, in hundredths (Kafka's max-dirty-percent). */
  get maxDirtyPercent(): number {
    return Math.floor(this.#maxDirtyRatio * 100);
  }

  /** Bytes that all cleanings read so far. */
  get bytesCleaned(): number {
    return this.#bytesCleaned;
  }

  get cleanings(): number {
    return this.#cleanings;
  }

  /** Logs whose cleaning failed. */
  get uncleanableCount(): number {
    return this.#uncleanableCount;
  }

  get isCleaning(): boolean {
    return this.#cleaning !== undefined;
  }

  /** Cleans until nothing is worth it any more. Does nothing while that goes on; to be called from time to time. */
  run(): void {
    if (this.#cleaning?.log.isOffline === true) {
      this.#options.runner.stop();
      this.#cleaning = undefined;
    }
    if (this.#isStopped || this.#cleaning !== undefined || !this.#options.isEnabled()) return;
    const nowMs = this.#options.clock.nowMs();
    for (;;) {
      const chosen = this.#choose(nowMs);
      if (chosen === undefined) break;
      if (this.#start(chosen, nowMs)) return;
    }
    this.#options.runner.stop();
    this.#checkpoint();
  }

  /** Lets go of a cleaning under way: the log stays as it is, and what was written is dropped at the next start. */
  stop(): void {
    this.#isStopped = true;
    this.#cleaning = undefined;
    this.#options.runner.stop();
  }

  /** The dirtiest log that is worth cleaning (LogCleanerManager.grabFilthiestCompactedLog). */
  #choose(nowMs: number): Candidate | undefined {
    let chosen: Candidate | undefined;
    let ratioMax = 0;
    for (const log of this.#options.logs()) {
      if (!log.config.cleanupPolicy.compact || log.isOffline || this.#uncleanable.has(log)) continue;
      const dirtiness = this.#measure(log, nowMs);
      if (dirtiness === undefined) continue;
      const ratio = dirtyRatio(dirtiness);
      ratioMax = Math.max(ratioMax, ratio);
      if (!isWorthCleaning(dirtiness, log.config)) continue;
      if (chosen === undefined || ratio > dirtyRatio(chosen.dirtiness)) chosen = { log, dirtiness };
    }
    this.#maxDirtyRatio = ratioMax;
    return chosen;
  }

  #measure(log: PartitionLog, nowMs: number): Dirtiness | undefined {
    try {
      return log.cleaning.measure(nowMs);
    } catch (error) {
      this.#failed(log, error);
      return undefined;
    }
  }

  /** False when it cannot be started, and another may be. */
  #start(candidate: Candidate, nowMs: number): boolean {
    const { log, dirtiness } = candidate;
    const { runner, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      const job = log.cleaning.prepare(dirtiness, nowMs, this.#options.limits());
      this.#cleaning = candidate;
      runner.start(job, {
        cleaned: (group) => this.#replace(candidate, group),
        done: (outcome) => this.#done(log, outcome, startedMs),
        failed: (error) => {
          // What it read may have been taken away beneath it; that says nothing of the log.
          if (isNoSpace(error)) this.#postponed(log, error);
          else if (!log.cleaning.hasChanged()) this.#failed(log, error);
          this.#abandon(log);
          // Without space the next one would fare no better.
          if (isNoSpace(error)) this.#rest();
          else this.#next();
        },
      });
      return true;
    } catch (error) {
      this.#cleaning = undefined;
      if (isNoSpace(error)) {
        this.#postponed(log, error);
        return true;
      }
      this.#failed(log, error);
      return false;
    }
  }

  async #replace(candidate: Candidate, group: CleanedGroup): Promise<boolean> {
    const { log } = candidate;
    try {
      const removed = await log.cleaning.replace(group);
      if (removed !== undefined) {
        this.#options.runner.remove(removed);
        return true;
      }
    } catch (error) {
      this.#failed(log, error);
    }
    // Unless the cleaner has been stopped meanwhile, or has let go of this cleaning.
    if (this.#cleaning === candidate) {
      this.#abandon(log);
      this.#cleaning = undefined;
    }
    return false;
  }

  #done(log: PartitionLog, outcome: CleaningOutcome, startedMs: number): void {
    log.cleaning.finished(outcome.endOffset);
    this.#bytesCleaned += outcome.bytesRead;
    this.#cleanings++;
    this.#options.logger.info('cleaned a log', {
      partition: `${log.topic}-${log.partition}`,
      ...outcome,
      ms: Math.round(this.#options.clock.monotonicMs() - startedMs),
    });
    this.#next();
  }

  /** The cleaning of a log is over: on to the next. */
  #next(): void {
    this.#rest();
    this.run();
  }

  #rest(): void {
    this.#cleaning = undefined;
    this.#checkpoint();
  }

  #abandon(log: PartitionLog): void {
    try {
      log.cleaning.removeUnfinished();
    } catch (error) {
      this.#failed(log, error);
    }
  }

  /** There is no space for what would stay of a log: there may be at the next look. */
  #postponed(log: PartitionLog, error: DiskError): void {
    const partition = `${log.topic}-${log.partition}`;
    this.#options.logger.warn('no space to clean a log', { partition, reason: error.message });
  }

  #failed(log: PartitionLog, error: unknown): void {
    this.#options.logger.error('cleaning a log failed; it is not cleaned again until the next start', {
      partition: `${log.topic}-${log.partition}`,
      error,
    });
    if (this.#uncleanable.has(log)) return;
    this.#uncleanable.add(log);
    this.#uncleanableCount++;
  }

  #checkpoint(): void {
    try {
      this.#checkpoints.write(this.#options.logs());
    } catch (error) {
      // At worst a log is cleaned again after the next start.
      this.#options.logger.error('how far logs are cleaned cannot be written down', { error });
    }
  }
}

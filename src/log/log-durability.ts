import { E, type ErrorSpec } from '../protocol/errors.ts';
import { isNoSpace } from '../runtime/disk.ts';
import type { FlushPolicy } from './log-config.ts';
import type { LogSyncer } from './log-syncer.ts';
import { SharedSync } from './shared-sync.ts';

/** Written and not synced: beyond it a sync is asked for without waiting for the next tick. */
const UNSYNCED_BYTES_MAX = 64 * 1024 * 1024;

/** The log as its durability needs it. */
export interface DurableLog {
  readonly syncer: LogSyncer;
  flushPolicy(): FlushPolicy;
  /** Writes what is staged, and all files beside the segments that must be there before the recovery point moves. */
  persist(): void;
  /** A write or sync failed. */
  failed(error: unknown): void;
}

/** Someone who waits for offsets to count as written; called once. */
export type SettledCallback = (error: ErrorSpec) => void;

/**
 * How much of a log is written, on the device, and known to be so after a restart (the recovery point). One sync is in
 * flight at a time, and all who wait meanwhile share the next one (group commit).
 */
export class LogDurability {
  readonly #log: DurableLog;
  readonly #sync: SharedSync;
  #writtenEndOffset: number;
  /** What the sync under way covers. */
  #coveredEndOffset = 0;
  #durableEndOffset: number;
  #recoveryPoint: number;
  #bytesSinceFlush = 0;
  #bytesFlushed = 0;
  #wantsCheckpoint = false;
  #isFailed = false;
  #waiting: { readonly offset: number; readonly done: SettledCallback }[] = [];

  constructor(log: DurableLog, endOffset: number, recoveryPoint: number) {
    this.#log = log;
    this.#writtenEndOffset = endOffset;
    this.#durableEndOffset = recoveryPoint;
    this.#recoveryPoint = recoveryPoint;
    this.#sync = new SharedSync(() => this.#run());
  }

  /** Where that part of the log ends that is in the operating system's hands. */
  get writtenEndOffset(): number {
    return this.#writtenEndOffset;
  }

  get recoveryPoint(): number {
    return this.#recoveryPoint;
  }

  get bytesSinceFlush(): number {
    return this.#bytesSinceFlush;
  }

  /** Bytes that all moves of the recovery point so far have passed. */
  get bytesFlushed(): number {
    return this.#bytesFlushed;
  }

  get settledEndOffset(): number {
    return this.#log.flushPolicy() === 'group' ? this.#durableEndOffset : this.#writtenEndOffset;
  }

  /** `bytes` were written; the log's written part ends at `endOffset`. */
  wrote(bytes: number, endOffset: number): void {
    this.#writtenEndOffset = endOffset;
    const before = this.#bytesSinceFlush;
    this.#bytesSinceFlush = before + bytes;
    if (before < UNSYNCED_BYTES_MAX && this.#bytesSinceFlush >= UNSYNCED_BYTES_MAX) this.requestFlush();
    if (this.#waiting.length > 0) this.#serve();
  }

  whenSettled(offset: number, done: SettledCallback): void {
    if (this.#isFailed) done(E.KAFKA_STORAGE_ERROR);
    else if (this.settledEndOffset >= offset) done(E.NONE);
    else {
      this.#waiting.push({ offset, done });
      this.#serve();
    }
  }

  /** Starts moving the recovery point to what is written by now. */
  requestFlush(): void {
    this.#wantsCheckpoint = true;
    this.#sync.request(ignore);
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#recoveryPoint >= this.#writtenEndOffset && !this.#log.syncer.hasWork) {
        resolve();
        return;
      }
      this.#wantsCheckpoint = true;
      this.#sync.request((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Everything written was made durable by the caller. */
  syncedAll(): void {
    this.#durableEndOffset = this.#writtenEndOffset;
    this.#recoveryPoint = this.#writtenEndOffset;
    this.#bytesFlushed += this.#bytesSinceFlush;
    this.#bytesSinceFlush = 0;
  }

  /** The log was cut and ends at `offset`. */
  endsAt(offset: number): void {
    this.#writtenEndOffset = offset;
    // What is written behind the cut is not what the sync under way covers.
    this.#coveredEndOffset = Math.min(this.#coveredEndOffset, offset);
    this.#durableEndOffset = Math.min(this.#durableEndOffset, offset);
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
  }

  /** The log starts at `offset`. */
  startsAt(offset: number): void {
    this.#recoveryPoint = Math.max(this.#recoveryPoint, Math.min(offset, this.#writtenEndOffset));
  }

  /** Nothing becomes durable any more; who waits hears of it. */
  fail(): void {
    this.#isFailed = true;
    this.#tell(E.KAFKA_STORAGE_ERROR);
  }

  async #run(): Promise<void> {
    let isCheckpoint = this.#wantsCheckpoint;
    this.#wantsCheckpoint = false;
    if (this.#isFailed) throw new Error('the log is offline');
    try {
      isCheckpoint &&= this.#persisted();
      this.#coveredEndOffset = this.#writtenEndOffset;
      const bytes = this.#bytesSinceFlush;
      await this.#log.syncer.sync(isCheckpoint);
      const synced = this.#coveredEndOffset;
      this.#durableEndOffset = Math.max(this.#durableEndOffset, synced);
      if (isCheckpoint) {
        this.#bytesSinceFlush -= bytes;
        this.#bytesFlushed += bytes;
        this.#recoveryPoint = Math.max(this.#recoveryPoint, synced);
      }
    } catch (error) {
      this.#log.failed(error);
      throw error;
    }
    if (!this.#isFailed) this.#tell(E.NONE);
  }

  /** False when there is no space for it: the recovery point stays where it is until a later time. */
  #persisted(): boolean {
    try {
      this.#log.persist();
      return true;
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      return false;
    }
  }

  #tell(error: ErrorSpec): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    const settled = this.settledEndOffset;
    this.#waiting = error === E.NONE ? waiting.filter(({ offset }) => offset > settled) : [];
    for (const { offset, done } of waiting) if (error !== E.NONE || offset <= settled) done(error);
    if (this.#waiting.length > 0) this.#serve();
  }

  /** Does what those who wait need, as far as that is written; for the rest it is done once it is written. */
  #serve(): void {
    const settled = this.settledEndOffset;
    if (settled < this.#writtenEndOffset) this.#sync.request(ignore);
    else if (this.#waiting.some(({ offset }) => offset <= settled))
      void Promise.resolve().then(() => this.#tell(E.NONE));
  }
}

function ignore(): void {
  // The outcome is told to those who wait, through `#tell`.
}

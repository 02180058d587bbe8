import type { PooledFile } from './segments/file-pool.ts';
import type { LogShared } from './log-shared.ts';
import type { SegmentList } from './segments/segment-list.ts';
import type { Segment } from './segments/segment.ts';

/** Bounds the files held open by one sync, and its share of the thread pool. */
const SEGMENTS_AT_ONCE = 4;

export interface LogSyncerOptions {
  readonly shared: LogShared;
  readonly segments: SegmentList;
  readonly directory: string;
  /** Whether there may be names that were never synced: not after a clean end. */
  readonly hasNewNames: boolean;
  /** Given for a directory that was just made: makes its own name durable. */
  readonly syncParent: (() => void) | undefined;
}

/**
 * Makes the files of one log durable. Names first: a synced file whose name is lost is lost. A failure of any of it is
 * thrown and final (fsyncgate: a second try would lie).
 */
export class LogSyncer {
  readonly #shared: LogShared;
  readonly #segments: SegmentList;
  readonly #directory: string;
  /** Files were made since the directory was last synced. */
  #hasNewNames: boolean;
  /** Makes the name of the directory itself durable; undefined once it is. */
  #syncParent: (() => void) | undefined;

  constructor({ shared, segments, directory, hasNewNames, syncParent }: LogSyncerOptions) {
    this.#shared = shared;
    this.#segments = segments;
    this.#directory = directory;
    this.#hasNewNames = hasNewNames;
    this.#syncParent = syncParent;
  }

  noteNewNames(): void {
    this.#hasNewNames = true;
  }

  get hasWork(): boolean {
    return (
      this.#hasNewNames ||
      this.#segments.all.some(({ isDirty, transactionIndex }) => isDirty || transactionIndex.isUnsynced)
    );
  }

  /**
   * Syncs what was written so far, a few segments at a time. With `indexes`, those of closed segments too, and all of
   * aborted transactions: nobody makes them anew after a crash.
   */
  async sync(indexes: boolean): Promise<void> {
    // What is made meanwhile has to wait for the next time.
    if (this.#takeNewNames()) {
      await this.#shared.disk.syncDirectoryLater(this.#directory);
      this.#syncParentOnce();
    }
    const dirty = this.#segments.all.filter(({ isDirty }) => isDirty);
    for (let index = 0; index < dirty.length; index += SEGMENTS_AT_ONCE) {
      // Retention may have removed some while the ones before were synced.
      const group = dirty.slice(index, index + SEGMENTS_AT_ONCE).filter((each) => this.#segments.all.includes(each));
      await this.#syncGroup(group, indexes);
    }
    if (!indexes) return;
    const unsynced = this.#segments.all.filter(({ transactionIndex }) => transactionIndex.isUnsynced);
    for (const segment of unsynced) {
      if (this.#segments.all.includes(segment)) await segment.transactionIndex.sync();
    }
  }

  /** Syncs everything, with the indexes, before it returns. Throws DiskError. */
  syncNow(): void {
    this.#syncNamesNow();
    for (const segment of this.#segments.all) {
      segment.transactionIndex.syncNow();
      if (!segment.isDirty) continue;
      segment.isDirty = false;
      for (const file of filesOf(segment, segment !== this.#segments.active)) file.use().syncNow();
    }
  }

  async #syncGroup(group: readonly Segment[], indexes: boolean): Promise<void> {
    const pinned: PooledFile[] = [];
    const waits: Promise<void>[] = [];
    let failure: unknown;
    try {
      for (const segment of group) this.#startSyncs(segment, indexes, pinned, waits);
    } catch (error) {
      failure = error;
    }
    // Every started sync is waited for, also after a failure: its file is in use.
    const settled = await Promise.allSettled(waits);
    for (const file of pinned) file.unpin();
    for (const outcome of settled) if (outcome.status === 'rejected') failure ??= outcome.reason;
    if (failure !== undefined) throw failure;
  }

  #startSyncs(segment: Segment, indexes: boolean, pinned: PooledFile[], waits: Promise<void>[]): void {
    const isClosed = segment !== this.#segments.active;
    if (!isClosed || indexes) segment.isDirty = false;
    for (const file of filesOf(segment, isClosed && indexes)) {
      const open = file.pin();
      pinned.push(file);
      waits.push(open.sync());
    }
  }

  #syncNamesNow(): void {
    if (!this.#takeNewNames()) return;
    this.#shared.disk.syncDirectory(this.#directory);
    this.#syncParentOnce();
  }

  /** Whether files were made since this was last asked. */
  #takeNewNames(): boolean {
    let isAny = this.#hasNewNames;
    this.#hasNewNames = false;
    for (const { transactionIndex } of this.#segments.all) {
      if (!transactionIndex.hasNewName) continue;
      transactionIndex.nameSynced();
      isAny = true;
    }
    return isAny;
  }

  #syncParentOnce(): void {
    this.#syncParent?.();
    this.#syncParent = undefined;
  }
}

function filesOf(segment: Segment, withIndexes: boolean): PooledFile[] {
  if (!withIndexes) return [segment.log];
  return [segment.log, segment.offsetIndex.entries.file, segment.timeIndex.entries.file];
}

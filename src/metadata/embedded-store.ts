import { dirname, join } from 'node:path';
import { ByteWriter } from '../base/byte-writer.ts';
import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import { isNoSpace, type Disk, type DiskError, type DiskFile } from '../runtime/disk.ts';
import { makeDurableDirectory } from '../runtime/durable-directory.ts';
import type { Logger } from '../runtime/logger.ts';
import { LeaseTable } from './lease-table.ts';
import {
  checkTxn,
  LeaseGone,
  StoreUnavailable,
  type LeaseId,
  type MetadataStore,
  type StoreEntry,
  type StoreEvent,
  type StoreRange,
  type Txn,
  type TxnResult,
  type Watch,
  type Watching,
} from './metadata-store.ts';
import { RevisionWaiters } from './revision-waiters.ts';
import { replaceSnapshot } from './snapshot-file.ts';
import { readSnapshot, replay, StoreDamaged, writeRecord, writeSnapshot } from './store-files.ts';
import { StoreState, type Change, type Former } from './store-state.ts';
import { WatchHistory } from './watch-history.ts';

/** A snapshot replaces the log once it is this long, or as long as the last snapshot. */
export const WAL_BYTES_MAX = 4_194_304;
/** Largest file the store reads at start. */
const FILE_BYTES_MAX = 1_073_741_824;
/** Transactions waiting for the disk; beyond it the store refuses. */
export const PENDING_TXNS_MAX = 10_000;
/** How often the keys of leases that ended while there was no space are tried to be removed. */
const FORGOTTEN_EVERY_MS = 1000;
const SNAPSHOT_NAME = 'snapshot';
const LOCK_NAME = 'lock';

export interface EmbeddedStoreOptions {
  disk: Disk;
  /** Directory of the store's files; made when missing. */
  directory: string;
  clock: Clock;
  timers: Timers;
  logger: Logger;
  walBytesMax?: number;
}

interface Pending {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly events: readonly StoreEvent[];
  /** What it replaced, to be put back where it cannot be written. */
  readonly formers: readonly Former[];
}

/** Another process holds the directory. */
export class StoreLocked extends Error {
  override name = 'StoreLocked';
}

/**
 * The store of one process: entries in memory, each transaction in a checksummed log before it is answered. All
 * transactions that come in while one sync is under way share the next. Once the log is long, a snapshot takes its
 * place. A transaction for which the disk has no space is taken back and refused, and the next is tried anew. After any
 * other failed write, or a failed sync, the store is offline for good, for what the disk then holds is unknown; waiting
 * calls reject. Leases are those of this process: at open, keys on the leases of a former one are removed.
 */
export class EmbeddedStore implements MetadataStore {
  readonly #options: EmbeddedStoreOptions;
  readonly #state: StoreState;
  readonly #leases: LeaseTable;
  #history: WatchHistory;
  readonly #lock: { release(): void };
  #log: DiskFile | undefined;
  #logPath: string;
  #logBytes: number;
  #snapshotBytes = 0;
  /** After an attempt at a snapshot that found no space: how long the log gets before the next. */
  #snapshotNotBefore = 0;
  #forgotten: Timer | undefined;
  /** Newest revision that may be shown: on disk, or what any later start would come to by itself. */
  #durable: number;
  /** Newest revision on disk. */
  #synced: number;
  #pending: Pending[] = [];
  readonly #waiters = new RevisionWaiters();
  #flushing = false;
  #offline: StoreUnavailable | undefined;
  #closing: Promise<void> | undefined;

  /** Opens the directory, replays what it holds. Throws {@link StoreLocked}, {@link StoreDamaged} or a DiskError. */
  static open(options: EmbeddedStoreOptions): EmbeddedStore {
    const { disk, directory } = options;
    makeDurableDirectory(disk, directory);
    const lock = disk.lock(join(directory, LOCK_NAME));
    if (lock === undefined) throw new StoreLocked(`the metadata directory ${directory} is in use by another process`);
    try {
      return new EmbeddedStore(options, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(options: EmbeddedStoreOptions, lock: { release(): void }) {
    this.#options = options;
    this.#lock = lock;
    this.#state = new StoreState();
    this.#restoreSnapshot();
    this.#logPath = join(options.directory, logName(this.#state.revision));
    this.#removeOldLogs();
    this.#logBytes = this.#replayLog();
    this.#synced = this.#state.revision;
    this.#leases = new LeaseTable(options.clock, options.timers, (lease) => this.#expire(lease));
    const orphans = this.#state.decideAllExpiries();
    if (orphans.length > 0) this.#record(orphans);
    this.#durable = this.#state.revision;
    this.#history = this.#freshHistory();
  }

  /** Newest revision that has been made durable. */
  get revision(): number {
    return this.#durable;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    this.#checkAvailable();
    const entry = this.#state.get(key);
    await this.#settled();
    return entry;
  }

  async range(prefix: string): Promise<StoreRange> {
    this.#checkAvailable();
    const answer = { revision: this.#state.revision, entries: this.#state.range(prefix) };
    await this.#settled();
    return answer;
  }

  async txn(txn: Txn): Promise<TxnResult> {
    this.#checkAvailable();
    checkTxn(txn);
    if (this.#pending.length >= PENDING_TXNS_MAX) throw new StoreUnavailable('too many transactions are waiting');
    const { succeeded, reads, changes } = this.#state.decide(txn);
    for (const { lease } of changes) {
      if (lease !== undefined && !this.#leases.has(lease)) throw new LeaseGone(`no lease ${lease}`);
    }
    if (changes.length > 0) this.#record(changes);
    const revision = this.#state.revision;
    await this.#settled();
    return { succeeded, revision, reads };
  }

  watch(watch: Watch): Watching {
    this.#checkAvailable();
    return this.#history.watch(watch);
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    this.#checkAvailable();
    return this.#leases.grant(ttlMs);
  }

  async keepAlive(lease: LeaseId): Promise<void> {
    this.#checkAvailable();
    if (!this.#leases.renew(lease)) throw new LeaseGone(`no lease ${lease}`);
  }

  async revoke(lease: LeaseId): Promise<void> {
    this.#checkAvailable();
    if (!this.#leases.drop(lease)) return;
    this.#expire(lease);
    await this.#settled();
  }

  /** Makes every later revision larger than `revision`: for a store that takes over what another held. */
  async raiseRevision(revision: number): Promise<void> {
    this.#checkAvailable();
    await this.#settled();
    if (this.#state.revision >= revision) return;
    this.#state.restoreRevision(revision);
    this.#durable = this.#synced = revision;
    this.#history.end();
    this.#history = this.#freshHistory();
    if (!this.#snapshot()) throw new StoreUnavailable('there is no space for a snapshot of the metadata');
  }

  /** Makes durable what is under way, then lets go of files, timers and the lock. Closing twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#leases.clear();
    this.#forgotten?.cancel();
    try {
      await this.#settled();
      await this.#markClosed();
    } catch (error) {
      this.#options.logger.warn('the metadata store did not close in order', { error: String(error) });
    }
    this.#offline ??= new StoreUnavailable('the metadata store is closed');
    this.#history.end();
    this.#log?.close();
    this.#log = undefined;
    this.#lock.release();
  }

  /** Says in the log that all of it is synced, so that damage to its last record is not taken for a torn tail. */
  async #markClosed(): Promise<void> {
    if (this.#offline !== undefined || this.#log === undefined) return;
    const writer = new ByteWriter();
    writeRecord(writer, { revision: this.#state.revision, synced: this.#synced, changes: [] });
    this.#log.write(writer.finish(), this.#logBytes);
    await this.#log.sync();
  }

  #checkAvailable(): void {
    if (this.#offline !== undefined) throw this.#offline;
    if (this.#closing !== undefined) throw new StoreUnavailable('the metadata store is closing');
  }

  #restoreSnapshot(): void {
    const { disk, directory } = this.#options;
    const path = join(directory, SNAPSHOT_NAME);
    if (!disk.exists(path)) return;
    const bytes = disk.readFile(path, FILE_BYTES_MAX);
    readSnapshot(this.#state, bytes, path);
    this.#snapshotBytes = bytes.length;
  }

  /** A log that starts before the snapshot is in it; one that starts behind it means that the snapshot went missing. */
  #removeOldLogs(): void {
    const { disk, directory } = this.#options;
    const current = logName(this.#state.revision);
    for (const { name } of disk.list(directory)) {
      if (!name.startsWith('wal-') || name === current) continue;
      const path = join(directory, name);
      if (name > current) throw new StoreDamaged(path, 0, 'the snapshot before this log is missing');
      disk.remove(path);
    }
  }

  #replayLog(): number {
    const { disk, logger } = this.#options;
    if (!disk.exists(this.#logPath)) return 0;
    const bytes = disk.readFile(this.#logPath, FILE_BYTES_MAX);
    const { end, closed } = replay(this.#state, bytes, this.#logPath);
    this.#log = disk.open(this.#logPath, 'existing');
    if (end < bytes.length) {
      logger.warn('metadata log: cut an unfinished write off its end', {
        path: this.#logPath,
        bytes: bytes.length - end,
      });
      this.#log.truncate(end);
    }
    // A former process may have written what it did not live to sync: nobody may see that before it is on disk.
    if (!closed) {
      this.#log.syncNow();
      this.#syncNames();
    }
    return end;
  }

  #expire(lease: LeaseId): void {
    if (this.#offline !== undefined) return;
    const changes = this.#state.decideExpiry(lease);
    if (changes.length > 0) this.#record(changes);
    this.#schedule();
  }

  #record(changes: readonly Change[]): void {
    const formers = this.#state.before(changes);
    const events = this.#state.apply(changes);
    this.#pending.push({ revision: this.#state.revision, changes, events, formers });
  }

  /** Resolves once all that has been decided so far is durable. */
  #settled(): Promise<void> {
    if (this.#offline !== undefined) return Promise.reject(this.#offline);
    if (this.#durable === this.#state.revision) return Promise.resolve();
    this.#schedule();
    return this.#waiters.wait(this.#state.revision);
  }

  #schedule(): void {
    if (this.#flushing || this.#pending.length === 0) return;
    this.#flushing = true;
    this.#options.timers.soon(() => void this.#flush());
  }

  /** One write and one sync for all that is pending, again until nothing is. Never rejects. */
  async #flush(): Promise<void> {
    try {
      while (this.#pending.length > 0 && this.#offline === undefined) {
        const batch = this.#pending;
        this.#pending = [];
        const { isNew, refusal } = this.#append(batch);
        if (refusal !== undefined) {
          this.#refuse(batch, refusal);
          break;
        }
        await this.#log!.sync();
        if (isNew) this.#syncNames();
        this.#commit(batch);
        this.#snapshotIfLong();
      }
    } catch (error) {
      this.#goOffline(error);
    }
    this.#flushing = false;
  }

  /** Writes `batch` behind the log. Where there is no space the log is as it was before, on disk too. */
  #append(batch: readonly Pending[]): { isNew: boolean; refusal?: DiskError } {
    const writer = new ByteWriter(4096);
    for (const { revision, changes } of batch) writeRecord(writer, { revision, synced: this.#synced, changes });
    const isNew = this.#log === undefined;
    try {
      this.#log ??= this.#options.disk.open(this.#logPath, 'create');
      this.#log.write(writer.finish(), this.#logBytes);
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      // Whole records of the batch may be on disk: none may come back, for others will have their revisions.
      this.#log?.truncate(this.#logBytes);
      this.#log?.syncNow();
      if (isNew) {
        this.#log?.close();
        this.#log = undefined;
      }
      return { isNew, refusal: error };
    }
    this.#logBytes += writer.position;
    return { isNew };
  }

  /** Takes back what could not be written. Nobody has seen it; what was shown already waits for the next write. */
  #refuse(batch: readonly Pending[], cause: DiskError): void {
    const undone = [...batch, ...this.#pending].filter(({ revision }) => revision > this.#durable);
    for (const { formers } of undone.toReversed()) this.#state.revert(formers);
    this.#pending = batch.filter(({ revision }) => revision <= this.#durable);
    const message = `the metadata store refuses changes for want of disk space: ${cause.message}`;
    this.#options.logger.error(message, { directory: this.#options.directory });
    this.#waiters.rejectAll(new StoreUnavailable(message, { cause }));
    this.#forgotten ??= this.#options.timers.set(FORGOTTEN_EVERY_MS, () => this.#expireForgotten());
  }

  /** Removes the keys of leases that ended while there was no space for it. */
  #expireForgotten(): void {
    this.#forgotten = undefined;
    if (this.#offline !== undefined || this.#closing !== undefined) return;
    for (const lease of this.#state.leases()) if (!this.#leases.has(lease)) this.#expire(lease);
    this.#schedule();
  }

  /** Makes the names of the log and, of a new store, of its directory durable. */
  #syncNames(): void {
    const { disk, directory } = this.#options;
    disk.syncDirectory(directory);
    if (this.#snapshotBytes === 0) disk.syncDirectory(dirname(directory));
  }

  #commit(batch: readonly Pending[]): void {
    const first = this.#durable;
    this.#durable = batch.at(-1)!.revision;
    this.#synced = this.#durable;
    this.#history.publish(batch.filter(({ revision }) => revision > first));
    this.#waiters.reached(this.#durable);
  }

  #snapshotIfLong(): void {
    const { walBytesMax = WAL_BYTES_MAX } = this.#options;
    if (this.#logBytes < Math.max(walBytesMax, this.#snapshotBytes, this.#snapshotNotBefore)) return;
    if (this.#snapshot()) return;
    this.#snapshotNotBefore = this.#logBytes + walBytesMax;
    this.#options.logger.warn('no space for a snapshot of the metadata; its log grows on', { path: this.#logPath });
  }

  /** The snapshot holds what waits for the log too, and so makes it durable. False where there is no space for it. */
  #snapshot(): boolean {
    const { disk, directory } = this.#options;
    const bytes = writeSnapshot(this.#state);
    if (replaceSnapshot(disk, join(directory, SNAPSHOT_NAME), bytes) === 'no space') return false;
    this.#snapshotBytes = bytes.length;
    this.#snapshotNotBefore = 0;
    this.#log?.close();
    this.#log = undefined;
    disk.remove(this.#logPath);
    this.#logPath = join(directory, logName(this.#state.revision));
    this.#logBytes = 0;
    const covered = this.#pending;
    this.#pending = [];
    if (covered.length > 0) this.#commit(covered);
    return true;
  }

  #freshHistory(): WatchHistory {
    return new WatchHistory(this.#durable, (callback) => this.#options.timers.soon(callback));
  }

  #goOffline(cause: unknown): void {
    const message = `the metadata store is offline: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#options.logger.error(message, { directory: this.#options.directory });
    this.#offline = new StoreUnavailable(message, { cause });
    this.#pending = [];
    this.#leases.clear();
    this.#forgotten?.cancel();
    this.#waiters.rejectAll(this.#offline);
    this.#history.end();
  }
}

function logName(revision: number): string {
  return `wal-${String(revision).padStart(20, '0')}`;
}

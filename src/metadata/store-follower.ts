import type { Timer, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import {
  StoreUnavailable,
  type MetadataStore,
  type StoreEntry,
  type StoreEvent,
  type StoreRange,
  type Watching,
} from './metadata-store.ts';

/** How often what the watch told is held against the store itself, when anything changed since. */
export const RECONCILE_MS = 60_000;
/** Waits between attempts to reach a store that is away: doubled from the first to the last. */
export const RETRY_FIRST_MS = 100;
export const RETRY_LAST_MS = 2000;

/** What became of one key; without an entry it is gone. */
export interface KeyChange {
  readonly key: string;
  readonly entry: StoreEntry | undefined;
}

/** Who follows. None of the calls may throw. */
export interface FollowerSink {
  /** All that differs between the last told revision and this one; nothing, when only the revision moved. */
  changed(changes: readonly KeyChange[], revision: number): void;
  /** The store was asked in vain; it is asked again by and by. */
  unavailable(reason: StoreUnavailable): void;
  /** The last call: this store must not be followed any further. */
  failed(reason: unknown): void;
}

/** The store shows a revision below one that it has shown before: it was restored from an old copy. */
export class StoreWentBackwards extends Error {
  override name = 'StoreWentBackwards';

  constructor(now: number, before: number) {
    super(`the metadata store went backwards, from revision ${before} to ${now}: was it restored from an old copy?`);
  }
}

export interface StoreFollowerParts {
  readonly store: MetadataStore;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Follows all keys of a store through lost watches and outages. A watch that breaks is never resumed: everything is read
 * anew and what differs is told, because etcd may leave out a deletion when a watch resumes in compacted history (its
 * issue 18089). For the same reason what was told is compared with the store every {@link RECONCILE_MS}.
 */
export class StoreFollower {
  readonly #parts: StoreFollowerParts;
  readonly #sink: FollowerSink;
  /** Modification revisions by key, of all that was told. */
  readonly #known = new Map<string, number>();
  #revision = 0;
  /** Revision as of which everything was compared. */
  #verified = 0;
  #watching: Watching | undefined;
  /** Keys that the watch told of while everything is being read; undefined when nothing is. */
  #meanwhile: Set<string> | undefined;
  #retry: Timer | undefined;
  #retryMs = RETRY_FIRST_MS;
  #reconcile: Timer | undefined;
  #closed = false;

  constructor(parts: StoreFollowerParts, sink: FollowerSink) {
    this.#parts = parts;
    this.#sink = sink;
  }

  /** Follows from what `range`, of the whole store, shows. */
  start({ entries, revision }: StoreRange): void {
    for (const { key, modRevision } of entries) this.#known.set(key, modRevision);
    this.#revision = revision;
    this.#verified = revision;
    this.#watch();
    this.#reconcileLater();
  }

  /** When the store is away: asks it now instead of at the next attempt. */
  hurry(): void {
    if (this.#retry === undefined) return;
    this.#retry.cancel();
    this.#retry = undefined;
    void this.#read();
  }

  close(): void {
    this.#closed = true;
    this.#watching?.cancel();
    this.#retry?.cancel();
    this.#reconcile?.cancel();
  }

  #watch(): void {
    try {
      this.#watching = this.#parts.store.watch({
        prefix: '',
        fromRevision: this.#revision + 1,
        onEvents: (events, revision) => this.#told(events, revision),
        onLost: (reason) => this.#lost(reason),
      });
    } catch (error) {
      this.#cannotRead(error);
    }
  }

  #told(events: readonly StoreEvent[], revision: number): void {
    if (this.#closed) return;
    const fresh = events.filter((event) => event.revision > this.#revision);
    if (fresh.length === 0) return;
    for (const { key } of fresh) this.#meanwhile?.add(key);
    this.#tell(fresh, revision);
  }

  #lost(reason: 'compacted' | 'unavailable'): void {
    if (this.#closed) return;
    this.#watching = undefined;
    if (reason === 'unavailable') {
      this.#parts.logger.warn('the metadata store is out of reach; the last known state stays in use meanwhile');
    }
    void this.#read();
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    if (this.#meanwhile !== undefined || this.#closed) return;
    const meanwhile = new Set<string>();
    const known = this.#revision;
    this.#meanwhile = meanwhile;
    try {
      const range = await this.#parts.store.range('');
      this.#meanwhile = undefined;
      if (this.#closed) return;
      if (range.revision < known) throw new StoreWentBackwards(range.revision, known);
      this.#take(range, meanwhile);
    } catch (error) {
      this.#meanwhile = undefined;
      this.#cannotRead(error);
      return;
    }
    if (this.#closed || this.#watching !== undefined) return;
    if (this.#retryMs > RETRY_FIRST_MS) this.#parts.logger.info('the metadata store is back');
    this.#retryMs = RETRY_FIRST_MS;
    this.#watch();
  }

  #cannotRead(error: unknown): void {
    if (this.#closed) return;
    if (!(error instanceof StoreUnavailable)) {
      this.close();
      this.#sink.failed(error);
      return;
    }
    // A comparison that failed while the watch goes on can wait for the next.
    if (this.#watching !== undefined) return;
    this.#retry = this.#parts.timers.set(this.#retryMs, () => {
      this.#retry = undefined;
      void this.#read();
    });
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
    this.#sink.unavailable(error);
  }

  /**
   * Tells what differs. When the watch was ahead of the answer, keys that it told of since the question are left out:
   * the answer may be the older of the two.
   */
  #take({ entries, revision }: StoreRange, meanwhile: ReadonlySet<string>): void {
    const isBehind = revision < this.#revision;
    const isTrusted = (key: string): boolean => !(isBehind && meanwhile.has(key));
    const changes: KeyChange[] = [];
    const present = new Set<string>();
    for (const entry of entries) {
      present.add(entry.key);
      if (this.#known.get(entry.key) !== entry.modRevision && isTrusted(entry.key)) {
        changes.push({ key: entry.key, entry });
      }
    }
    for (const key of this.#known.keys()) {
      if (!present.has(key) && isTrusted(key)) changes.push({ key, entry: undefined });
    }
    this.#verified = revision;
    if (changes.length > 0 && this.#watching !== undefined && revision <= this.#revision) {
      const keys = changes.slice(0, 10).map(({ key }) => key);
      this.#parts.logger.warn('the metadata store left out changes, which were found by comparing', { keys });
    }
    if (changes.length > 0 || revision > this.#revision) this.#tell(changes, Math.max(revision, this.#revision));
  }

  #tell(changes: readonly KeyChange[], revision: number): void {
    for (const { key, entry } of changes) {
      if (entry === undefined) this.#known.delete(key);
      else this.#known.set(key, entry.modRevision);
    }
    this.#revision = revision;
    this.#sink.changed(changes, revision);
  }

  #reconcileLater(): void {
    if (this.#closed) return;
    this.#reconcile = this.#parts.timers.set(RECONCILE_MS, () => void this.#compare());
  }

  /** Never rejects. Where nothing changed since the last comparison one small question is all. */
  async #compare(): Promise<void> {
    try {
      const { revision } = await this.#parts.store.txn({ compares: [], onSuccess: [{ type: 'get', key: 'meta' }] });
      if (revision !== this.#verified) await this.#read();
    } catch (error) {
      this.#parts.logger.debug('the metadata could not be compared with the store', { error: String(error) });
    }
    this.#reconcileLater();
  }
}

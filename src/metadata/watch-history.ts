import type { StoreEvent, Watch, Watching } from './metadata-store.ts';

/** Events kept for watches that start in the past; beyond it the oldest revisions go and such watches are lost. */
export const HISTORY_EVENTS_MAX = 50_000;

interface Revision {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

interface Watcher {
  readonly watch: Watch;
  /** Next revision to show. */
  next: number;
}

/**
 * The recent changes of a store and those who follow them. Each watcher sees every revision from the one it asked for,
 * once, in order, and never from inside its call to `watch`.
 */
export class WatchHistory {
  readonly #soon: (callback: () => void) => void;
  readonly #watchers = new Set<Watcher>();
  #revisions: Revision[] = [];
  #events = 0;
  /** Newest revision that is no longer kept. */
  #compacted: number;

  constructor(revision: number, soon: (callback: () => void) => void) {
    this.#compacted = revision;
    this.#soon = soon;
  }

  watch(watch: Watch): Watching {
    const watcher: Watcher = { watch, next: watch.fromRevision };
    this.#watchers.add(watcher);
    this.#soon(() => this.#feed(watcher));
    return { cancel: () => void this.#watchers.delete(watcher) };
  }

  /** Adds committed revisions, in order, and feeds every watcher. */
  publish(revisions: readonly Revision[]): void {
    for (const revision of revisions) {
      this.#revisions.push(revision);
      this.#events += revision.events.length;
    }
    for (const watcher of this.#watchers) this.#feed(watcher);
    this.#trim();
  }

  /** Forgets all revisions so far. */
  compact(): void {
    this.#compacted += this.#revisions.length;
    this.#revisions = [];
    this.#events = 0;
  }

  /** The store is gone: every watcher hears it once. */
  end(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const { watch } of watchers) this.#soon(() => watch.onLost('unavailable'));
  }

  #feed(watcher: Watcher): void {
    if (!this.#watchers.has(watcher)) return;
    if (watcher.next <= this.#compacted) {
      this.#watchers.delete(watcher);
      watcher.watch.onLost('compacted');
      return;
    }
    const events: StoreEvent[] = [];
    const last = this.#compacted + this.#revisions.length;
    for (let revision = watcher.next; revision <= last; revision++) {
      for (const event of this.#revisions[revision - this.#compacted - 1]!.events) {
        if (event.key.startsWith(watcher.watch.prefix)) events.push(event);
      }
    }
    watcher.next = Math.max(watcher.next, last + 1);
    if (events.length > 0) watcher.watch.onEvents(events, events.at(-1)!.revision);
  }

  /** Drops the older half once the bound is passed, so that the cost per revision stays constant. */
  #trim(): void {
    if (this.#events <= HISTORY_EVENTS_MAX) return;
    let dropped = 0;
    while (this.#events > HISTORY_EVENTS_MAX / 2) {
      this.#events -= this.#revisions[dropped]!.events.length;
      dropped++;
    }
    this.#revisions = this.#revisions.slice(dropped);
    this.#compacted += dropped;
  }
}

import type { Compare, LeaseId, StoreEntry, StoreEvent, StoreOp, Txn } from './metadata-store.ts';

/** What one transaction does to one key; without a value the key goes. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly lease: LeaseId | undefined;
}

/** One key as it was; without an entry it was not there. */
export interface Former {
  readonly key: string;
  readonly entry: StoreEntry | undefined;
}

export interface Decision {
  readonly succeeded: boolean;
  readonly reads: readonly (StoreEntry | undefined)[];
  /** Empty when nothing changes: then no revision is used up. */
  readonly changes: readonly Change[];
}

/**
 * The entries of a store and the rules of its transactions, without durability, time or waiting: what the stores
 * that keep everything in this process share. Decide, log the changes, apply them; a replay applies only.
 */
export class StoreState {
  readonly #entries = new Map<string, StoreEntry>();
  readonly #keysOfLease = new Map<LeaseId, Set<string>>();
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): StoreEntry | undefined {
    return this.#entries.get(key);
  }

  entries(): IterableIterator<StoreEntry> {
    return this.#entries.values();
  }

  /** Entries under `prefix`, by key in UTF-16 order. Looks at every key: for start-up and repair. */
  range(prefix: string): StoreEntry[] {
    const found: StoreEntry[] = [];
    for (const entry of this.#entries.values()) if (entry.key.startsWith(prefix)) found.push(entry);
    return found.toSorted((left, right) => (left.key < right.key ? -1 : 1));
  }

  decide(txn: Txn): Decision {
    const succeeded = txn.compares.every((compare) => this.#holds(compare));
    const ops = succeeded ? txn.onSuccess : (txn.onFailure ?? []);
    const reads: (StoreEntry | undefined)[] = [];
    const changes: Change[] = [];
    for (const op of ops) this.#decideOp(op, reads, changes);
    return { succeeded, reads, changes };
  }

  /** The removal of all keys of `lease`. */
  decideExpiry(lease: LeaseId): readonly Change[] {
    const keys = this.#keysOfLease.get(lease) ?? [];
    return [...keys].toSorted().map((key) => ({ key, value: undefined, lease: undefined }));
  }

  /** The removal of every key that hangs on any lease: none of them outlives the process that granted it. */
  decideAllExpiries(): readonly Change[] {
    return [...this.#keysOfLease.keys()].flatMap((lease) => this.decideExpiry(lease));
  }

  /** Makes `changes` under the next revision and tells what came of it. */
  apply(changes: readonly Change[]): StoreEvent[] {
    this.#revision++;
    return changes.map((change) => this.#applyOne(change));
  }

  /** What `changes` would replace, for {@link revert}. */
  before(changes: readonly Change[]): Former[] {
    return changes.map(({ key }) => ({ key, entry: this.#entries.get(key) }));
  }

  /** Takes back the newest transaction, as if it had never been. */
  revert(formers: readonly Former[]): void {
    this.#revision--;
    for (const { key, entry } of formers) {
      const current = this.#entries.get(key);
      if (current?.lease !== undefined) this.#detach(key, current.lease);
      if (entry === undefined) this.#entries.delete(key);
      else this.restore(entry);
    }
  }

  /** Leases that have keys. */
  leases(): IterableIterator<LeaseId> {
    return this.#keysOfLease.keys();
  }

  /** Puts an entry of a snapshot in place. */
  restore(entry: StoreEntry): void {
    this.#entries.set(entry.key, entry);
    if (entry.lease !== undefined) this.#attach(entry.key, entry.lease);
  }

  restoreRevision(revision: number): void {
    this.#revision = revision;
  }

  #holds(compare: Compare): boolean {
    const entry = this.#entries.get(compare.key);
    return 'createRevision' in compare
      ? (entry?.createRevision ?? 0) === compare.createRevision
      : (entry?.modRevision ?? 0) === compare.modRevision;
  }

  #decideOp(op: StoreOp, reads: (StoreEntry | undefined)[], changes: Change[]): void {
    switch (op.type) {
      case 'get':
        reads.push(this.#entries.get(op.key));
        return;
      case 'put':
        changes.push({ key: op.key, value: op.value, lease: op.lease });
        return;
      case 'delete':
        if (this.#entries.has(op.key)) changes.push({ key: op.key, value: undefined, lease: undefined });
        return;
      default:
        op satisfies never;
    }
  }

  #applyOne({ key, value, lease }: Change): StoreEvent {
    const revision = this.#revision;
    const former = this.#entries.get(key);
    if (former?.lease !== undefined) this.#detach(key, former.lease);
    if (value === undefined) {
      this.#entries.delete(key);
      return { key, revision, entry: undefined };
    }
    const entry = { key, value, createRevision: former?.createRevision ?? revision, modRevision: revision, lease };
    this.#entries.set(key, entry);
    if (lease !== undefined) this.#attach(key, lease);
    return { key, revision, entry };
  }

  #attach(key: string, lease: LeaseId): void {
    const keys = this.#keysOfLease.get(lease);
    if (keys === undefined) this.#keysOfLease.set(lease, new Set([key]));
    else keys.add(key);
  }

  #detach(key: string, lease: LeaseId): void {
    const keys = this.#keysOfLease.get(lease);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysOfLease.delete(lease);
  }
}

import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import {
  LeaseGone,
  type LeaseId,
  type StoreEntry,
  type StoreRange,
  type Txn,
  type TxnResult,
} from './metadata-store.ts';
import type { Watch, Watching } from './metadata-store.ts';
import { SimulatedConnection, type Reception, type SimulatedServer } from './simulated-connection.ts';
import { StoreState, type Change } from './store-state.ts';
import { WatchHistory } from './watch-history.ts';

export interface SimulatedStoreParts {
  readonly time: Clock & Timers;
  readonly random: Random;
}

/** All of a simulated store as of one moment, to be put back later. */
export interface StoreCopy {
  readonly revision: number;
  readonly entries: readonly StoreEntry[];
}

interface Lease {
  readonly ttlMs: number;
  timer: Timer | undefined;
}

/**
 * The store of the simulator: one shared state in virtual time, reached through connections that can be delayed, cut and
 * stalled each on its own. It behaves as etcd does where it hurts: while it is out no lease ends and all of them start anew
 * when it is back, a request it got then may yet be served after its return, history can be compacted, all leases can
 * be lost at once. The same seed and the same calls give the same run.
 */
export class SimulatedStore implements SimulatedServer {
  readonly #parts: SimulatedStoreParts;
  #state = new StoreState();
  #history: WatchHistory;
  readonly #leases = new Map<LeaseId, Lease>();
  readonly #connections = new Set<SimulatedConnection>();
  #granted = 0;
  #isOut = false;

  constructor(parts: SimulatedStoreParts) {
    this.#parts = parts;
    this.#history = this.#freshHistory();
  }

  /** A client of its own, with a link of its own. */
  connect(): SimulatedConnection {
    const connection = new SimulatedConnection(this, this.#parts, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get isOut(): boolean {
    return this.#isOut;
  }

  /** What it holds, for checks: no connection, no fault. */
  copy(): StoreCopy {
    return { revision: this.#state.revision, entries: this.#state.range('') };
  }

  /** As after a restore from an old backup: every watch breaks, every lease is gone, revisions start from then. */
  restore({ revision, entries }: StoreCopy): void {
    for (const { timer } of this.#leases.values()) timer?.cancel();
    this.#leases.clear();
    this.#state = new StoreState();
    this.#state.restoreRevision(revision);
    for (const entry of entries) this.#state.restore(entry);
    this.#history.end();
    this.#history = this.#freshHistory();
    const orphans = this.#state.decideAllExpiries();
    if (orphans.length > 0) this.#commit(orphans);
  }

  /** No quorum: nothing is answered, nothing ends. */
  goOut(): void {
    this.#isOut = true;
    for (const { timer } of this.#leases.values()) timer?.cancel();
    for (const connection of this.#connections) connection.storeWentOut();
  }

  /** The quorum is back: each lease has all of its time again. */
  comeBack(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    for (const [id, lease] of this.#leases) this.#startTimer(id, lease);
    for (const connection of this.#connections) connection.storeCameBack();
  }

  /** A new leader: no call is lost, but every lease has all of its time again. */
  changeLeader(): void {
    for (const [id, lease] of this.#leases) this.#startTimer(id, lease);
  }

  /** Forgets all history: a watch that wants some of it is lost. */
  compact(): void {
    this.#history.compact();
  }

  /** Ends a lease before its time. */
  expire(id: LeaseId): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.timer?.cancel();
    this.#leases.delete(id);
    const changes = this.#state.decideExpiry(id);
    if (changes.length > 0) this.#commit(changes);
  }

  /** What a stalled etcd leader may do (its issue 15247): every lease ends, each in a revision of its own. */
  expireAll(): void {
    for (const id of this.#leases.keys()) this.expire(id);
  }

  /** What becomes of a request that arrives now. */
  receive(): Reception {
    if (!this.#isOut) return 'served';
    const draw = this.#parts.random.next();
    return draw < 0.4 ? 'refused' : draw < 0.8 ? 'lost' : 'served at return';
  }

  get(key: string): StoreEntry | undefined {
    return this.#state.get(key);
  }

  range(prefix: string): StoreRange {
    return { revision: this.#state.revision, entries: this.#state.range(prefix) };
  }

  txn(txn: Txn): TxnResult {
    const { succeeded, reads, changes } = this.#state.decide(txn);
    for (const { lease } of changes) {
      if (lease !== undefined && !this.#leases.has(lease)) throw new LeaseGone(`no lease ${lease}`);
    }
    if (changes.length > 0) this.#commit(changes);
    return { succeeded, revision: this.#state.revision, reads };
  }

  watch(watch: Watch): Watching {
    return this.#history.watch(watch);
  }

  grantLease(ttlMs: number): LeaseId {
    this.#granted++;
    const id = String(this.#granted);
    const lease: Lease = { ttlMs, timer: undefined };
    this.#leases.set(id, lease);
    this.#startTimer(id, lease);
    return id;
  }

  keepAlive(id: LeaseId): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new LeaseGone(`no lease ${id}`);
    this.#startTimer(id, lease);
  }

  #startTimer(id: LeaseId, lease: Lease): void {
    lease.timer?.cancel();
    lease.timer = this.#parts.time.set(lease.ttlMs, () => this.expire(id));
  }

  #commit(changes: readonly Change[]): void {
    const events = this.#state.apply(changes);
    this.#history.publish([{ revision: this.#state.revision, events }]);
  }

  #freshHistory(): WatchHistory {
    return new WatchHistory(this.#state.revision, (callback) => this.#parts.time.soon(callback));
  }
}

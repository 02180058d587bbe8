import type { Gate } from '../runtime/gate.ts';
import type {
  LeaseId,
  MetadataStore,
  StoreEntry,
  StoreRange,
  Txn,
  TxnResult,
  Watch,
  Watching,
} from './metadata-store.ts';

/** One program's view of a store that it shares with others in this process: answers and events go through its gate. */
export class GatedStore implements MetadataStore {
  readonly #store: MetadataStore;
  readonly #gate: Gate;

  constructor(store: MetadataStore, gate: Gate) {
    this.#store = store;
    this.#gate = gate;
  }

  get(key: string): Promise<StoreEntry | undefined> {
    return this.#ask(() => this.#store.get(key));
  }

  range(prefix: string): Promise<StoreRange> {
    return this.#ask(() => this.#store.range(prefix));
  }

  txn(txn: Txn): Promise<TxnResult> {
    return this.#ask(() => this.#store.txn(txn));
  }

  watch(watch: Watch): Watching {
    const gate = this.#gate;
    let isCancelled = false;
    const unlessCancelled = (event: () => void): void =>
      gate.pass(() => {
        if (!isCancelled) event();
      });
    const watching = this.#store.watch({
      prefix: watch.prefix,
      fromRevision: watch.fromRevision,
      onEvents: (events, revision) => unlessCancelled(() => watch.onEvents(events, revision)),
      onLost: (reason) => unlessCancelled(() => watch.onLost(reason)),
    });
    const forget = gate.on('died', () => watching.cancel());
    return {
      cancel: () => {
        isCancelled = true;
        forget();
        watching.cancel();
      },
    };
  }

  grantLease(ttlMs: number): Promise<LeaseId> {
    return this.#ask(() => this.#store.grantLease(ttlMs));
  }

  keepAlive(lease: LeaseId): Promise<void> {
    return this.#ask(() => this.#store.keepAlive(lease));
  }

  revoke(lease: LeaseId): Promise<void> {
    return this.#ask(() => this.#store.revoke(lease));
  }

  /** The store belongs to all who share it: its owner closes it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What a dead program still asks for is never answered. */
  #ask<T>(call: () => Promise<T>): Promise<T> {
    return this.#gate.state === 'dead' ? new Promise<T>(() => {}) : this.#gate.settle(call());
  }
}

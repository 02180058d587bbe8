/**
 * The one place where cluster state lives: an ordered store of small JSON texts, changed only by compare-and-set
 * transactions. Brokers and the controller see nothing but this interface, so that one process over a file
 * (embedded), several over etcd, and the simulator run the very same code.
 *
 * Every committed transaction that changes something gets the next `revision`; the watch stream, in revision order,
 * is the metadata log and the revision its offset. All answers are linearizable and durable: nothing that could
 * still be lost is ever shown. Any call may reject with {@link StoreUnavailable}; for a transaction that means
 * "unknown": it happened as a whole or not at all, or will yet happen. Transactions asked for at once take effect in any
 * order: who needs one awaits.
 */
export interface MetadataStore {
  get(key: string): Promise<StoreEntry | undefined>;
  /** All entries whose key starts with `prefix`, by key, as of one revision. */
  range(prefix: string): Promise<StoreRange>;
  /** Runs `onSuccess` when all of `compares` hold, else `onFailure`: atomically, and durable before it resolves. */
  txn(txn: Txn): Promise<TxnResult>;
  /** Feeds the changes under a prefix, from a revision on, each exactly once and in order. */
  watch(watch: Watch): Watching;
  /**
   * A lease whose keys vanish together, in one revision, when it is not kept alive for `ttlMs`. Its owner counts that time
   * from before the call of this or of `keepAlive`, never from the answer: the store may have counted from then.
   */
  grantLease(ttlMs: number): Promise<LeaseId>;
  /** Starts the lease's time anew. Rejects with {@link LeaseGone} when it has run out. */
  keepAlive(lease: LeaseId): Promise<void>;
  /** Ends a lease and removes its keys; a lease that is gone already is fine. */
  revoke(lease: LeaseId): Promise<void>;
  close(): Promise<void>;
}

/** Most operations, and most compares, in one transaction (etcd's default, `max-txn-ops`). */
export const TXN_OPS_MAX = 128;
/** Longest key, and most bytes of keys and values in one branch of a transaction (etcd refuses requests above 1.5 MiB). */
export const KEY_BYTES_MAX = 4096;
export const TXN_BYTES_MAX = 1_400_000;

export type LeaseId = string;

export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  /** Revision that made the key; a key deleted and put again has a new one. Serves as an epoch. */
  readonly createRevision: number;
  /** Revision of the last put. */
  readonly modRevision: number;
  readonly lease: LeaseId | undefined;
}

export interface StoreRange {
  readonly revision: number;
  readonly entries: readonly StoreEntry[];
}

/** Revision 0 stands for "no such key". */
export type Compare =
  | { readonly key: string; readonly createRevision: number }
  | { readonly key: string; readonly modRevision: number };

export type StoreOp =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly lease?: LeaseId }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string };

export interface Txn {
  readonly compares: readonly Compare[];
  readonly onSuccess: readonly StoreOp[];
  readonly onFailure?: readonly StoreOp[];
}

export interface TxnResult {
  readonly succeeded: boolean;
  /** The store's revision after the transaction. */
  readonly revision: number;
  /** What the `get` operations of the branch found, in their order, before its puts and deletes. */
  readonly reads: readonly (StoreEntry | undefined)[];
}

/** One key's change. `entry` is undefined when it was deleted. */
export interface StoreEvent {
  readonly key: string;
  readonly revision: number;
  readonly entry: StoreEntry | undefined;
}

export interface Watch {
  readonly prefix: string;
  /** First revision wanted. */
  readonly fromRevision: number;
  /** All of a revision's events come in one call; a call may carry several revisions. Must not throw. */
  onEvents(events: readonly StoreEvent[], revision: number): void;
  /**
   * The last call: the wanted history is no longer kept, or the store is or was out of reach. No store resumes a watch by
   * itself; range anew, then watch from there.
   */
  onLost(reason: 'compacted' | 'unavailable'): void;
}

export interface Watching {
  cancel(): void;
}

/** The store cannot answer: closed, offline after a failed write, or out of reach. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The lease ran out or was revoked; its keys are gone. */
export class LeaseGone extends Error {
  override name = 'LeaseGone';
}

/** The transaction breaks a limit of the interface: a mistake of the caller, never of a client. */
export class InvalidTxn extends Error {
  override name = 'InvalidTxn';
}

/** Refuses, on every store alike, what one of them could not do: too many operations, a key changed twice, huge values. */
export function checkTxn(txn: Txn): void {
  if (txn.compares.length > TXN_OPS_MAX) throw new InvalidTxn(`${txn.compares.length} compares`);
  checkOps(txn.onSuccess);
  checkOps(txn.onFailure ?? []);
}

function checkOps(ops: readonly StoreOp[]): void {
  if (ops.length > TXN_OPS_MAX) throw new InvalidTxn(`${ops.length} operations in one transaction`);
  const changed = new Set<string>();
  let bytes = 0;
  for (const op of ops) {
    const keyBytes = Buffer.byteLength(op.key);
    if (keyBytes === 0 || keyBytes > KEY_BYTES_MAX) throw new InvalidTxn(`key of ${keyBytes} bytes`);
    bytes += keyBytes + (op.type === 'put' ? Buffer.byteLength(op.value) : 0);
    if (op.type === 'get') continue;
    if (changed.has(op.key)) throw new InvalidTxn(`key changed twice: ${op.key}`);
    changed.add(op.key);
  }
  if (bytes > TXN_BYTES_MAX) throw new InvalidTxn(`transaction of ${bytes} bytes`);
}

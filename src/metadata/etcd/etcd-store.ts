import type { Clock, Timers } from '../../runtime/clock.ts';
import {
  checkTxn,
  LeaseGone,
  StoreUnavailable,
  type LeaseId,
  type MetadataStore,
  type StoreEntry,
  type StoreRange,
  type Txn,
  type TxnResult,
  type Watch,
  type Watching,
} from '../metadata-store.ts';
import type { LeaseResponse, RangeResponse, TxnResponse } from './etcd-api.ts';
import { EtcdClient, type EtcdStream, type EtcdTls } from './etcd-client.ts';
import type { EtcdAddress } from './etcd-endpoints.ts';
import { isEtcdFailure, remedyOf, storeErrorOf } from './etcd-fault.ts';
import { afterKey, EtcdKeys } from './etcd-keys.ts';
import { txnRequest, txnResult } from './etcd-txn.ts';
import { EtcdWatch } from './etcd-watch.ts';

/** Keys in one answer: a large range is read in pages, all of one revision. */
const PAGE_KEYS = 2000;
/** Times that a range starts over because its revision was compacted meanwhile. */
const RANGE_ATTEMPTS_MAX = 3;
const VERSION_MIN = [3, 4] as const;

export interface EtcdStoreOptions {
  readonly address: EtcdAddress;
  readonly clusterName: string;
  readonly tls?: EtcdTls;
  readonly login?: { readonly user: string; readonly password: string };
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What is kept beside a cluster's keys: how far its revisions are above etcd's. */
interface BaseRecord {
  readonly base: number;
}

/**
 * The store of clusters over several processes: etcd, which brings the consensus. Reads are linearizable, calls have
 * deadlines, a member that fails is left for the next. A transaction is sent once; when its outcome cannot be told it
 * rejects with {@link StoreUnavailable}.
 */
export class EtcdStore implements MetadataStore {
  readonly #client: EtcdClient;
  readonly #clusterName: string;
  readonly #timers: Timers;
  readonly #watches = new Set<EtcdWatch>();
  readonly #underWay = new Set<Promise<unknown>>();
  #keys: EtcdKeys;
  #closing: Promise<void> | undefined;

  /** Connects and reads where revisions start. Rejects with {@link StoreUnavailable}, which says what is wrong. */
  static async open(options: EtcdStoreOptions): Promise<EtcdStore> {
    const client = new EtcdClient(options);
    try {
      const key = EtcdKeys.baseKey(options.clusterName);
      const found = await client.call<RangeResponse>('KV.Range', { key }, 'repeatable');
      await checkVersion(client);
      const record = found.kvs[0] && (JSON.parse(found.kvs[0].value.toString('utf8')) as BaseRecord);
      return new EtcdStore(client, options, record?.base ?? 0);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private constructor(client: EtcdClient, { clusterName, timers }: EtcdStoreOptions, base: number) {
    this.#client = client;
    this.#clusterName = clusterName;
    this.#timers = timers;
    this.#keys = new EtcdKeys(clusterName, base);
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    const request = { key: this.#keys.key(key) };
    const { kvs } = await this.#counted(() => this.#client.call<RangeResponse>('KV.Range', request, 'repeatable'));
    return kvs[0] && this.#keys.entry(kvs[0]);
  }

  range(prefix: string): Promise<StoreRange> {
    return this.#counted(() => this.#range(prefix));
  }

  async txn(txn: Txn): Promise<TxnResult> {
    checkTxn(txn);
    const request = txnRequest(txn, this.#keys);
    return txnResult(await this.#counted(() => this.#client.call<TxnResponse>('KV.Txn', request, 'once')), this.#keys);
  }

  watch(wanted: Watch): Watching {
    this.#checkOpen();
    const watch = new EtcdWatch(wanted, this.#keys, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    // What was before the base is no history of this etcd.
    if (Number(this.#keys.etcdRevision(wanted.fromRevision)) < 1) this.#timers.soon(() => watch.lose('compacted'));
    else void watch.open(this.#client);
    return watch;
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    const request = { TTL: String(Math.ceil(ttlMs / 1000)), ID: '0' };
    // A lease whose grant was not answered runs out by itself.
    const grant = (): Promise<LeaseResponse> => this.#client.call('Lease.LeaseGrant', request, 'repeatable');
    return (await this.#counted(grant)).ID;
  }

  keepAlive(lease: LeaseId): Promise<void> {
    return this.#counted(() => this.#client.stream('Lease.LeaseKeepAlive', (stream) => keptAlive(stream, lease)));
  }

  async revoke(lease: LeaseId): Promise<void> {
    try {
      await this.#counted(() => this.#client.call('Lease.LeaseRevoke', { ID: lease }, 'repeatable'));
    } catch (error) {
      if (!(error instanceof LeaseGone)) throw error;
    }
  }

  /** Raises all revisions so that the next is above `revision`; nobody else may use the cluster's keys meanwhile. */
  async raiseRevision(revision: number): Promise<void> {
    const current = (await this.range('')).revision;
    if (current >= revision) return;
    const etcdRevision = Number(this.#keys.etcdRevision(current));
    const base = revision - etcdRevision;
    const value = Buffer.from(JSON.stringify({ base } satisfies BaseRecord));
    const request = { success: [{ request_put: { key: EtcdKeys.baseKey(this.#clusterName), value } }] };
    await this.#counted(() => this.#client.call('KV.Txn', request, 'once'));
    this.#keys = new EtcdKeys(this.#clusterName, base);
  }

  /** Waits for the calls under way. Leases go on until they run out. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    for (const watch of this.#watches) watch.lose('unavailable');
    this.#client.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailable('the metadata store is closed');
  }

  /** A call that closing waits for; refused once the store is closed. */
  async #counted<T>(call: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const called = call();
    this.#underWay.add(called);
    try {
      return await called;
    } finally {
      this.#underWay.delete(called);
    }
  }

  async #range(prefix: string): Promise<StoreRange> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#pages(prefix);
      } catch (error) {
        if (!isEtcdFailure(error)) throw error;
        if (remedyOf(error) !== 'compacted' || attempt >= RANGE_ATTEMPTS_MAX) throw storeErrorOf(error);
      }
    }
  }

  /** All pages of the revision that the first one shows. */
  async #pages(prefix: string): Promise<StoreRange> {
    const { key, range_end } = this.#keys.prefix(prefix);
    const entries: StoreEntry[] = [];
    let from = key;
    let revision = '0';
    for (;;) {
      const request = { key: from, range_end, limit: PAGE_KEYS, revision };
      const page = await this.#client.call<RangeResponse>('KV.Range', request, 'repeatable');
      if (revision === '0') revision = page.header.revision;
      for (const kv of page.kvs) entries.push(this.#keys.entry(kv));
      if (!page.more || page.kvs.length === 0) break;
      from = afterKey(page.kvs.at(-1)!.key);
    }
    // etcd sorts by bytes, the other stores by UTF-16.
    entries.sort((left, right) => (left.key < right.key ? -1 : 1));
    return { revision: this.#keys.revision(revision), entries };
  }
}

/** Rejects when etcd is too old. A login may not be allowed to ask; then what it cannot do shows later. */
async function checkVersion(client: EtcdClient): Promise<void> {
  const status = await client.call<{ version: string }>('Maintenance.Status', {}, 'repeatable').catch(() => undefined);
  if (status === undefined) return;
  const [major = 0, minor = 0] = status.version.split('.').map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  throw new StoreUnavailable(`etcd is ${status.version}, but 3.4 or newer is needed`);
}

function keptAlive(stream: EtcdStream, lease: LeaseId): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', (message: object) => {
      const { TTL } = message as LeaseResponse;
      if (Number(TTL) > 0) resolve();
      else reject(new LeaseGone(`etcd no longer knows the lease ${lease}`));
      stream.cancel();
    });
    stream.on('error', reject);
    stream.on('end', () => reject(new StoreUnavailable('etcd did not say whether the lease goes on')));
    stream.write({ ID: lease });
  });
}

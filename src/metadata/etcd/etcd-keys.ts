import type { StoreEntry } from '../metadata-store.ts';
import type { EtcdKeyValue } from './etcd-api.ts';

/** etcd's id for "no lease". */
const NO_LEASE = '0';

/**
 * Where one cluster's keys lie in etcd, and how its revisions read: keys under `/ph/<cluster name>/`, revisions raised by
 * a base. The base makes revisions, and with them epochs, go on growing when a cluster moved here from another store, or when
 * etcd was restored from an old copy.
 */
export class EtcdKeys {
  readonly #root: string;
  readonly #base: number;

  constructor(clusterName: string, base: number) {
    this.#root = `/ph/${clusterName}/`;
    this.#base = base;
  }

  /** Where the base is kept: beside the cluster's keys, not among them. */
  static baseKey(clusterName: string): Buffer {
    return Buffer.from(`/ph/${clusterName}`);
  }

  key(key: string): Buffer {
    return Buffer.from(this.#root + key);
  }

  /** All keys that start with `prefix`, from `key` up to, not including, `range_end`. */
  prefix(prefix: string): { key: Buffer; range_end: Buffer } {
    const key = this.key(prefix);
    return { key, range_end: afterPrefix(key) };
  }

  nameOf(key: Buffer): string {
    return key.toString('utf8').slice(this.#root.length);
  }

  /** The revision that Posthorn sees. */
  revision(etcd: string): number {
    return Number(etcd) + this.#base;
  }

  /** etcd's own revision for one of ours; 0 stays "no such key", and one from before the base is none at all: -1. */
  etcdRevision(revision: number): string {
    if (revision === 0) return '0';
    return String(Math.max(revision - this.#base, -1) || -1);
  }

  entry(kv: EtcdKeyValue): StoreEntry {
    return {
      key: this.nameOf(kv.key),
      value: kv.value.toString('utf8'),
      createRevision: this.revision(kv.create_revision),
      modRevision: this.revision(kv.mod_revision),
      lease: kv.lease === NO_LEASE ? undefined : kv.lease,
    };
  }
}

/** The first key behind all that start with `prefix`, whose last byte is never 0xff: it is UTF-8. */
export function afterPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}

/** The first key behind `key`. */
export function afterKey(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

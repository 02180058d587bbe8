import { LeaseGone, StoreUnavailable } from '../metadata-store.ts';

/** Numbers of gRPC's status codes that etcd uses. */
const CODE = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A failed gRPC call, as the library reports it. */
export interface EtcdFailure {
  readonly code: number;
  readonly details: string;
}

export function isEtcdFailure(error: unknown): error is Error & EtcdFailure {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

/**
 * What to do about a failed call. `ask another`: this member certainly did nothing, another may. `log in`: the token is
 * no longer good, and nothing was done. `unknown`: it may have been done.
 */
export type Remedy = 'ask another' | 'log in' | 'lease gone' | 'compacted' | 'unknown';

export function remedyOf({ code, details }: EtcdFailure): Remedy {
  if (details.includes('requested lease not found')) return 'lease gone';
  if (details.includes('required revision has been compacted')) return 'compacted';
  if (code === CODE.unauthenticated || details.includes('revision of auth store is old')) return 'log in';
  // The first is refused before it is proposed, the second never left this process.
  if (details.includes('etcdserver: no leader') || details.startsWith('No connection established'))
    return 'ask another';
  return 'unknown';
}

/** Whether the member itself is at fault, so that the next call had better go to another. */
export function isMemberAway({ code }: EtcdFailure): boolean {
  return code === CODE.unavailable || code === CODE.deadlineExceeded || code === CODE.cancelled;
}

/** The failure in words that say what to do. */
export function storeErrorOf(failure: Error & EtcdFailure): Error {
  if (remedyOf(failure) === 'lease gone') return new LeaseGone('etcd no longer knows the lease', { cause: failure });
  return new StoreUnavailable(sentenceOf(failure), { cause: failure });
}

function sentenceOf({ code, details }: EtcdFailure): string {
  if (details.includes('database space exceeded')) {
    return (
      'etcd takes no writes, for its database has reached its quota (alarm NOSPACE): compact and defragment it, ' +
      "then run 'etcdctl alarm disarm'; records are served as before"
    );
  }
  if (details.includes('user name is empty')) {
    return 'etcd wants a login: set metadata.store.user and metadata.store.password';
  }
  if (details.includes('authentication failed')) {
    return 'etcd does not accept metadata.store.user with metadata.store.password';
  }
  if (code === CODE.permissionDenied) {
    return 'etcd denies access: metadata.store.user needs a role that may read and write all keys that start with /ph/';
  }
  if (code === CODE.unimplemented) return 'this is no etcd 3.4 or newer: it does not know the calls of the v3 API';
  if (code === CODE.deadlineExceeded) return 'etcd did not answer in time';
  if (details.includes('no leader')) return 'etcd has no leader: too few of its members are up';
  return `etcd failed: ${details}`;
}

/** Why there is no connection and what may be done about it, as the end of a sentence; empty where nothing is known. */
export function reasonOf({ details }: EtcdFailure, isTls: boolean): string {
  const told = /Last error: (?:Error: )?(.*?)\s*(?:\(\d{4}-[^)]*\))?(?:\. Resolution note.*)?$/s.exec(details)?.[1];
  if (told === undefined) return '';
  const alert = /alert [a-z ]+/.exec(told)?.[0];
  if (alert !== undefined) {
    const remedy = 'it takes none but those whose certificate it trusts';
    return `: ${alert}; ${remedy}: metadata.store.tls.cert.file and metadata.store.tls.key.file`;
  }
  if (/certificate/.test(told))
    return `: ${told}; metadata.store.tls.ca.file names the authority that signed its certificate`;
  if (/before secure TLS connection/.test(told))
    return ': it does not speak TLS; without, the address begins with etcd://';
  if (!isTls && told === 'Failed to connect')
    return ': what answers is no etcd, or speaks TLS: then the address begins with etcds://';
  return `: ${told}`;
}

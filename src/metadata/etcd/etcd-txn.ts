import type { Compare, StoreEntry, StoreOp, Txn, TxnResult } from '../metadata-store.ts';
import type { TxnResponse } from './etcd-api.ts';
import type { EtcdKeys } from './etcd-keys.ts';

const EQUAL = 0;
const TARGET_CREATE = 1;
const TARGET_MOD = 2;

/** A transaction in etcd's words. Reads come first: etcd would show them what the transaction itself put. */
export function txnRequest({ compares, onSuccess, onFailure = [] }: Txn, keys: EtcdKeys): object {
  return {
    compare: compares.map((compare) => compareOf(compare, keys)),
    success: readsFirst(onSuccess).map((op) => requestOp(op, keys)),
    failure: readsFirst(onFailure).map((op) => requestOp(op, keys)),
  };
}

export function txnResult({ header, succeeded, responses }: TxnResponse, keys: EtcdKeys): TxnResult {
  const reads: (StoreEntry | undefined)[] = [];
  for (const { response_range: range } of responses) {
    if (range === null) continue;
    const [kv] = range.kvs;
    reads.push(kv && keys.entry(kv));
  }
  return { succeeded, revision: keys.revision(header.revision), reads };
}

function readsFirst(ops: readonly StoreOp[]): StoreOp[] {
  return [...ops.filter(({ type }) => type === 'get'), ...ops.filter(({ type }) => type !== 'get')];
}

function compareOf(compare: Compare, keys: EtcdKeys): object {
  const key = keys.key(compare.key);
  return 'createRevision' in compare
    ? { result: EQUAL, target: TARGET_CREATE, key, create_revision: keys.etcdRevision(compare.createRevision) }
    : { result: EQUAL, target: TARGET_MOD, key, mod_revision: keys.etcdRevision(compare.modRevision) };
}

function requestOp(op: StoreOp, keys: EtcdKeys): object {
  const key = keys.key(op.key);
  switch (op.type) {
    case 'get':
      return { request_range: { key } };
    case 'put':
      return { request_put: { key, value: Buffer.from(op.value), lease: op.lease ?? '0' } };
    case 'delete':
      return { request_delete_range: { key } };
    default:
      return op satisfies never;
  }
}

/**
 * The part of etcd's v3 API that Posthorn calls, with the field numbers of its public protocol: messages by name, each
 * field as `name: [number, type]`, a type in brackets being repeated. 64-bit numbers come as texts, for lease ids pass 2^53.
 */
type Field = readonly [id: number, type: string] | readonly [id: number, type: readonly [string]];

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ResponseHeader: {
    cluster_id: [1, 'uint64'],
    member_id: [2, 'uint64'],
    revision: [3, 'int64'],
    raft_term: [4, 'uint64'],
  },
  KeyValue: {
    key: [1, 'bytes'],
    create_revision: [2, 'int64'],
    mod_revision: [3, 'int64'],
    version: [4, 'int64'],
    value: [5, 'bytes'],
    lease: [6, 'int64'],
  },
  Event: { type: [1, 'int32'], kv: [2, 'KeyValue'] },
  RangeRequest: { key: [1, 'bytes'], range_end: [2, 'bytes'], limit: [3, 'int64'], revision: [4, 'int64'] },
  RangeResponse: { header: [1, 'ResponseHeader'], kvs: [2, ['KeyValue']], more: [3, 'bool'], count: [4, 'int64'] },
  PutRequest: { key: [1, 'bytes'], value: [2, 'bytes'], lease: [3, 'int64'] },
  DeleteRangeRequest: { key: [1, 'bytes'], range_end: [2, 'bytes'] },
  RequestOp: {
    request_range: [1, 'RangeRequest'],
    request_put: [2, 'PutRequest'],
    request_delete_range: [3, 'DeleteRangeRequest'],
  },
  ResponseOp: { response_range: [1, 'RangeResponse'] },
  Compare: {
    result: [1, 'int32'],
    target: [2, 'int32'],
    key: [3, 'bytes'],
    create_revision: [5, 'int64'],
    mod_revision: [6, 'int64'],
  },
  TxnRequest: { compare: [1, ['Compare']], success: [2, ['RequestOp']], failure: [3, ['RequestOp']] },
  TxnResponse: { header: [1, 'ResponseHeader'], succeeded: [2, 'bool'], responses: [3, ['ResponseOp']] },
  WatchRequest: { create_request: [1, 'WatchCreateRequest'] },
  WatchCreateRequest: {
    key: [1, 'bytes'],
    range_end: [2, 'bytes'],
    start_revision: [3, 'int64'],
    progress_notify: [4, 'bool'],
    fragment: [8, 'bool'],
  },
  WatchResponse: {
    header: [1, 'ResponseHeader'],
    watch_id: [2, 'int64'],
    created: [3, 'bool'],
    canceled: [4, 'bool'],
    compact_revision: [5, 'int64'],
    cancel_reason: [6, 'string'],
    fragment: [7, 'bool'],
    events: [11, ['Event']],
  },
  LeaseGrantRequest: { TTL: [1, 'int64'], ID: [2, 'int64'] },
  LeaseGrantResponse: { header: [1, 'ResponseHeader'], ID: [2, 'int64'], TTL: [3, 'int64'], error: [4, 'string'] },
  LeaseRevokeRequest: { ID: [1, 'int64'] },
  LeaseRevokeResponse: { header: [1, 'ResponseHeader'] },
  LeaseKeepAliveRequest: { ID: [1, 'int64'] },
  LeaseKeepAliveResponse: { header: [1, 'ResponseHeader'], ID: [2, 'int64'], TTL: [3, 'int64'] },
  AuthenticateRequest: { name: [1, 'string'], password: [2, 'string'] },
  AuthenticateResponse: { header: [1, 'ResponseHeader'], token: [2, 'string'] },
  StatusRequest: {},
  StatusResponse: {
    header: [1, 'ResponseHeader'],
    version: [2, 'string'],
    dbSize: [3, 'int64'],
    leader: [4, 'uint64'],
  },
};

/** Calls by service: name, and the names of its request and response before `Request` and `Response`. */
const UNARY = {
  KV: { Range: 'Range', Txn: 'Txn' },
  Lease: { LeaseGrant: 'LeaseGrant', LeaseRevoke: 'LeaseRevoke' },
  Auth: { Authenticate: 'Authenticate' },
  Maintenance: { Status: 'Status' },
} as const;
const STREAMS = { Watch: { Watch: 'Watch' }, Lease: { LeaseKeepAlive: 'LeaseKeepAlive' } } as const;

export type UnaryMethod =
  | 'KV.Range'
  | 'KV.Txn'
  | 'Lease.LeaseGrant'
  | 'Lease.LeaseRevoke'
  | 'Auth.Authenticate'
  | 'Maintenance.Status';
export type StreamMethod = 'Watch.Watch' | 'Lease.LeaseKeepAlive';
export type EtcdMethod = UnaryMethod | StreamMethod;

/** The package that the services of etcd are in. */
export const ETCD_PACKAGE = 'etcdserverpb';

/** The API in the form that proto-loader takes. */
export function etcdDescriptor(): object {
  const nested: Record<string, object> = {};
  for (const [name, fields] of Object.entries(MESSAGES)) {
    const described = Object.entries(fields).map(([field, [id, type]]) => [
      field,
      typeof type === 'string' ? { id, type } : { id, type: type[0], rule: 'repeated' },
    ]);
    nested[name] = { fields: Object.fromEntries(described) as object };
  }
  describeCalls(nested, UNARY, {});
  describeCalls(nested, STREAMS, { requestStream: true, responseStream: true });
  return { nested: { [ETCD_PACKAGE]: { nested } } };
}

type Services = Readonly<Record<string, Readonly<Record<string, string>>>>;

function describeCalls(nested: Record<string, object>, services: Services, kind: object): void {
  for (const [service, calls] of Object.entries(services)) {
    const known = (nested[service] ?? { methods: {} }) as { methods: Record<string, object> };
    for (const [call, message] of Object.entries(calls)) {
      known.methods[call] = { requestType: `${message}Request`, responseType: `${message}Response`, ...kind };
    }
    nested[service] = known;
  }
}

export interface EtcdHeader {
  readonly revision: string;
}

export interface EtcdKeyValue {
  readonly key: Buffer;
  readonly create_revision: string;
  readonly mod_revision: string;
  readonly value: Buffer;
  readonly lease: string;
}

export interface RangeResponse {
  readonly header: EtcdHeader;
  readonly kvs: readonly EtcdKeyValue[];
  readonly more: boolean;
}

export interface TxnResponse {
  readonly header: EtcdHeader;
  readonly succeeded: boolean;
  readonly responses: readonly { readonly response_range: RangeResponse | null }[];
}

export const EVENT_DELETE = 1;

export interface WatchResponse {
  readonly header: EtcdHeader | null;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason: string;
  /** More of the same message follows. */
  readonly fragment: boolean;
  readonly events: readonly { readonly type: number; readonly kv: EtcdKeyValue }[];
}

export interface LeaseResponse {
  readonly ID: string;
  readonly TTL: string;
}

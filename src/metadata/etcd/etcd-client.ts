import type { Client, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import type { Clock, Timers } from '../../runtime/clock.ts';
import { StoreUnavailable } from '../metadata-store.ts';
import type { StreamMethod, UnaryMethod } from './etcd-api.ts';
import type { EtcdAddress } from './etcd-endpoints.ts';
import { isEtcdFailure, isMemberAway, reasonOf, remedyOf, storeErrorOf } from './etcd-fault.ts';
import { grpc, methodCodec } from './grpc.ts';

/** Longest that a call may take, with all its attempts. */
export const CALL_TIMEOUT_MS = 5000;
/** How long one member is waited for before the next is asked. */
const CONNECT_TIMEOUT_MS = 1000;
/** How long one of several members may take over a call that can be repeated. */
const ATTEMPT_TIMEOUT_MS = 2000;
/** Pause once all members were asked in vain. */
const ROUND_PAUSE_MS = 100;
/** How long it may take to learn why a member cannot be reached. */
const WHY_TIMEOUT_MS = 200;
const ANY_KEY = Buffer.from('/');
/** etcd refuses pings that come more often than every 5 seconds. */
const PING_EVERY_MS = 6000;
const PING_TIMEOUT_MS = 3000;
/** A page of keys whose values are as large as they may be. */
const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;
/** Calls under way at once. */
export const CALLS_MAX = 10_000;

export interface EtcdTls {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

export interface EtcdClientParts {
  readonly address: EtcdAddress;
  readonly tls?: EtcdTls;
  readonly login?: { readonly user: string; readonly password: string };
  readonly clock: Clock;
  readonly timers: Timers;
}

/** `repeatable`: doing it twice is as good as once, so that it is asked of another member when one does not answer. */
export type Repetition = 'once' | 'repeatable';

export type EtcdStream = ClientDuplexStream<object, object>;

/**
 * Calls to an etcd cluster over gRPC, to one member at a time and to the next when it fails. Every call says that it needs a
 * leader, so a member cut off from the others refuses at once instead of hanging, and has a deadline. What may have been
 * done is never repeated, unless that does no harm.
 */
export class EtcdClient {
  readonly #parts: EtcdClientParts;
  readonly #members: (Client | undefined)[];
  #current = 0;
  #token: string | undefined;
  #underWay = 0;
  #isClosed = false;

  constructor(parts: EtcdClientParts) {
    this.#parts = parts;
    this.#members = parts.address.endpoints.map(() => undefined);
  }

  /** Rejects with StoreUnavailable or LeaseGone; where history is compacted, with etcd's own failure. */
  async call<Response>(method: UnaryMethod, request: object, repetition: Repetition): Promise<Response> {
    if (this.#underWay >= CALLS_MAX) throw new StoreUnavailable('too many calls to etcd are waiting');
    this.#underWay++;
    try {
      return await this.#attempts(repetition, (client, metadata, timeoutMs) =>
        this.#unary<Response>(client, method, { request, metadata, timeoutMs }),
      );
    } finally {
      this.#underWay--;
    }
  }

  /**
   * Opens a stream to a member that can be reached; as `call` otherwise. It is cancelled when `use` has not resolved in
   * time, and lives on when it has.
   */
  stream<Result>(method: StreamMethod, use: (stream: EtcdStream) => Promise<Result>): Promise<Result> {
    return this.#attempts('repeatable', async (client, metadata, timeoutMs) => {
      const { path, requestSerialize, responseDeserialize } = codecOf(method);
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
      const timer = this.#parts.timers.set(timeoutMs, () => stream.cancel());
      try {
        return await use(stream);
      } finally {
        timer.cancel();
      }
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const member of this.#members) member?.close();
  }

  async #attempts<T>(
    repetition: Repetition,
    attempt: (client: Client, metadata: Metadata, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock, address } = this.#parts;
    const deadlineMs = clock.monotonicMs() + CALL_TIMEOUT_MS;
    const isOne = repetition === 'once' || address.endpoints.length === 1;
    let failure: Error = new StoreUnavailable('etcd did not answer in time');
    for (let count = 1; ; count++) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0 || this.#isClosed) throw failure;
      const index = this.#current;
      try {
        const client = await this.#ready(index, Math.min(leftMs, CONNECT_TIMEOUT_MS));
        const metadata = await this.#metadata(client);
        const attemptMs = Math.max(1, deadlineMs - clock.monotonicMs());
        return await attempt(client, metadata, isOne ? attemptMs : Math.min(attemptMs, ATTEMPT_TIMEOUT_MS));
      } catch (error) {
        failure = this.#judge(error, index, repetition);
      }
      if (count % address.endpoints.length === 0) await this.#pause(ROUND_PAUSE_MS);
    }
  }

  /** Returns why the next attempt is made; throws where there is to be none. */
  #judge(error: unknown, index: number, repetition: Repetition): Error {
    if (error instanceof StoreUnavailable) {
      this.#leave(index);
      return error;
    }
    if (!isEtcdFailure(error)) throw error;
    const remedy = remedyOf(error);
    if (remedy === 'compacted') throw error;
    const told = storeErrorOf(error);
    if (isMemberAway(error)) this.#leave(index);
    if (remedy === 'log in' && this.#parts.login !== undefined) {
      this.#token = undefined;
      return told;
    }
    if (remedy === 'ask another' || (isMemberAway(error) && repetition === 'repeatable')) return told;
    throw told;
  }

  #leave(index: number): void {
    if (this.#current === index) this.#current = (index + 1) % this.#members.length;
  }

  /** A member's client once it is connected. Rejects with StoreUnavailable. */
  async #ready(index: number, timeoutMs: number): Promise<Client> {
    const client = (this.#members[index] ??= this.#connect(this.#parts.address.endpoints[index]!));
    const deadline = this.#parts.clock.nowMs() + timeoutMs;
    const isReady = await new Promise((resolve) => {
      client.waitForReady(deadline, (error) => resolve(error === undefined));
    });
    if (isReady) return client;
    const why = await this.#whyAway(client);
    throw new StoreUnavailable(`etcd at ${this.#parts.address.endpoints[index]} cannot be reached${why}`);
  }

  /** Only a call is told why there is no connection. */
  async #whyAway(client: Client): Promise<string> {
    const metadata = new (grpc().Metadata)();
    try {
      await this.#unary(client, 'KV.Range', { request: { key: ANY_KEY }, metadata, timeoutMs: WHY_TIMEOUT_MS });
      return '';
    } catch (error) {
      return isEtcdFailure(error) ? reasonOf(error, this.#parts.address.isTls) : '';
    }
  }

  #connect(endpoint: string): Client {
    const { Client: GrpcClient, credentials } = grpc();
    const { address, tls } = this.#parts;
    const secret = address.isTls
      ? credentials.createSsl(tls?.ca ?? null, tls?.key ?? null, tls?.cert ?? null)
      : credentials.createInsecure();
    return new GrpcClient(endpoint, secret, {
      'grpc.keepalive_time_ms': PING_EVERY_MS,
      'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2000,
      'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  async #metadata(client: Client): Promise<Metadata> {
    const metadata = new (grpc().Metadata)();
    metadata.set('hasleader', 'true');
    const { login } = this.#parts;
    if (login === undefined) return metadata;
    if (this.#token === undefined) {
      const request = { name: login.user, password: login.password };
      const asked = { request, metadata, timeoutMs: ATTEMPT_TIMEOUT_MS };
      const { token } = await this.#unary<{ token: string }>(client, 'Auth.Authenticate', asked);
      this.#token = token;
    }
    metadata.set('token', this.#token);
    return metadata;
  }

  #unary<Response>(
    client: Client,
    method: UnaryMethod,
    { request, metadata, timeoutMs }: { request: object; metadata: Metadata; timeoutMs: number },
  ): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = codecOf(method);
    const deadline = this.#parts.clock.nowMs() + timeoutMs;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, answer) => {
          if (error === null) resolve(answer as Response);
          else reject(error);
        },
      );
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.timers.set(ms, resolve));
  }
}

/** The functions of a call, without what they are members of. */
function codecOf(method: UnaryMethod | StreamMethod): {
  path: string;
  requestSerialize: (message: object) => Buffer;
  responseDeserialize: (bytes: Buffer) => object;
} {
  const codec = methodCodec(method);
  return {
    path: codec.path,
    requestSerialize: (message) => codec.requestSerialize(message),
    responseDeserialize: (bytes) => codec.responseDeserialize(bytes),
  };
}

import { ByteReader } from '../base/byte-reader.ts';
import { Malformed } from '../base/malformed.ts';
import { responseHeaderVersion } from '../protocol/api-table.ts';
import { decode, decodeExact } from '../protocol/codec.ts';
import { responseHeader } from '../protocol/request-header.ts';
import type { Fields, Read } from '../protocol/schema.ts';
import type { Timer, Timers } from '../runtime/clock.ts';
import type { Address, Connection, ConnectionHandler, Network } from '../runtime/network.ts';
import { FrameReceiver } from './frame-receiver.ts';
import { requestFrame, type Outgoing } from './request-frame.ts';

const CORRELATION_ID_MASK = 0x7fff_ffff;
/** Requests that wait for their answers on one connection; those beyond fail at once. */
const PENDING_MAX = 10_000;

/** Why a request to a peer has no answer. Only `refused` says that nobody listens there; all others leave it unknown. */
export type PeerFailureKind = 'refused' | 'broken' | 'timeout' | 'malformed' | 'busy' | 'closed';

export class PeerFailure extends Error {
  override name = 'PeerFailure';
  readonly kind: PeerFailureKind;

  constructor(kind: PeerFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A request to another broker. Brokers of one cluster speak the versions of this release. */
export interface PeerRequest<Req extends Fields, Res extends Fields> extends Outgoing<Req, Res> {
  readonly timeoutMs: number;
}

/** Told once: the answer, valid until the turn ends, or why there is none. Must not throw. */
export type PeerAnswered<Res extends Fields> = (response: Read<Res> | PeerFailure) => void;

export interface PeerConnectionOptions {
  readonly network: Network;
  readonly timers: Timers;
  readonly address: Address;
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  /** Larger answers break the connection. */
  readonly responseBytesMax: number;
  /** The connection has ended and nothing more comes of it. */
  readonly ended: (failure: PeerFailure) => void;
}

interface Pending {
  readonly correlationId: number;
  readonly headerVersion: 0 | 1;
  readonly timer: Timer;
  answered(body: ByteReader): void;
  failed(failure: PeerFailure): void;
}

/**
 * A connection from one broker to another: requests are pipelined and answered in their order, by callbacks, so that a
 * follower's fetch costs no promise. What is sent before the connection stands waits for it. A request without an answer
 * in time ends the connection, since later answers could not be told apart.
 */
export class PeerConnection implements ConnectionHandler {
  readonly address: Address;
  readonly #options: PeerConnectionOptions;
  readonly #frames: FrameReceiver;
  readonly #connectTimer: Timer;
  #connection: Connection | undefined;
  #pending: Pending[] = [];
  /** Encoded requests that wait for the connection. */
  #unsent: Uint8Array[][] = [];
  #correlationId = 0;
  #failure: PeerFailure | undefined;

  constructor(options: PeerConnectionOptions) {
    this.#options = options;
    this.address = options.address;
    this.#frames = new FrameReceiver({
      frameBytesMax: options.responseBytesMax,
      onFrame: (frame) => this.#frame(frame),
      isTransient: () => true,
    });
    this.#connectTimer = options.timers.set(options.connectTimeoutMs, () =>
      this.#fail(new PeerFailure('timeout', `${this.#name} cannot be reached within ${options.connectTimeoutMs} ms`)),
    );
    options.network
      .connect(options.address, () => this)
      .then(
        (connection) => this.#connected(connection),
        (error: unknown) => this.#fail(connectFailure(this.#name, error)),
      );
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Sends a request; `answered` is called later, never from inside this call. */
  send<Req extends Fields, Res extends Fields>(request: PeerRequest<Req, Res>, answered: PeerAnswered<Res>): void {
    const { api, version, timeoutMs } = request;
    const { timers } = this.#options;
    const refusal =
      this.#failure ?? (this.#pending.length < PENDING_MAX ? undefined : new PeerFailure('busy', this.#name));
    if (refusal !== undefined) {
      timers.soon(() => answered(refusal));
      return;
    }
    this.#correlationId = (this.#correlationId + 1) & CORRELATION_ID_MASK;
    const chunks = requestFrame(request, this.#correlationId, this.#options.clientId);
    this.#pending.push({
      correlationId: this.#correlationId,
      headerVersion: responseHeaderVersion(api.key, version),
      timer: timers.set(timeoutMs, () =>
        this.#fail(new PeerFailure('timeout', `${api.name} at ${this.#name}: no answer within ${timeoutMs} ms`)),
      ),
      answered: (body) => answered(decodeExact(api.response, version, body)),
      failed: answered,
    });
    if (this.#connection === undefined) this.#unsent.push(chunks);
    else this.#connection.write(chunks);
  }

  /** Ends the connection; whoever waits is told `closed`. */
  close(): void {
    this.#fail(new PeerFailure('closed', `the connection to ${this.#name} was closed`));
  }

  landing(): Uint8Array {
    return this.#frames.landing();
  }

  received(count: number): void {
    try {
      this.#frames.received(count);
    } catch (error) {
      this.#fail(new PeerFailure('malformed', `${this.#name}: ${String(error)}`, { cause: error }));
    }
  }

  drained(): void {
    // What is in flight is bounded by its number, and each of it waits for an answer.
  }

  closed(error?: Error): void {
    const why = error === undefined ? '' : `: ${error.message}`;
    this.#fail(new PeerFailure('broken', `the connection to ${this.#name} broke${why}`, { cause: error }));
  }

  get #name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  #connected(connection: Connection): void {
    if (this.#failure !== undefined) {
      connection.destroy();
      return;
    }
    this.#connectTimer.cancel();
    this.#connection = connection;
    const unsent = this.#unsent;
    this.#unsent = [];
    if (unsent.length > 0) connection.write(unsent.flat());
  }

  #frame(frame: Uint8Array): void {
    const reader = new ByteReader(frame);
    const pending = this.#pending.shift();
    if (pending === undefined) throw new Malformed('an answer that nobody asked for');
    pending.timer.cancel();
    try {
      const { correlationId } = decode(responseHeader, pending.headerVersion, reader);
      if (correlationId !== pending.correlationId) throw new Malformed(`answer ${correlationId} is out of order`);
      pending.answered(reader);
    } catch (error) {
      pending.failed(new PeerFailure('malformed', `${this.#name}: ${String(error)}`, { cause: error }));
      throw error;
    }
  }

  #fail(failure: PeerFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#connectTimer.cancel();
    this.#connection?.destroy();
    this.#unsent = [];
    const pending = this.#pending;
    this.#pending = [];
    for (const each of pending) {
      each.timer.cancel();
      this.#options.timers.soon(() => each.failed(failure));
    }
    this.#options.ended(failure);
  }
}

function connectFailure(name: string, error: unknown): PeerFailure {
  const isRefused = (error as { code?: string }).code === 'ECONNREFUSED';
  const text = error instanceof Error ? error.message : String(error);
  return new PeerFailure(isRefused ? 'refused' : 'broken', `${name} cannot be reached: ${text}`, { cause: error });
}

import { ByteReader } from '../base/byte-reader.ts';
import { Malformed } from '../base/malformed.ts';
import { responseHeaderVersion } from '../protocol/api-table.ts';
import { decode, decodeExact } from '../protocol/codec.ts';
import { E, errorOf } from '../protocol/errors.ts';
import { apiVersions } from '../protocol/messages/018-api-versions.ts';
import { responseHeader } from '../protocol/request-header.ts';
import type { Api, Fields, Read, Write } from '../protocol/schema.ts';
import type { Timer } from '../runtime/clock.ts';
import { TlsError, type Address, type Connection, type ConnectionHandler } from '../runtime/network.ts';
import { FrameReceiver } from '../wire/frame-receiver.ts';
import { abilitiesIn, versionBetween, type BrokerAbilities } from './broker-abilities.ts';
import { asKafkaError, brokerError, ConnectionError, KafkaError, TimeoutError } from './client-error.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientSettings } from './client-options.ts';
import type { ClientRuntime } from './client-runtime.ts';
import { isTlsAlert, malformed, nameOf, securityMismatch, tlsFailure, unansweredHint } from './connection-errors.ts';
import { logIn } from './log-in.ts';
import type { NetworkCounters } from './observe/metric-tables.ts';
import { SIZE_BYTES } from '../wire/frame.ts';
import { requestFrame, type Outgoing } from '../wire/request-frame.ts';

/** Larger answers are not taken: fetches ask for less. */
const RESPONSE_BYTES_MAX = 256 * 1024 * 1024;
const CORRELATION_ID_MASK = 0x7fff_ffff;
const SOFTWARE_NAME = 'posthorn';
const NEWEST_API_VERSIONS = 4;

/** A request whose answer has not come. */
interface Pending {
  readonly correlationId: number;
  /** 'none': the answer is a bare token without any header. */
  readonly headerVersion: 0 | 1 | 'none';
  readonly answered: (body: ByteReader) => void;
  readonly failed: (error: KafkaError) => void;
  readonly timer: Timer;
  /** Monotonic milliseconds. */
  sentMs: number;
}

/** A request that waits while the connection logs in anew; nothing but the login may be sent in between. */
interface Held {
  readonly pending: Pending | undefined;
  readonly chunks: Uint8Array[];
  readonly sent: (() => void) | undefined;
}

/**
 * One connection to one broker. Requests are pipelined, answers come in their order. A request that times out breaks the
 * connection, because what comes afterwards could not be told apart. Create it with {@link open}.
 */
export class BrokerConnection implements ConnectionHandler {
  readonly address: Address;
  readonly #runtime: ClientRuntime;
  readonly #settings: ClientSettings;
  readonly #counters: NetworkCounters;
  readonly #frames: FrameReceiver;
  #connection: Connection | undefined;
  #landed: Uint8Array = new Uint8Array();
  #wasAnswered = false;
  #pending: Pending[] = [];
  /** Those who wait for bytes to leave. */
  readonly #leaving = new Set<(error: KafkaError) => void>();
  #correlationId = 0;
  #renewAtMs = Number.POSITIVE_INFINITY;
  #held: Held[] | undefined;
  #abilities: BrokerAbilities = { versions: new Map(), features: new Map() };
  #failure: KafkaError | undefined;
  #lastUsedMs: number;
  #closed: ((error: KafkaError) => void) | undefined;

  private constructor({ runtime, settings, counters }: ClientContext, address: Address) {
    this.address = address;
    this.#counters = counters;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#lastUsedMs = runtime.clock.monotonicMs();
    this.#frames = new FrameReceiver({
      frameBytesMax: RESPONSE_BYTES_MAX,
      onFrame: (frame) => this.#frame(frame),
    });
  }

  /**
   * Connects, asks what the broker speaks and logs in. Rejects with {@link ConnectionError} or {@link TimeoutError}, or with
   * AUTHENTICATION_FAILED when either end does not trust the other.
   * @param closed called once when the connection has ended, with the reason; CLOSED when that was {@link close}.
   */
  static async open(
    context: ClientContext,
    address: Address,
    closed: (error: KafkaError) => void,
  ): Promise<BrokerConnection> {
    const opened = new BrokerConnection(context, address);
    const { connectTimeoutMs } = context.settings;
    const name = nameOf(address);
    const gaveUp = new AbortController();
    const timer = context.runtime.timers.set(connectTimeoutMs, () => {
      opened.#fail(new TimeoutError(`${name} cannot be reached within ${connectTimeoutMs} ms`));
      gaveUp.abort();
    });
    try {
      await opened.#connect(gaveUp.signal);
      opened.#abilities = await opened.#askAbilities();
      await opened.#logIn();
    } catch (error) {
      const reason =
        error instanceof KafkaError ? error : new ConnectionError(`${name}: ${String(error)}`, { cause: error });
      opened.#fail(reason);
      throw reason;
    } finally {
      timer.cancel();
    }
    opened.#closed = closed;
    return opened;
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Requests that wait for their answers. */
  get inFlight(): number {
    return this.#pending.length + (this.#held?.length ?? 0);
  }

  /** Monotonic milliseconds of the last request or answer. */
  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** What the broker told when the connection was opened. */
  get abilities(): BrokerAbilities {
    return this.#abilities;
  }

  /** The newest version of a request that both sides speak, at most `newest`; undefined when there is none. */
  versionOf({ key }: Pick<Api, 'key'>, newest?: number): number | undefined {
    return versionBetween(key, this.#abilities, newest);
  }

  /** As {@link versionOf}; throws UNSUPPORTED when there is none. */
  versionFor(api: Pick<Api, 'key' | 'name'>, newest?: number): number {
    const version = this.versionOf(api, newest);
    if (version !== undefined) return version;
    throw new KafkaError('UNSUPPORTED', `the broker at ${nameOf(this.address)} does not serve ${api.name}`);
  }

  /** Sends a request and gives its answer. Byte fields of the answer are views of memory that stays as it is. */
  request<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
    timeoutMs = this.#settings.requestTimeoutMs,
  ): Promise<Read<Res>> {
    this.#renewLogin();
    return this.#ask({ api, version, body }, timeoutMs, (request) => this.#submit(request));
  }

  #ask<Req extends Fields, Res extends Fields>(
    { api, version, body }: Outgoing<Req, Res>,
    timeoutMs: number,
    submit: (request: Held) => void,
  ): Promise<Read<Res>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const correlationId = this.#nextCorrelationId();
      const about = `${api.name} at ${nameOf(this.address)}`;
      // Encoded first: a body that the version cannot carry must not leave an answer awaited.
      const chunks = requestFrame({ api, version, body }, correlationId, this.#settings.clientId);
      const timer = this.#runtime.timers.set(timeoutMs, () =>
        this.#fail(new TimeoutError(`${about}: no answer within ${timeoutMs} ms`)),
      );
      const answered = (reader: ByteReader): void => resolve(decodeExact(api.response, version, reader));
      const headerVersion = responseHeaderVersion(api.key, version);
      const pending = { correlationId, headerVersion, answered, failed: reject, timer, sentMs: 0 };
      submit({ pending, chunks, sent: undefined });
    });
  }

  /** Sends a request that is not answered, a produce with acks=0; done when its bytes have left this process. */
  post<Req extends Fields, Res extends Fields>(api: Api<Req, Res>, version: number, body: Write<Req>): Promise<void> {
    this.#renewLogin();
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const chunks = requestFrame({ api, version, body }, this.#nextCorrelationId(), this.#settings.clientId);
      this.#leaving.add(reject);
      const sent = (): void => {
        if (this.#leaving.delete(reject)) resolve();
      };
      this.#submit({ pending: undefined, chunks, sent });
    });
  }

  /** Ends the connection; whoever waits is told CLOSED. */
  close(): void {
    this.#fail(new KafkaError('CLOSED', `the connection to ${nameOf(this.address)} was closed`));
  }

  landing(): Uint8Array {
    this.#landed = this.#frames.landing();
    return this.#landed;
  }

  received(count: number): void {
    if (!this.#wasAnswered && isTlsAlert(this.#landed, count)) {
      this.#fail(securityMismatch(`${nameOf(this.address)} speaks TLS: set the option tls, or use its plain port`));
      return;
    }
    try {
      this.#frames.received(count);
    } catch (error) {
      this.#fail(malformed(this.address, error));
    }
  }

  drained(): void {
    // Back-pressure is by what is in flight: producers bound their bytes, all others wait for answers.
  }

  closed(error?: Error): void {
    if (error instanceof TlsError) {
      this.#fail(tlsFailure(this.address, error));
      return;
    }
    const why = error === undefined ? '' : `: ${error.message}`;
    const hint = this.#wasAnswered ? '' : unansweredHint(this.#settings.tls !== undefined);
    this.#fail(new ConnectionError(`the connection to ${nameOf(this.address)} broke${why}${hint}`, { cause: error }));
  }

  /** A network that takes longer than the signal allows is left behind, and what it still brings is dropped. */
  async #connect(signal: AbortSignal): Promise<void> {
    const connecting = this.#runtime.network.connect(this.address, () => this, this.#settings.tls, signal);
    this.#connection = await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(this.#failure), { once: true });
      connecting.then(
        (connection) => {
          if (this.#failure === undefined) resolve(connection);
          else connection.destroy();
        },
        (error: unknown) => reject(this.#unreachable(error)),
      );
    });
  }

  #unreachable(error: unknown): KafkaError {
    if (error instanceof TlsError) return tlsFailure(this.address, error);
    const text = error instanceof Error ? error.message : String(error);
    return new ConnectionError(`${nameOf(this.address)} cannot be reached: ${text}`, { cause: error });
  }

  /** Logs in where that is wished; called again before the session's lifetime ends. */
  async #logIn(): Promise<void> {
    const { sasl, connectTimeoutMs } = this.#settings;
    if (sasl === undefined) return;
    const { clock, random } = this.#runtime;
    const beganMs = clock.monotonicMs();
    const renewalMs = await logIn(sasl, random, {
      name: nameOf(this.address),
      versionFor: (api) => this.versionFor(api),
      versionOf: (api) => this.versionOf(api),
      exchange: (token) => this.#exchange(token, connectTimeoutMs),
      ask: (api, version, body) =>
        this.#ask({ api, version, body }, connectTimeoutMs, (request) => this.#submitNow(request)),
    });
    this.#renewAtMs = beganMs + renewalMs;
  }

  /** A token as it is, answered by one: how brokers before Kafka 1.0 log in. */
  #exchange(token: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const timer = this.#runtime.timers.set(timeoutMs, () =>
        this.#fail(new TimeoutError(`login at ${nameOf(this.address)}: no answer within ${timeoutMs} ms`)),
      );
      const answered = (reader: ByteReader): void => resolve(reader.slice(reader.remaining));
      const pending: Pending = { correlationId: 0, headerVersion: 'none', answered, failed: reject, timer, sentMs: 0 };
      const size = Buffer.alloc(SIZE_BYTES);
      size.writeInt32BE(token.length);
      this.#submitNow({ pending, chunks: [size, token], sent: undefined });
    });
  }

  /** Before a request that comes late in the session: logs in anew, while the request and those after it wait. */
  #renewLogin(): void {
    if (this.#held !== undefined || this.#runtime.clock.monotonicMs() < this.#renewAtMs || !this.isOpen) return;
    this.#held = [];
    this.#logIn().then(
      () => {
        const held = this.#held ?? [];
        this.#held = undefined;
        if (this.isOpen) for (const request of held) this.#submitNow(request);
      },
      (error: unknown) => this.#fail(asKafkaError(error, `login at ${nameOf(this.address)}`)),
    );
  }

  #submit(request: Held): void {
    if (this.#held === undefined) this.#submitNow(request);
    else this.#held.push(request);
  }

  /** `sent` is called when the bytes have left this process. */
  #submitNow({ pending, chunks, sent }: Held): void {
    const nowMs = this.#runtime.clock.monotonicMs();
    if (pending !== undefined) {
      pending.sentMs = nowMs;
      this.#pending.push(pending);
    }
    this.#lastUsedMs = nowMs;
    this.#counters.requestsSent++;
    for (const { length } of chunks) this.#counters.bytesSent += length;
    this.#connection?.write(chunks, sent);
  }

  /** ApiVersions is asked in the newest version; a broker that is older answers in version 0 and says so. */
  async #askAbilities(): Promise<BrokerAbilities> {
    const software = { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: '1' };
    let answer: Read<typeof apiVersions.response.fields> | undefined;
    for (let version = NEWEST_API_VERSIONS; answer === undefined;) {
      const told = await this.#askVersions(version, software);
      if (told.errorCode !== E.UNSUPPORTED_VERSION.code || version === 0) answer = told;
      else
        version = Math.min(version - 1, told.apiKeys.find(({ apiKey }) => apiKey === apiVersions.key)?.maxVersion ?? 0);
    }
    if (answer.errorCode !== 0) throw brokerError(errorOf(answer.errorCode), `ApiVersions at ${nameOf(this.address)}`);
    return abilitiesIn(answer);
  }

  #askVersions(
    version: number,
    body: { readonly clientSoftwareName: string; readonly clientSoftwareVersion: string },
  ): Promise<Read<typeof apiVersions.response.fields>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const correlationId = this.#nextCorrelationId();
      // The timer of the whole opening watches over this.
      const timer: Timer = { cancel: () => {} };
      const answered = (reader: ByteReader): void => {
        const start = reader.position;
        const isRefused = errorOf(reader.int16()) === E.UNSUPPORTED_VERSION;
        reader.position = start;
        resolve(decodeExact(apiVersions.response, isRefused ? 0 : version, reader));
      };
      const pending: Pending = { correlationId, headerVersion: 0, answered, failed: reject, timer, sentMs: 0 };
      const chunks = requestFrame({ api: apiVersions, version, body }, correlationId, this.#settings.clientId);
      this.#submitNow({ pending, chunks, sent: undefined });
    });
  }

  #frame(frame: Uint8Array): void {
    const reader = new ByteReader(frame);
    const [pending] = this.#pending;
    if (pending === undefined) throw new Malformed('an answer that nobody asked for');
    if (pending.headerVersion !== 'none') {
      const { correlationId } = decode(responseHeader, pending.headerVersion, reader);
      if (correlationId !== pending.correlationId) {
        throw new Malformed(`answer ${correlationId} came where ${pending.correlationId} was due`);
      }
    }
    this.#pending.shift();
    this.#wasAnswered = true;
    pending.timer.cancel();
    this.#lastUsedMs = this.#runtime.clock.monotonicMs();
    this.#count(frame.length, this.#lastUsedMs - pending.sentMs);
    pending.answered(reader);
  }

  #count(frameBytes: number, responseMs: number): void {
    const counters = this.#counters;
    counters.responsesReceived++;
    counters.bytesReceived += SIZE_BYTES + frameBytes;
    counters.responseTimeMsTotal += responseMs;
    if (responseMs > counters.responseTimeMsMax) counters.responseTimeMsMax = responseMs;
  }

  #nextCorrelationId(): number {
    this.#correlationId = (this.#correlationId + 1) & CORRELATION_ID_MASK;
    return this.#correlationId;
  }

  #fail(error: KafkaError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    const pending = this.#pending;
    this.#pending = [];
    for (const held of this.#held ?? []) if (held.pending !== undefined) pending.push(held.pending);
    this.#held = undefined;
    this.#renewAtMs = Number.POSITIVE_INFINITY;
    for (const { timer, failed } of pending) {
      timer.cancel();
      failed(error);
    }
    for (const failed of this.#leaving) failed(error);
    this.#leaving.clear();
    this.#connection?.destroy();
    this.#closed?.(error);
  }
}

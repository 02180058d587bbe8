import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { Malformed } from '../base/malformed.ts';
import { apiTable, requestHeaderVersion, responseHeaderVersion } from '../protocol/api-table.ts';
import { decode, decodeExact, encode } from '../protocol/codec.ts';
import { E, errorOf } from '../protocol/errors.ts';
import { apiVersions } from '../protocol/messages/018-api-versions.ts';
import { requestHeader, responseHeader } from '../protocol/request-header.ts';
import type { Api, Fields, Read, Write } from '../protocol/schema.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Address, Connection, ConnectionHandler } from '../runtime/network.ts';
import { TlsError } from '../runtime/network.ts';
import { FrameReceiver } from '../wire/frame-receiver.ts';
import { asKafkaError, brokerError, ConnectionError, KafkaError, TimeoutError } from './client-error.ts';
import type { ClientSettings } from './client-options.ts';
import type { ClientRuntime } from './client-runtime.ts';
import { logIn } from './log-in.ts';

const SIZE_BYTES = 4;
/** Larger answers are not taken: fetches ask for less. */
const RESPONSE_BYTES_MAX = 256 * 1024 * 1024;
const CORRELATION_ID_MASK = 0x7fff_ffff;
const SOFTWARE_NAME = 'posthorn';
const NEWEST_API_VERSIONS = 4;

/** A request whose answer has not come. */
interface Pending {
  readonly correlationId: number;
  readonly headerVersion: 0 | 1;
  readonly answered: (body: ByteReader) => void;
  readonly failed: (error: KafkaError) => void;
  readonly timer: Timer;
}

/** A request that waits while the connection logs in anew; nothing but the login may be sent in between. */
interface Held {
  readonly pending: Pending | undefined;
  readonly chunks: Uint8Array[];
  readonly sent: (() => void) | undefined;
}

/** A request on its way out. */
interface Outgoing<Req extends Fields, Res extends Fields> {
  readonly api: Api<Req, Res>;
  readonly version: number;
  readonly body: Write<Req>;
}

/** The features and versions that a broker told. */
export interface BrokerAbilities {
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
  /** Finalized feature levels by name, like `transaction.version`. */
  readonly features: ReadonlyMap<string, number>;
}

/**
 * One connection to one broker. Requests are pipelined, answers come in their order. A request that times out breaks the
 * connection, because what comes afterwards could not be told apart. Create it with {@link open}.
 */
export class BrokerConnection implements ConnectionHandler {
  readonly address: Address;
  readonly #runtime: ClientRuntime;
  readonly #settings: ClientSettings;
  readonly #frames: FrameReceiver;
  #connection: Connection | undefined;
  #pending: Pending[] = [];
  /** Those who wait for bytes to leave. */
  readonly #leaving = new Set<(error: KafkaError) => void>();
  #correlationId = 0;
  #renewAtMs = Number.POSITIVE_INFINITY;
  #held: Held[] | undefined;
  #abilities: BrokerAbilities = { versions: new Map(), features: new Map() };
  #failure: KafkaError | undefined;
  #lastUsedMs: number;
  #closed: (() => void) | undefined;

  private constructor(runtime: ClientRuntime, settings: ClientSettings, address: Address) {
    this.address = address;
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
   * @param closed called once when the connection has ended, for whatever reason.
   */
  static async open(
    runtime: ClientRuntime,
    settings: ClientSettings,
    address: Address,
    closed: () => void,
  ): Promise<BrokerConnection> {
    const opened = new BrokerConnection(runtime, settings, address);
    const { connectTimeoutMs } = settings;
    const name = nameOf(address);
    const timer = runtime.timers.set(connectTimeoutMs, () =>
      opened.#fail(new TimeoutError(`${name} cannot be reached within ${connectTimeoutMs} ms`)),
    );
    try {
      await opened.#connect();
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

  get features(): ReadonlyMap<string, number> {
    return this.#abilities.features;
  }

  /** The newest version of a request that both sides speak, at most `newest`; undefined when there is none. */
  versionOf({ key }: Pick<Api, 'key'>, newest = Number.MAX_SAFE_INTEGER): number | undefined {
    const ours = apiTable.get(key);
    const theirs = this.#abilities.versions.get(key);
    if (ours === undefined || theirs === undefined) return undefined;
    const version = Math.min(ours.stableMax, theirs.max, newest);
    return version >= Math.max(ours.min, theirs.min) ? version : undefined;
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
      const chunks = this.#encoded({ api, version, body }, correlationId);
      const timer = this.#runtime.timers.set(timeoutMs, () =>
        this.#fail(new TimeoutError(`${about}: no answer within ${timeoutMs} ms`)),
      );
      const answered = (reader: ByteReader): void => resolve(decodeExact(api.response, version, reader));
      const headerVersion = responseHeaderVersion(api.key, version);
      const pending = { correlationId, headerVersion, answered, failed: reject, timer };
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
      const chunks = this.#encoded({ api, version, body }, this.#nextCorrelationId());
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
    return this.#frames.landing();
  }

  received(count: number): void {
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
    const why = error === undefined ? '' : `: ${error.message}`;
    this.#fail(new ConnectionError(`the connection to ${nameOf(this.address)} broke${why}`, { cause: error }));
  }

  async #connect(): Promise<void> {
    const { network } = this.#runtime;
    const connection = await network
      .connect(this.address, () => this, this.#settings.tls)
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (error instanceof TlsError) throw new KafkaError('AUTHENTICATION_FAILED', text, { cause: error });
        throw new ConnectionError(`${nameOf(this.address)} cannot be reached: ${text}`, { cause: error });
      });
    if (this.#failure === undefined) {
      this.#connection = connection;
      return;
    }
    connection.destroy();
    throw this.#failure;
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
      ask: (api, version, body) =>
        this.#ask({ api, version, body }, connectTimeoutMs, (request) => this.#submitNow(request)),
    });
    this.#renewAtMs = beganMs + renewalMs;
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

  #submitNow({ pending, chunks, sent }: Held): void {
    if (pending !== undefined) this.#pending.push(pending);
    this.#send(chunks, sent);
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
    return {
      versions: new Map(
        answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
      ),
      features: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
    };
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
      this.#pending.push({ correlationId, headerVersion: 0, answered, failed: reject, timer });
      this.#send(this.#encoded({ api: apiVersions, version, body }, correlationId));
    });
  }

  #encoded<Req extends Fields, Res extends Fields>(
    { api, version, body }: Outgoing<Req, Res>,
    correlationId: number,
  ): Uint8Array[] {
    const writer = new ByteWriter();
    writer.reserve(SIZE_BYTES);
    encode(requestHeader, requestHeaderVersion(api.key, version), writer, {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId,
      clientId: this.#settings.clientId,
    });
    encode(api.request, version, writer, body);
    const chunks = writer.chunks();
    writer.view.setInt32(0, writer.size - SIZE_BYTES);
    return chunks;
  }

  /** @param sent called when the bytes have left this process. */
  #send(chunks: Uint8Array[], sent?: () => void): void {
    this.#lastUsedMs = this.#runtime.clock.monotonicMs();
    this.#connection?.write(chunks, sent);
  }

  #frame(frame: Uint8Array): void {
    const reader = new ByteReader(frame);
    const [pending] = this.#pending;
    if (pending === undefined) throw new Malformed('an answer that nobody asked for');
    const { correlationId } = decode(responseHeader, pending.headerVersion, reader);
    if (correlationId !== pending.correlationId) {
      throw new Malformed(`answer ${correlationId} came where ${pending.correlationId} was due`);
    }
    this.#pending.shift();
    pending.timer.cancel();
    this.#lastUsedMs = this.#runtime.clock.monotonicMs();
    pending.answered(reader);
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
    this.#closed?.();
  }
}

export function nameOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function malformed(address: Address, error: unknown): KafkaError {
  const text = error instanceof Error ? error.message : String(error);
  return new KafkaError('MALFORMED', `${nameOf(address)} sent what is no answer: ${text}`, { cause: error });
}

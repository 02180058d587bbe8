import assert from 'node:assert/strict';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { responseHeaderVersion } from '../../src/protocol/api-table.ts';
import { decodeExact, decode } from '../../src/protocol/codec.ts';
import { responseHeader } from '../../src/protocol/request-header.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import type { Connection, ConnectionHandler, Network } from '../../src/runtime/network.ts';
import { SIZE_BYTES } from '../../src/wire/frame.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';

const LANDING_BYTES = 64 * 1024;

interface Pending {
  readonly api: Api;
  readonly version: number;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A request whose answer may come. */
export interface Exchange<Res extends Fields> {
  readonly correlationId: number;
  /** Rejects when the connection closes first. */
  readonly response: Promise<Read<Res>>;
}

/** A connection that speaks frames and nothing more: no retries, no version talk, no timeouts. */
export class RawClient implements ConnectionHandler {
  /** Correlation ids in the order of their answers. */
  readonly answered: number[] = [];
  isClosed = false;
  clientId = 'raw';
  readonly #landing = Buffer.alloc(LANDING_BYTES);
  readonly #pending = new Map<number, Pending>();
  #received = Buffer.alloc(0);
  #connection!: Connection;
  #lastCorrelationId = 0;
  #corked: Uint8Array[] | undefined;

  static async connect(network: Network, port: number, host = '127.0.0.1'): Promise<RawClient> {
    const client = new RawClient();
    await network.connect({ host, port }, (connection) => {
      client.#connection = connection;
      return client;
    });
    return client;
  }

  send<Req extends Fields, Res extends Fields>(api: Api<Req, Res>, version: number, body: Write<Req>): Exchange<Res> {
    const correlationId = ++this.#lastCorrelationId;
    const response = new Promise<Read<Res>>((resolve, reject) => {
      this.#pending.set(correlationId, {
        api,
        version,
        resolve: resolve as (response: unknown) => void,
        reject,
      });
    });
    // Whoever asked handles it, maybe later.
    response.catch(() => {});
    this.write(Buffer.concat(requestFrame({ api, version, body }, correlationId, this.clientId)));
    return { correlationId, response };
  }

  /** All that `sending` sends arrives at once, so that the broker deals with it in one turn. */
  together<T>(sending: () => T): T {
    const corked: Uint8Array[] = [];
    this.#corked = corked;
    const result = sending();
    this.#corked = undefined;
    this.#connection.write([Buffer.concat(corked)]);
    return result;
  }

  /** Sends bytes as they are. */
  write(...chunks: Uint8Array[]): void {
    if (this.#corked === undefined) this.#connection.write(chunks);
    else this.#corked.push(...chunks);
  }

  /** Stops reading, as a slow client does; `resume` goes on. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Bytes that the broker has not taken. */
  get untakenBytes(): number {
    return this.#connection.pendingBytes;
  }

  close(): void {
    this.#connection.destroy();
  }

  landing(): Uint8Array {
    return this.#landing;
  }

  received(count: number): void {
    this.#received = Buffer.concat([this.#received, this.#landing.subarray(0, count)]);
    while (this.#received.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      this.#answer(this.#received.subarray(SIZE_BYTES, end));
      this.#received = this.#received.subarray(end);
    }
  }

  drained(): void {}

  closed(): void {
    this.isClosed = true;
    for (const { reject } of this.#pending.values()) reject(new Error('the broker closed the connection'));
    this.#pending.clear();
  }

  #answer(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const pending = this.#pending.get(correlationId);
    assert(pending !== undefined, `an answer nobody asked for: ${correlationId}`);
    this.#pending.delete(correlationId);
    this.answered.push(correlationId);
    const { api, version } = pending;
    const reader = new ByteReader(frame);
    decode(responseHeader, responseHeaderVersion(api.key, version), reader);
    pending.resolve(decodeExact(api.response, version, reader));
  }
}

import { connect, type Socket } from 'node:net';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { decode, decodeExact } from '../../src/protocol/codec.ts';
import { responseHeader, responseHeaderVersion } from '../../src/protocol/request-header.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { SIZE_BYTES } from '../../src/wire/frame.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';

const TIMEOUT_MS = 60_000;
const WATCH_MS = 1_000;
/** Where the bytes of every connection land: they are taken out before the next ones come. */
const landing = Buffer.allocUnsafeSlow(64 * 1024);
/** Connections that wait for an answer. One timer looks after all: one for each would cost more than the requests. */
const awaiting = new Set<RawClient>();

/**
 * One connection that sends one request at a time, without retries: for the bench's own errands around a measurement, and
 * for members of groups, of which hundreds share the cores with the broker; so it costs as little as it can.
 */
export class RawClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { done(frame: Buffer): void; fail(error: Error): void } | undefined;
  #deadline = 0;
  #correlationId = 0;

  private constructor(port: number) {
    const onread = { buffer: landing, callback: (count: number) => this.#read(landing.subarray(0, count)) };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => this.#fail('the broker closed the connection'));
  }

  static async open(port: number): Promise<RawClient> {
    const client = new RawClient(port);
    const socket = client.#socket;
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', fail);
    });
    return client;
  }

  /** Sends one request and gives the answer's body. */
  async request<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
  ): Promise<Read<Res>> {
    const bytes = Buffer.concat(requestFrame({ api, version, body }, ++this.#correlationId, 'bench'));
    const reader = new ByteReader(await this.#exchange(bytes));
    decode(responseHeader, responseHeaderVersion(api.key, version), reader);
    return decodeExact(api.response, version, reader);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Gives up on a connection whose broker does not answer. */
  expire(now: number): void {
    if (now > this.#deadline) this.#socket.destroy();
  }

  async #exchange(bytes: Buffer): Promise<Buffer> {
    return new Promise((done, fail) => {
      this.#waiting = { done, fail };
      this.#deadline = performance.now() + TIMEOUT_MS;
      awaiting.add(this);
      this.#socket.write(bytes);
    });
  }

  #read(chunk: Buffer): boolean {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = received.length < SIZE_BYTES ? Infinity : SIZE_BYTES + received.readInt32BE(0);
    if (received.length < end) {
      this.#received = received === chunk ? Buffer.from(chunk) : received;
      return true;
    }
    this.#received = Buffer.from(received.subarray(end));
    const waiting = this.#waiting;
    this.#ended();
    waiting?.done(Buffer.from(received.subarray(SIZE_BYTES, end)));
    return true;
  }

  #fail(reason: string): void {
    const waiting = this.#waiting;
    this.#ended();
    waiting?.fail(new Error(reason));
  }

  #ended(): void {
    this.#waiting = undefined;
    awaiting.delete(this);
  }
}

setInterval(() => {
  const now = performance.now();
  for (const client of awaiting) client.expire(now);
}, WATCH_MS).unref();

/** Opens a connection for one errand. */
export async function withClient<T>(port: number, errand: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.open(port);
  try {
    return await errand(client);
  } finally {
    client.close();
  }
}

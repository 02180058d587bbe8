import { connect, type Socket } from 'node:net';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { decode, decodeExact } from '../../src/protocol/codec.ts';
import { responseHeader, responseHeaderVersion } from '../../src/protocol/request-header.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { SIZE_BYTES } from '../../src/wire/frame.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';

const TIMEOUT_MS = 60_000;

/** One connection that sends one request at a time, without retries: for the bench's own errands around a measurement. */
export class RawClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { done(frame: Buffer): void; fail(error: Error): void } | undefined;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#waiting?.fail(new Error('the broker closed the connection')));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', fail);
    });
    return new RawClient(socket);
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

  async #exchange(bytes: Buffer): Promise<Buffer> {
    return new Promise((done, fail) => {
      this.#waiting = { done, fail };
      this.#socket.write(bytes);
    });
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (this.#received.length < SIZE_BYTES) return;
    const end = SIZE_BYTES + this.#received.readInt32BE(0);
    if (this.#received.length < end) return;
    const frame = this.#received.subarray(SIZE_BYTES, end);
    this.#received = this.#received.subarray(end);
    this.#waiting?.done(frame);
    this.#waiting = undefined;
  }
}

/** Opens a connection for one errand. */
export async function withClient<T>(port: number, errand: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.open(port);
  try {
    return await errand(client);
  } finally {
    client.close();
  }
}

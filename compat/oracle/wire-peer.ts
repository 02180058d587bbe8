import { connect, type Socket } from 'node:net';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { decodeExact, encode } from '../../src/protocol/codec.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { inVersions } from '../../src/protocol/version-range.ts';

/** What came back for one request: an answer's bytes, or that the broker closed, or that nothing came in time. */
export type Outcome = { readonly frame: Buffer } | { readonly ended: 'closed' | 'silence' };

interface Waiting {
  readonly done: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
}

const API_VERSIONS_KEY = 18;

/**
 * One raw connection that sends requests as they are given and matches answers by their order, with nothing of a
 * client's own mind: no retries, no negotiation. It opens at its first use, and again after the broker closed it.
 */
export class WirePeer {
  readonly #host: string;
  readonly #port: number;
  readonly #clientId: string | null;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting[] = [];
  #correlationId = 0;

  /** @param addresses host:port, or several with commas between: the first is taken. */
  constructor(addresses: string, clientId: string | null) {
    const [address = ''] = addresses.split(',');
    const colon = address.lastIndexOf(':');
    this.#host = address.slice(0, colon);
    this.#port = Number(address.slice(colon + 1));
    this.#clientId = clientId;
  }

  /** A request frame without its size: header and body. */
  request<Req extends Fields>(api: Api<Req>, version: number, body: Write<Req>): Buffer {
    const writer = new ByteWriter();
    this.writeHeader(writer, api.key, version, inVersions(api.flexible, version, false));
    encode(api.request, version, writer, body);
    return writer.finish();
  }

  writeHeader(writer: ByteWriter, key: number, version: number, flexible: boolean): void {
    writer.int16(key);
    writer.int16(version);
    writer.int32(++this.#correlationId);
    if (this.#clientId === null) {
      writer.int16(-1);
    } else {
      writer.int16(Buffer.byteLength(this.#clientId));
      writer.utf8(this.#clientId);
    }
    if (flexible) writer.uvarint(0);
  }

  /** Sends one frame and waits for the next answer in turn. */
  async exchange(request: Uint8Array, timeoutMs: number): Promise<Outcome> {
    const size = Buffer.alloc(4);
    size.writeInt32BE(request.length);
    return this.exchangeBytes(Buffer.concat([size, request]), timeoutMs);
  }

  /** Sends bytes as they are, size included or not, and waits for the next answer in turn. */
  async exchangeBytes(bytes: Uint8Array, timeoutMs: number): Promise<Outcome> {
    const socket = this.#socket ?? (await this.#open());
    return new Promise((done) => {
      const timer = setTimeout(() => {
        this.#end('silence');
        socket.destroy();
      }, timeoutMs);
      this.#waiting.push({ done, timer });
      socket.write(bytes);
    });
  }

  /** The answer's body; its header is checked and taken off. */
  response<Res extends Fields>(api: Api<Fields, Res>, version: number, frame: Buffer): Read<Res> {
    const reader = new ByteReader(frame);
    reader.int32();
    if (inVersions(api.flexible, version, false) && api.key !== API_VERSIONS_KEY) {
      for (let tags = reader.uvarint(); tags > 0; tags--) {
        reader.uvarint();
        reader.take(reader.uvarint());
      }
    }
    return decodeExact(api.response, version, reader);
  }

  close(): void {
    this.#socket?.destroy();
    this.#end('closed');
  }

  async #open(): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', fail);
    });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#end('closed');
    });
    return socket;
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0);
      if (this.#received.length < 4 + size) return;
      const frame = this.#received.subarray(4, 4 + size);
      this.#received = this.#received.subarray(4 + size);
      const next = this.#waiting.shift();
      if (next === undefined) continue;
      clearTimeout(next.timer);
      next.done({ frame: Buffer.from(frame) });
    }
  }

  #end(ended: 'closed' | 'silence'): void {
    this.#socket = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { done, timer } of waiting) {
      clearTimeout(timer);
      done({ ended });
    }
  }
}

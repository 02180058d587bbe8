import type * as net from 'node:net';
import { assert } from '../base/assert.ts';
import type { Connection, ConnectionHandler } from './network.ts';
import { networkErrorOf } from './tls-faults.ts';

/** Where the first bytes of every connection land: Node asks for that place before the owner is known. */
const first = Buffer.allocUnsafeSlow(64 * 1024);

/** A TCP socket as a {@link Connection}. Made before its socket, so that the landing place can be asked of it. */
export class NodeConnection implements Connection {
  remoteAddress = '';
  remotePort = 0;
  localAddress = '';
  localPort = 0;
  #socket: net.Socket | undefined;
  #handler: ConnectionHandler | undefined;
  #isLandingOwn = false;
  #isClosed = false;
  #waitsForDrain = false;
  #error: Error | undefined;
  readonly #onWritten = (): void => this.#written();

  /** For `net`: hands out the owner's landing place before each read but the first. */
  readonly onread: net.OnReadOpts = {
    buffer: () => this.#nextLanding(),
    callback: (count, buffer) => this.#landed(count, buffer),
  };

  get pendingBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** Takes the socket, connected and not yet reading. */
  attach(socket: net.Socket): void {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    socket.on('error', (error) => (this.#error = error));
    // The peer wants no more of us: like Kafka, what it did not wait for is not sent, so no half-open socket lingers.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  /** Begins reading; `landsDirectly` is false where the bytes come as 'data' events. */
  start(handler: ConnectionHandler, landsDirectly: boolean): void {
    const socket = this.#socket;
    assert(socket !== undefined, 'a connection starts after its socket is attached');
    this.#handler = handler;
    if (!landsDirectly) socket.on('data', (bytes) => this.#deliver(bytes));
    socket.resume();
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): void {
    const socket = this.#socket;
    if (socket === undefined || this.#isClosed || !socket.writable) return;
    const last = chunks.length - 1;
    if (last < 0) {
      if (sent) process.nextTick(sent);
      return;
    }
    const onSent = sent === undefined ? this.#onWritten : (error?: Error | null) => this.#written(error, sent);
    if (last > 0) {
      socket.cork();
      for (let index = 0; index < last; index++) socket.write(chunks[index]!);
    }
    socket.write(chunks[last]!, onSent);
    if (last > 0) socket.uncork();
    if (socket.writableLength > 0) this.#waitsForDrain = true;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#isClosed) this.#socket?.resume();
  }

  end(): void {
    this.#socket?.destroySoon();
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  #nextLanding(): Uint8Array {
    const handler = this.#handler;
    if (handler === undefined || this.#isClosed) return first;
    this.#isLandingOwn = true;
    return handler.landing();
  }

  #landed(count: number, buffer: Uint8Array): boolean {
    if (this.#isLandingOwn) this.#handler?.received(count);
    else this.#deliver(buffer.subarray(0, count));
    return true;
  }

  /** Copies bytes that landed elsewhere to where the owner wants them. */
  #deliver(bytes: Uint8Array): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    for (let done = 0; done < bytes.length && !this.#socket?.destroyed;) {
      const landing = handler.landing();
      const count = Math.min(landing.length, bytes.length - done);
      landing.set(bytes.subarray(done, done + count));
      handler.received(count);
      done += count;
    }
  }

  #written(error?: Error | null, sent?: () => void): void {
    // Node reports what it drops with a destroyed socket as written.
    if (error || this.#isClosed || this.#socket?.destroyed) return;
    sent?.();
    if (!this.#waitsForDrain || this.pendingBytes > 0) return;
    this.#waitsForDrain = false;
    this.#handler?.drained();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handler?.closed(this.#error && networkErrorOf(this.#error));
    this.#handler = undefined;
  }
}

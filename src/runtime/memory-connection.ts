import type { Connection, ConnectionHandler } from './network.ts';
import { NetworkError } from './network.ts';

export interface MemoryConnectionOptions {
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly segmentBytesMax: number;
  /** Runs `callback` when what is sent now arrives. */
  readonly later: (callback: () => void) => void;
  readonly closed: (connection: MemoryConnection) => void;
}

/** A chunk on its way; the last of a write carries its `sent`. */
interface Outgoing {
  readonly bytes: Uint8Array;
  readonly sent: (() => void) | undefined;
}

/** One end of a connection inside the process. Bytes leave it when they land at the other end, which may be paused. */
export class MemoryConnection implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  pendingBytes = 0;
  readonly #options: MemoryConnectionOptions;
  #peer: MemoryConnection | undefined;
  #handler: ConnectionHandler | undefined;
  #outgoing: Outgoing[] = [];
  #isPaused = false;
  #isEnding = false;
  #isClosed = false;
  #isScheduled = false;

  constructor(options: MemoryConnectionOptions) {
    this.#options = options;
    this.localAddress = options.local.address;
    this.localPort = options.local.port;
    this.remoteAddress = options.remote.address;
    this.remotePort = options.remote.port;
  }

  pair(peer: MemoryConnection): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler;
    this.#schedulePeer();
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): void {
    if (this.#isClosed || this.#isEnding) return;
    const last = chunks.length - 1;
    for (const [index, bytes] of chunks.entries()) {
      this.#outgoing.push({ bytes, sent: index === last ? sent : undefined });
      this.pendingBytes += bytes.length;
    }
    if (last < 0 && sent !== undefined) this.#options.later(sent);
    this.#schedule();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedulePeer();
  }

  end(): void {
    this.#isEnding = true;
    this.#schedule();
  }

  destroy(): void {
    this.#close();
    const peer = this.#peer;
    if (peer !== undefined) this.#options.later(() => peer.#close());
  }

  reset(): void {
    this.#close(new NetworkError('ECONNRESET', 'the connection was reset'));
  }

  #schedulePeer(): void {
    if (this.#peer !== undefined) this.#peer.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#options.later(() => {
      this.#isScheduled = false;
      this.#carry();
    });
  }

  /** Lands what is outgoing at the peer, as far as that takes it. */
  #carry(): void {
    const before = this.pendingBytes;
    const receiver = this.#peer;
    if (receiver === undefined) return;
    while (this.#outgoing.length > 0 && receiver.#canReceive() && !this.#isClosed) {
      const { bytes, sent } = this.#outgoing[0]!;
      const count = receiver.#land(bytes.subarray(0, this.#options.segmentBytesMax));
      this.pendingBytes -= count;
      if (count < bytes.length) {
        this.#outgoing[0] = { bytes: bytes.subarray(count), sent };
      } else {
        this.#outgoing.shift();
        sent?.();
      }
    }
    if (this.#isClosed || this.pendingBytes > 0) return;
    if (before > 0) this.#handler?.drained();
    if (this.#isEnding) this.destroy();
  }

  #canReceive(): boolean {
    return this.#handler !== undefined && !this.#isPaused && !this.#isClosed;
  }

  #land(bytes: Uint8Array): number {
    const handler = this.#handler;
    if (handler === undefined || bytes.length === 0) return 0;
    const landing = handler.landing();
    const count = Math.min(landing.length, bytes.length);
    landing.set(bytes.subarray(0, count));
    handler.received(count);
    return count;
  }

  #close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outgoing = [];
    this.pendingBytes = 0;
    this.#options.closed(this);
    // Never from inside a call to the connection.
    this.#options.later(() => {
      this.#handler?.closed(error);
      this.#handler = undefined;
    });
  }
}

import type { Clock, Timer, Timers } from '../../runtime/clock.ts';
import type { Connection, ConnectionHandler } from '../../runtime/network.ts';
import { NetworkError } from '../../runtime/network.ts';

export interface SimulatedSocketParts {
  readonly time: Clock & Timers;
  readonly host: string;
  readonly peerHost: string;
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  /** How long the next segment takes to the peer. */
  readonly delayMs: () => number;
  /** Whether what is sent now gets to the peer's host. */
  readonly isPassing: () => boolean;
  /** How long the kernel repeats what is not acknowledged. */
  readonly patienceMs: () => number;
  readonly repeatMs: () => number;
  /** How much of `length` bytes is handed over at once. */
  readonly piece: (length: number) => number;
  /** Something is about to happen to one of the ends. */
  readonly arrived: (bytes: Uint8Array | undefined) => void;
  readonly closed: () => void;
}

type Ending = 'end' | 'reset';

/** What one write sent, or the end of the stream. */
interface Segment {
  readonly bytes: Uint8Array | undefined;
  readonly sent: (() => void) | undefined;
  readonly ending: Ending | undefined;
}

/** One end of a simulated connection. */
export class SimulatedSocket implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  pendingBytes = 0;
  readonly #parts: SimulatedSocketParts;
  #peer: SimulatedSocket | undefined;
  #handler: ConnectionHandler | undefined;
  /** On their way, in order; each has a timer. */
  #travelling: Segment[] = [];
  /** Sent while the link was cut; those behind the first wait too. */
  #stuck: Segment[] = [];
  /** At this end, for a reader that does not read. */
  #unread: Segment[] = [];
  #lastArrivalMs = 0;
  #patience: Timer | undefined;
  #isPaused = false;
  #isEnding = false;
  #isClosed = false;
  #isReading = false;
  /** The host lost power: nobody is here, and nobody was told. */
  #isVanished = false;

  constructor(parts: SimulatedSocketParts) {
    this.#parts = parts;
    this.localAddress = parts.local.address;
    this.localPort = parts.local.port;
    this.remoteAddress = parts.remote.address;
    this.remotePort = parts.remote.port;
  }

  get host(): string {
    return this.#parts.host;
  }

  get peerHost(): string {
    return this.#parts.peerHost;
  }

  pair(peer: SimulatedSocket): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler;
    this.#readSoon();
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): void {
    if (this.#isClosed || this.#isEnding) return;
    const bytes = Buffer.concat(chunks);
    this.pendingBytes += bytes.length;
    this.#send({ bytes, sent, ending: undefined });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#readSoon();
  }

  end(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    this.#send({ bytes: undefined, sent: undefined, ending: 'end' });
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#isEnding = true;
    this.#send({ bytes: undefined, sent: undefined, ending: 'reset' });
    this.#close();
  }

  /** The link passes again: what was stuck is sent once more. */
  repeat(): void {
    if (this.#stuck.length === 0 || !this.#parts.isPassing()) return;
    const stuck = this.#stuck;
    this.#stuck = [];
    this.#patience?.cancel();
    this.#patience = undefined;
    const { time, repeatMs } = this.#parts;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, time.monotonicMs() + repeatMs());
    for (const segment of stuck) this.#travel(segment);
  }

  /** The kernel stops repeating: this end is told at once, the other when its own patience ends. */
  giveUp(): void {
    const peer = this.#peer;
    this.#stuck = [];
    this.#close(new NetworkError('ETIMEDOUT', 'the connection timed out'));
    if (peer === undefined) return;
    const late = (): void => peer.#close(new NetworkError('ECONNRESET', 'the connection was reset'));
    this.#parts.time.set(this.#parts.patienceMs(), late);
  }

  /** Power is gone: no word to anybody. */
  vanish(): void {
    this.#isVanished = true;
    this.#handler = undefined;
    this.#stuck = [];
    this.#travelling = [];
    this.#patience?.cancel();
    this.#isClosed = true;
    this.#parts.closed();
  }

  #send(segment: Segment): void {
    if (this.#stuck.length > 0 || !this.#parts.isPassing()) this.#hold(segment);
    else this.#travel(segment);
  }

  #hold(segment: Segment): void {
    this.#stuck.push(segment);
    const { time, patienceMs } = this.#parts;
    this.#patience ??= time.set(patienceMs(), () => {
      this.#patience = undefined;
      if (this.#stuck.length > 0) this.giveUp();
    });
  }

  #travel(segment: Segment): void {
    const { time, delayMs } = this.#parts;
    const nowMs = time.monotonicMs();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + delayMs());
    this.#travelling.push(segment);
    time.set(this.#lastArrivalMs - nowMs, () => this.#arrive());
  }

  #arrive(): void {
    const segment = this.#travelling.shift();
    const peer = this.#peer;
    if (segment === undefined || peer === undefined || this.#isVanished) return;
    if (this.#stuck.length > 0 || !this.#parts.isPassing()) {
      this.#hold(segment);
      return;
    }
    if (peer.#isVanished) {
      // Nobody knows this connection there.
      this.#parts.time.set(this.#parts.delayMs(), () =>
        this.#close(new NetworkError('ECONNRESET', 'the connection was reset')),
      );
      return;
    }
    if (peer.#isClosed) return;
    this.#parts.arrived(segment.bytes);
    if (segment.ending === 'reset') {
      peer.#close();
      return;
    }
    peer.#unread.push(segment);
    peer.#read();
  }

  #readSoon(): void {
    if (this.#unread.length === 0) return;
    this.#parts.time.soon(() => {
      this.#parts.arrived(undefined);
      this.#read();
    });
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#unread.length > 0 && !this.#isPaused && !this.#isClosed && this.#handler !== undefined) {
      const segment = this.#unread.shift()!;
      if (segment.ending !== undefined) {
        if (this.#peer !== undefined) this.#peer.#close();
        this.#close();
        break;
      }
      this.#take(segment);
    }
    this.#isReading = false;
  }

  /** Hands over one segment, and tells the writer that it has left. */
  #take(segment: Segment): void {
    const bytes = segment.bytes!;
    let at = 0;
    while (at < bytes.length && !this.#isPaused && !this.#isClosed) {
      const landing = this.#handler!.landing();
      const count = Math.min(landing.length, this.#parts.piece(bytes.length - at));
      landing.set(bytes.subarray(at, at + count));
      this.#handler!.received(count);
      at += count;
    }
    const peer = this.#peer;
    if (peer !== undefined) peer.pendingBytes -= at;
    if (at < bytes.length) {
      this.#unread.unshift({ ...segment, bytes: bytes.subarray(at) });
      return;
    }
    if (peer === undefined || peer.#isClosed) return;
    segment.sent?.();
    if (peer.pendingBytes === 0 && peer.#handler !== undefined) peer.#handler.drained();
  }

  #close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unread = [];
    this.#parts.closed();
    // Never from inside a call to the connection.
    this.#parts.time.soon(() => {
      this.#parts.arrived(undefined);
      this.#handler?.closed(error);
      this.#handler = undefined;
    });
  }
}

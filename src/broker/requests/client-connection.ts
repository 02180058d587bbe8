import { Malformed } from '../../base/malformed.ts';
import type { Timer } from '../../runtime/clock.ts';
import { FrameReceiver } from '../../wire/frame-receiver.ts';
import { ResponseQueue } from '../../wire/response-queue.ts';
import type { Connection, ConnectionHandler } from '../../runtime/network.ts';
import { dispatch, peekApiKey, ProtocolViolation } from './dispatcher.ts';
import type { Peer } from './request-context.ts';
import type { RequestMemory } from './request-memory.ts';
import type { BrokerServices } from '../services.ts';
import type { TurnWork } from '../turn.ts';

const PRODUCE = 0;
const FETCH = 1;
const OFFSET_COMMIT = 8;
/** Requests, and bytes of them, read ahead of the one being served; with more, nothing further is read from the client. */
const WAITING_FRAMES_MAX = 64;
const WAITING_BYTES_MAX = 1024 * 1024;
/** Requests in work at a time: those that overlap wait for as long as their client allows. */
const RUNNING_REQUESTS_MAX = 1000;

export interface ClientConnectionOptions {
  readonly id: number;
  readonly listenerName: string;
  readonly broker: BrokerServices;
  /** Shared with all other connections. */
  readonly memory: RequestMemory;
  readonly onClosed: () => void;
}

/**
 * One client's connection. Requests are served one after the other, as Kafka does it, except that produce requests
 * in a row overlap, and offset commits in a row: their appends happen in order, and many of a turn become one write. Only
 * their acknowledgements may take time. One that has to wait before it appends (a transaction's first) holds all others
 * up. Answers leave in the order of the requests, those of one turn in one write.
 */
export class ClientConnection implements ConnectionHandler, TurnWork {
  readonly peer: Peer;
  /** When something last came from the client or was sent to it; monotonic. */
  lastActiveMs: number;
  readonly #connection: Connection;
  readonly #broker: BrokerServices;
  readonly #memory: RequestMemory;
  readonly #onClosed: () => void;
  readonly #receiver: FrameReceiver;
  readonly #responses: ResponseQueue;
  readonly #waiting: Uint8Array[] = [];
  readonly #unsent = new Set<() => void>();
  #waitingBytes = 0;
  /** Of the memory for requests, for the large frame under way. */
  #reservedBytes = 0;
  #isWaitingForMemory = false;
  /** Runs while the client has to pause for its quotas. */
  #throttle: Timer | undefined;
  #running = 0;
  /** Requests under way that no later one may overtake. */
  #holds = 0;
  /** The kind of request in work, when more of it may start before it is answered. */
  #overlappingKey: number | undefined;
  #isEnlisted = false;
  #isClosed = false;
  #isPaused = false;
  #isStarting = false;

  constructor(connection: Connection, options: ClientConnectionOptions) {
    const { broker } = options;
    this.#connection = connection;
    this.#broker = broker;
    this.#memory = options.memory;
    this.#onClosed = options.onClosed;
    this.lastActiveMs = broker.clock.monotonicMs();
    this.peer = {
      connectionId: options.id,
      listenerName: options.listenerName,
      remoteAddress: plainAddress(connection.remoteAddress),
      localAddress: plainAddress(connection.localAddress),
      localPort: connection.localPort,
      softwareName: '',
      softwareVersion: '',
      hurry: undefined,
      onClosed: new Set(),
      hold: () => this.#hold(),
    };
    this.#receiver = new FrameReceiver({
      frameBytesMax: broker.config.get('socket.request.max.bytes'),
      onFrame: (frame) => this.#take(frame),
      // What of these is needed beyond the turn is written to the log, or copied when it is decoded.
      isTransient: (frame) => this.#startsAtOnce(frame) && isRecordTraffic(peekApiKey(frame)),
    });
    this.#responses = new ResponseQueue(connection);
  }

  landing(): Uint8Array {
    return this.#receiver.landing();
  }

  received(count: number): void {
    this.lastActiveMs = this.#broker.clock.monotonicMs();
    this.#broker.turn.run(() => {
      try {
        this.#receiver.received(count);
        if (this.#memory.isLimited) this.#reserve();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  drained(): void {
    this.lastActiveMs = this.#broker.clock.monotonicMs();
    this.#broker.turn.run(() => this.#startWaiting());
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#throttle?.cancel();
    this.#memory.forget(this.#mayReserve);
    this.#memory.release(this.#waitingBytes + this.#reservedBytes);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#reservedBytes = 0;
    for (const sent of this.#unsent) sent();
    this.#unsent.clear();
    this.#onClosed();
    this.#broker.turn.run(() => {
      for (const hook of this.peer.onClosed) hook();
      this.peer.onClosed.clear();
      this.#broker.groups.connectionClosed(this.peer.connectionId);
    });
  }

  /** Drops the connection; what was not answered stays unanswered. */
  close(): void {
    this.#connection.destroy();
    this.closed();
  }

  endOfTurn(): void {
    this.#isEnlisted = false;
    if (this.#isClosed) return;
    this.#responses.flush();
    this.lastActiveMs = this.#broker.clock.monotonicMs();
    // What the answers just sent had made no room for.
    this.#startWaiting();
    this.#pauseIfFull();
  }

  #take(frame: Uint8Array): void {
    if (this.#isClosed) return;
    if (!this.#startsAtOnce(frame)) {
      this.#waiting.push(frame);
      this.#waitingBytes += frame.length;
      this.#memory.add(frame.length);
      this.peer.hurry?.();
      this.#pauseIfFull();
      return;
    }
    this.#start(frame);
  }

  #startsAtOnce(frame: Uint8Array): boolean {
    return this.#waiting.length === 0 && this.#mayStart(frame);
  }

  #mayStart(frame: Uint8Array): boolean {
    if (this.#throttle !== undefined || this.#responses.pendingBytes > this.#pendingBytesMax) return false;
    if (this.#holds > 0) return false;
    if (this.#running === 0) return true;
    return this.#running < RUNNING_REQUESTS_MAX && peekApiKey(frame) === this.#overlappingKey;
  }

  get #pendingBytesMax(): number {
    return this.#broker.config.get('posthorn.connection.pending.response.bytes.max');
  }

  #start(frame: Uint8Array): void {
    const apiKey = peekApiKey(frame);
    this.#overlappingKey = mayOverlap(apiKey) ? apiKey : undefined;
    this.#running++;
    const slot = this.#responses.reserve();
    dispatch(frame, this.peer, this.#broker, {
      fill: (chunks, sent) => {
        this.#responses.fill(slot, chunks, sent === undefined ? undefined : this.#onceSent(sent));
        this.#running--;
        this.#enlist();
        this.#startWaiting();
      },
      throttle: (pauseMs) => this.#pauseFor(pauseMs),
    });
  }

  #hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.#startWaiting();
    };
  }

  /** Of pauses that overlap the one asked for last counts: it was reckoned from all that was counted by then. */
  #pauseFor(pauseMs: number): void {
    if (this.#isClosed) return;
    this.#throttle?.cancel();
    this.#throttle = this.#broker.timers.set(pauseMs, () => {
      this.#throttle = undefined;
      this.#broker.turn.run(() => this.#startWaiting());
    });
    this.#pauseIfFull();
  }

  /** Runs `sent` when the answer has left or never will, whichever it is: what it lends must come back. */
  #onceSent(sent: () => void): (() => void) | undefined {
    if (this.#isClosed) {
      sent();
      return undefined;
    }
    this.#unsent.add(sent);
    return () => {
      if (this.#unsent.delete(sent)) sent();
    };
  }

  /** Starts what may run now. Not from within itself: a request that is answered at once would nest. */
  #startWaiting(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    try {
      while (this.#waiting.length > 0 && !this.#isClosed && this.#mayStart(this.#waiting[0]!)) {
        const frame = this.#waiting.shift()!;
        this.#waitingBytes -= frame.length;
        this.#memory.release(frame.length);
        this.#start(frame);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isStarting = false;
    }
    this.#resumeIfRoom();
  }

  #enlist(): void {
    if (this.#isEnlisted || this.#isClosed) return;
    this.#isEnlisted = true;
    this.#broker.turn.enlistAnswer(this);
  }

  /** Reads no more of a large frame than what came with its size until there is memory for all of it. */
  #reserve(): void {
    const { expectedBytes } = this.#receiver;
    if (this.#isClosed || expectedBytes === this.#reservedBytes) return;
    const doneBytes = this.#reservedBytes;
    this.#reservedBytes = 0;
    if (expectedBytes > 0) {
      if (this.#memory.reserve(expectedBytes, this.#mayReserve)) this.#reservedBytes = expectedBytes;
      else this.#isWaitingForMemory = true;
    }
    if (doneBytes > 0) this.#memory.release(doneBytes);
    this.#pauseIfFull();
  }

  readonly #mayReserve = (): void => {
    this.#isWaitingForMemory = false;
    this.#reserve();
    this.#resumeIfRoom();
  };

  #isFull(): boolean {
    if (this.#isWaitingForMemory || this.#throttle !== undefined) return true;
    if (this.#waiting.length >= WAITING_FRAMES_MAX || this.#waitingBytes >= WAITING_BYTES_MAX) return true;
    return this.#responses.pendingBytes > this.#pendingBytesMax;
  }

  #pauseIfFull(): void {
    if (this.#isPaused || this.#isClosed || !this.#isFull()) return;
    this.#isPaused = true;
    this.#connection.pause();
  }

  #resumeIfRoom(): void {
    if (!this.#isPaused || this.#isClosed || this.#isFull()) return;
    this.#isPaused = false;
    this.#connection.resume();
  }

  #fail(error: unknown): void {
    const facts = {
      client: `${this.peer.remoteAddress}:${this.#connection.remotePort}`,
      listener: this.peer.listenerName,
    };
    if (error instanceof ProtocolViolation || error instanceof Malformed) {
      this.#broker.logger.warn('connection closed: the client broke the protocol', { ...facts, reason: error.message });
    } else {
      this.#broker.logger.error('connection closed: a request failed unexpectedly', { ...facts, error });
    }
    this.close();
  }
}

/** Requests that do their work at once and in order, whatever their answers wait for. */
function mayOverlap(apiKey: number): boolean {
  return apiKey === PRODUCE || apiKey === OFFSET_COMMIT;
}

function isRecordTraffic(apiKey: number): boolean {
  return apiKey === PRODUCE || apiKey === FETCH;
}

/** IPv4 addresses that came in over an IPv6 socket, in their own form. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

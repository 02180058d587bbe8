import { connect, createServer, type Server, type Socket } from 'node:net';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { freePort } from './running-broker.ts';

const HOST = '127.0.0.1';
/** Bytes that wait in one direction of a connection before no more are taken. */
const WAITING_BYTES_MAX = 1 << 20;

/** What becomes of the bytes of one direction: held ones arrive once the weather is better, as TCP sends again; lost ones never. */
export type Passage = 'free' | 'held' | 'lost';

/** What a link does to what passes; with nothing said, it passes at once. */
export interface Weather {
  readonly requests?: Passage;
  readonly answers?: Passage;
  /** The way takes so long, and by chance up to half of it more or less. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  /** Arrives in pieces of so many bytes. */
  readonly pieceBytes?: number;
}

/** Nothing passes, and nobody is told. */
export const CUT: Weather = { requests: 'held', answers: 'held' };
const FAIR: Weather = {};

export interface TcpProxyOptions {
  /** Tells from the first bytes of a connection who made it, so that callers can have weather of their own. */
  readonly callerOf?: (first: Buffer) => string;
}

interface Pair {
  readonly streams: readonly Stream[];
  readonly destroy: () => void;
  caller: string | undefined;
}

/** Stands between callers and a server, and does to their connections what networks do. */
export class TcpProxy {
  readonly port: number;
  cuts = 0;
  /** Bytes that the server answered with. */
  answeredBytes = 0;
  readonly #target: number;
  readonly #server: Server;
  readonly #callerOf: ((first: Buffer) => string) | undefined;
  readonly #pairs = new Set<Pair>();
  readonly #weather = new Map<string, Weather>();
  #general = FAIR;
  #isCutting = false;

  private constructor(server: Server, ports: { own: number; target: number }, { callerOf }: TcpProxyOptions) {
    this.#server = server;
    this.port = ports.own;
    this.#target = ports.target;
    this.#callerOf = callerOf;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a port of its own for connections to a server's. */
  static async start(target: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const server = createServer();
    await listen(server, await freePort());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new TcpProxy(server, { own: address.port, target }, options);
  }

  /** The next bytes that pass arrive by half, and then their connection is gone. */
  cutNext(): void {
    this.#isCutting = true;
  }

  /** The weather from now on, for the connections there are and those to come: of one caller, or of all that have none of their own. */
  set(weather: Weather, caller?: string): void {
    if (caller === undefined) this.#general = weather;
    else this.#weather.set(caller, weather);
    for (const pair of this.#pairs) for (const stream of pair.streams) stream.look();
  }

  /** Everything passes again; connections that lost bytes end. */
  clear(): void {
    this.#general = FAIR;
    this.#weather.clear();
    for (const pair of this.#pairs) {
      if (pair.streams.some(({ hasLost }) => hasLost)) pair.destroy();
      else for (const stream of pair.streams) stream.look();
    }
  }

  /** Ends all connections, and refuses new ones until {@link open}: nobody is at the other end. */
  async refuse(): Promise<void> {
    const closed = new Promise((done) => void this.#server.close(done));
    this.#drop();
    await closed;
  }

  async open(): Promise<void> {
    if (!this.#server.listening) await listen(this.#server, this.port);
  }

  stop(): void {
    this.#drop();
    this.#server.close();
  }

  #drop(): void {
    for (const pair of this.#pairs) pair.destroy();
  }

  #accept(caller: Socket): void {
    const server = connect({ host: HOST, port: this.#target });
    const weather = (): Weather => {
      const own = pair.caller === undefined ? undefined : this.#weather.get(pair.caller);
      return own ?? this.#general;
    };
    const passes = (to: Socket, bytes: Buffer): boolean => {
      if (!this.#isCutting) return true;
      this.#isCutting = false;
      this.cuts++;
      to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), pair.destroy);
      return false;
    };
    const requests = new Stream(caller, server, () => directed(weather(), 'requests'), passes);
    const answers = new Stream(
      server,
      caller,
      () => directed(weather(), 'answers'),
      (to, bytes) => {
        this.answeredBytes += bytes.length;
        return passes(to, bytes);
      },
    );
    const pair: Pair = {
      caller: this.#callerOf === undefined ? '' : undefined,
      streams: [requests, answers],
      destroy: () => {
        this.#pairs.delete(pair);
        // Nobody has answered yet: an end in order would look like an answer.
        if (server.bytesRead === 0) caller.resetAndDestroy();
        for (const stream of pair.streams) stream.close();
      },
    };
    this.#pairs.add(pair);
    caller.once('data', (first) => (pair.caller ??= this.#callerOf?.(first)));
    for (const stream of pair.streams) stream.carry(pair.destroy);
  }
}

/** What holds in one direction. */
interface Conditions extends Omit<Weather, 'requests' | 'answers'> {
  readonly passage: Passage;
}

function directed(weather: Weather, way: 'requests' | 'answers'): Conditions {
  return { ...weather, passage: weather[way] ?? 'free' };
}

/** One direction of a connection. */
class Stream {
  hasLost = false;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #conditions: () => Conditions;
  readonly #passes: (to: Socket, bytes: Buffer) => boolean;
  readonly #random = new SeededRandom(1);
  #waiting: { bytes: Buffer; dueMs: number }[] = [];
  #waitingBytes = 0;
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, conditions: () => Conditions, passes: (to: Socket, bytes: Buffer) => boolean) {
    this.#from = from;
    this.#to = to;
    this.#conditions = conditions;
    this.#passes = passes;
  }

  carry(ended: () => void): void {
    this.#from.setNoDelay(true);
    this.#from.on('error', ended);
    this.#from.on('close', ended);
    this.#from.on('data', (bytes) => this.#take(bytes));
    this.look();
  }

  /** The weather has changed. */
  look(): void {
    const isHeld = this.#conditions().passage === 'held';
    if (isHeld || this.#waitingBytes > WAITING_BYTES_MAX) this.#from.pause();
    else this.#from.resume();
    if (!isHeld) this.#deliver();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#from.destroy();
  }

  #take(bytes: Buffer): void {
    const { passage, delayMs = 0, bytesPerSecond = Infinity, pieceBytes = bytes.length } = this.#conditions();
    if (passage === 'lost') {
      this.hasLost = true;
      return;
    }
    const underwayMs = delayMs / 2 + this.#random.next() * delayMs;
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes);
      this.#lastDueMs =
        Math.max(this.#lastDueMs, performance.now() + underwayMs) + (piece.length / bytesPerSecond) * 1000;
      this.#waiting.push({ bytes: piece, dueMs: this.#lastDueMs });
      this.#waitingBytes += piece.length;
    }
    this.look();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    let sent = 0;
    for (const { bytes, dueMs } of this.#waiting) {
      if (dueMs > performance.now() + 1) break;
      sent++;
      this.#waitingBytes -= bytes.length;
      if (!this.#passes(this.#to, bytes)) return;
      this.#to.write(bytes);
    }
    this.#waiting.splice(0, sent);
    const next = this.#waiting[0];
    if (next !== undefined) this.#timer = setTimeout(() => this.look(), next.dueMs - performance.now());
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, HOST, () => {
      server.off('error', fail);
      done();
    });
  });
}

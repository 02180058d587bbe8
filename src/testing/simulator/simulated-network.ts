import type { SeededRandom } from '../../base/seeded-random.ts';
import type { Clock, Timers } from '../../runtime/clock.ts';
import type { Address, Connection, ConnectionHandler, Listener, Network } from '../../runtime/network.ts';
import { NetworkError } from '../../runtime/network.ts';
import { SimulatedSocket } from './simulated-socket.ts';

const EPHEMERAL_PORT_FIRST = 32_768;
/** How long the kernel asks for a connection that nobody answers. */
const CONNECT_TIMEOUT_MS = 20_000;
/** How long, at least and at most, a kernel repeats bytes that are not acknowledged before it gives the connection up. */
const PATIENCE_MS = [2_000, 12_000] as const;
/** Until bytes that were held are sent once more after a link has healed. */
const REPEAT_MS_MAX = 400;

/** One way between two hosts. */
export interface Link {
  /** Bytes take between `least` and `most` milliseconds. */
  delayMs: readonly [least: number, most: number];
  /** Nothing passes; what is sent waits for the link to heal, or for the sender's patience to end. */
  isCut: boolean;
}

export interface SimulatedNetworkParts {
  readonly time: Clock & Timers;
  readonly random: SeededRandom;
  /** Told of each piece that arrives at a host, before it does. */
  readonly arrived: (host: string, from: string, bytes: Uint8Array | undefined) => void;
}

/**
 * A network of hosts as TCP shows it: bytes arrive whole, in order and late; what is lost on the way is sent again until
 * the link heals or the sender gives up, which ends the connection. A host that loses power says nothing to its peers.
 */
export class SimulatedNetwork {
  readonly #parts: SimulatedNetworkParts;
  readonly #links = new Map<string, Link>();
  readonly #accepting = new Map<string, (connection: Connection) => ConnectionHandler | undefined>();
  readonly #dark = new Set<string>();
  readonly #sockets = new Set<SimulatedSocket>();
  #delayMs: readonly [number, number] = [0.1, 0.6];
  #nextPort = EPHEMERAL_PORT_FIRST;

  constructor(parts: SimulatedNetworkParts) {
    this.#parts = parts;
  }

  /** What links take that were given no delay of their own. */
  set defaultDelayMs(delayMs: readonly [number, number]) {
    this.#delayMs = delayMs;
  }

  /** The sockets of one host. */
  host(name: string): Network {
    return {
      listen: (address, accept) => this.#listen(name, address, accept),
      connect: (address, handler, _tls, signal) => this.#connect(name, address, handler, signal),
    };
  }

  link(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = { delayMs: this.#delayMs, isCut: false };
      this.#links.set(key, link);
    }
    return link;
  }

  cut(from: string, to: string): void {
    this.link(from, to).isCut = true;
  }

  /** Lets bytes pass again, those first that were held. */
  heal(from: string, to: string): void {
    const link = this.link(from, to);
    if (!link.isCut) return;
    link.isCut = false;
    for (const socket of Array.from(this.#sockets)) if (socket.host === from && socket.peerHost === to) socket.repeat();
  }

  /** Loses a segment of each connection one way, beyond repair: the connections break. */
  breakConnections(from: string, to: string): void {
    for (const socket of Array.from(this.#sockets)) if (socket.host === from && socket.peerHost === to) socket.giveUp();
  }

  /** The host loses power: its sockets are gone without a word. */
  darken(host: string): void {
    this.#dark.add(host);
    for (const key of Array.from(this.#accepting.keys())) if (key.startsWith(`${host}:`)) this.#accepting.delete(key);
    for (const socket of Array.from(this.#sockets)) if (socket.host === host) socket.vanish();
  }

  /** The host has power again: it answers to what it does not know with a reset. */
  lighten(host: string): void {
    this.#dark.delete(host);
    for (const socket of Array.from(this.#sockets)) if (socket.peerHost === host) socket.repeat();
  }

  isDark(host: string): boolean {
    return this.#dark.has(host);
  }

  async #listen(
    host: string,
    address: Address,
    accept: (connection: Connection) => ConnectionHandler | undefined,
  ): Promise<Listener> {
    const port = address.port === 0 ? this.#nextPort++ : address.port;
    const key = `${host}:${port}`;
    if (this.#accepting.has(key)) throw new NetworkError('EADDRINUSE', `address in use: ${key}`);
    this.#accepting.set(key, accept);
    return {
      host: address.host,
      port,
      close: async () => {
        if (this.#accepting.get(key) === accept) this.#accepting.delete(key);
      },
    };
  }

  #connect(
    host: string,
    { host: peer, port }: Address,
    handler: (connection: Connection) => ConnectionHandler,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const { time, random } = this.#parts;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new NetworkError('ETIMEDOUT', `${peer}:${port} does not answer`));
      const cancelled = (): void => reject(new NetworkError('ECANCELED', 'the connection is not wanted any more'));
      if (signal?.aborted === true) return cancelled();
      signal?.addEventListener('abort', cancelled, { once: true });
      const deadlineMs = time.monotonicMs() + CONNECT_TIMEOUT_MS;
      const attempt = (): void => {
        if (time.monotonicMs() >= deadlineMs) return giveUp();
        const isPassing = !this.link(host, peer).isCut && !this.link(peer, host).isCut && !this.#dark.has(peer);
        // The kernel asks again, every second or so.
        if (!isPassing) return void time.set(500 + random.below(1000), attempt);
        const accept = this.#accepting.get(`${peer}:${port}`);
        this.#parts.arrived(peer, host, undefined);
        const back = (told: () => void): void =>
          void time.set(this.delayOf(peer, host), () => {
            this.#parts.arrived(host, peer, undefined);
            told();
          });
        if (accept === undefined) {
          back(() => reject(new NetworkError('ECONNREFUSED', `nobody listens at ${peer}:${port}`)));
          return;
        }
        const near = { address: host, port: this.#nextPort++ };
        const far = { address: peer, port };
        const dialler = this.#socket(host, peer, near, far);
        const accepted = this.#socket(peer, host, far, near);
        dialler.pair(accepted);
        const acceptedHandler = accept(accepted);
        if (acceptedHandler === undefined) accepted.destroy();
        else accepted.start(acceptedHandler);
        back(() => {
          if (signal?.aborted === true) {
            dialler.destroy();
            return;
          }
          signal?.removeEventListener('abort', cancelled);
          dialler.start(handler(dialler));
          resolve(dialler);
        });
      };
      time.set(this.delayOf(host, peer), attempt);
    });
  }

  /** How long the next piece takes on its way. */
  delayOf(from: string, to: string): number {
    const [least, most] = this.link(from, to).delayMs;
    return least + this.#parts.random.next() * (most - least);
  }

  #socket(
    host: string,
    peerHost: string,
    local: { address: string; port: number },
    remote: { address: string; port: number },
  ): SimulatedSocket {
    const { time, random, arrived } = this.#parts;
    const socket: SimulatedSocket = new SimulatedSocket({
      time,
      host,
      peerHost,
      local,
      remote,
      delayMs: () => this.delayOf(host, peerHost),
      isPassing: () => !this.link(host, peerHost).isCut && !this.#dark.has(peerHost),
      patienceMs: () => PATIENCE_MS[0] + random.next() * (PATIENCE_MS[1] - PATIENCE_MS[0]),
      repeatMs: () => random.next() * REPEAT_MS_MAX,
      // Now and then a piece comes in two.
      piece: (length) => (length > 1 && random.below(16) === 0 ? 1 + random.below(length - 1) : length),
      arrived: (bytes) => arrived(peerHost, host, bytes),
      closed: () => void this.#sockets.delete(socket),
    });
    this.#sockets.add(socket);
    return socket;
  }
}

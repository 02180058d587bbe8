import type { Timers } from './clock.ts';
import { MemoryConnection } from './memory-connection.ts';
import type { Address, Connection, ConnectionHandler, DialTls, Listener, ListenTls, Network } from './network.ts';
import { NetworkError } from './network.ts';

/** First of the ports handed out for port 0 and for the dialling end. */
const EPHEMERAL_PORT_FIRST = 32_768;

export interface MemoryNetworkOptions {
  /** Milliseconds that everything takes from one end to the other. */
  readonly delayMs?: number;
  /** The most bytes that land at once, to cut messages to pieces. */
  readonly segmentBytesMax?: number;
}

/** Connections inside the process, carried by `timers`: with virtual time every run is the same. */
export class MemoryNetwork implements Network {
  readonly #timers: Timers;
  readonly #options: Required<MemoryNetworkOptions>;
  readonly #accepting = new Map<number, (connection: Connection) => ConnectionHandler | undefined>();
  readonly #open = new Set<MemoryConnection>();
  #nextPort = EPHEMERAL_PORT_FIRST;

  constructor(timers: Timers, { delayMs = 0, segmentBytesMax = Infinity }: MemoryNetworkOptions = {}) {
    this.#timers = timers;
    this.#options = { delayMs, segmentBytesMax };
  }

  /** Connections that are open, counting both ends. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Ports are the network's; hosts are names for one and the same machine. */
  async listen(
    address: Address,
    accept: (connection: Connection) => ConnectionHandler | undefined,
    tls?: ListenTls,
  ): Promise<Listener> {
    refuseTls(tls);
    const port = address.port === 0 ? this.#nextPort++ : address.port;
    if (this.#accepting.has(port)) throw new NetworkError('EADDRINUSE', `address in use: ${address.host}:${port}`);
    this.#accepting.set(port, accept);
    return {
      host: address.host,
      port,
      close: async () => void this.#accepting.delete(port),
    };
  }

  async connect(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    tls?: DialTls,
  ): Promise<Connection> {
    refuseTls(tls);
    return new Promise((resolve, reject) => {
      this.#later(() => {
        const accept = this.#accepting.get(address.port);
        if (accept === undefined) {
          reject(new NetworkError('ECONNREFUSED', `nobody listens at ${address.host}:${address.port}`));
          return;
        }
        const near = { address: address.host, port: this.#nextPort++ };
        const far = { address: address.host, port: address.port };
        const dialler = this.#connection(near, far);
        const accepted = this.#connection(far, near);
        dialler.pair(accepted);
        dialler.start(handler(dialler));
        const acceptedHandler = accept(accepted);
        if (acceptedHandler === undefined) accepted.destroy();
        else accepted.start(acceptedHandler);
        resolve(dialler);
      });
    });
  }

  /** Breaks all open connections, both ends seeing ECONNRESET. */
  reset(): void {
    for (const connection of this.#open) connection.reset();
  }

  #connection(local: { address: string; port: number }, remote: { address: string; port: number }): MemoryConnection {
    const connection = new MemoryConnection({
      local,
      remote,
      segmentBytesMax: this.#options.segmentBytesMax,
      later: (callback) => this.#later(callback),
      closed: (closed) => void this.#open.delete(closed),
    });
    this.#open.add(connection);
    return connection;
  }

  #later(callback: () => void): void {
    if (this.#options.delayMs > 0) this.#timers.set(this.#options.delayMs, callback);
    else this.#timers.soon(callback);
  }
}

/** What is asked to be secret must not silently go without. */
function refuseTls(tls: DialTls | ListenTls | undefined): void {
  if (tls !== undefined) throw new NetworkError('ENOTSUP', 'connections in memory carry no TLS');
}

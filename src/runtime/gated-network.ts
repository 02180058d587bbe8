import type { Gate } from './gate.ts';
import type { Address, Connection, ConnectionHandler, DialTls, Listener, ListenTls, Network } from './network.ts';

/** Where bytes land that come while the program is paused. */
const HELD_LANDING_BYTES = 64 * 1024;

/** The sockets of a program behind a gate: while it is paused nothing is read or accepted, when it dies all of them close. */
export class GatedNetwork implements Network {
  readonly #network: Network;
  readonly #gate: Gate;

  constructor(network: Network, gate: Gate) {
    this.#network = network;
    this.#gate = gate;
  }

  async listen(
    address: Address,
    accept: (connection: Connection) => ConnectionHandler | undefined,
    tls?: ListenTls,
  ): Promise<Listener> {
    const gate = this.#gate;
    const accepted = (connection: Connection): ConnectionHandler => new GatedConnection(connection, gate, accept);
    const listener = await gate.settle(this.#network.listen(address, accepted, tls));
    const forget = gate.on('died', () => void listener.close());
    return {
      host: listener.host,
      port: listener.port,
      close: () => {
        forget();
        return gate.settle(listener.close());
      },
    };
  }

  connect(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    tls?: DialTls,
  ): Promise<Connection> {
    const gate = this.#gate;
    return gate.settle(this.#connect(address, handler, tls));
  }

  /** Gives the program its own end of the connection, not the one below. */
  async #connect(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    tls: DialTls | undefined,
  ): Promise<Connection> {
    let gated: GatedConnection | undefined;
    const made = (connection: Connection): ConnectionHandler => {
      gated = new GatedConnection(connection, this.#gate, handler);
      return gated;
    };
    const connection = await this.#network.connect(address, made, tls);
    return gated ?? connection;
  }
}

/** One connection of the program, both ways: what it does, and what is done to it. */
class GatedConnection implements Connection, ConnectionHandler {
  readonly #connection: Connection;
  readonly #gate: Gate;
  readonly #forget: readonly (() => void)[];
  #handler: ConnectionHandler | undefined;
  #landing: Uint8Array | undefined;
  /** The program itself wants nothing more for now. */
  #isPaused = false;

  constructor(connection: Connection, gate: Gate, make: (connection: Connection) => ConnectionHandler | undefined) {
    this.#connection = connection;
    this.#gate = gate;
    this.#forget = [
      gate.on('paused', () => connection.pause()),
      gate.on('resumed', () => this.#goOn()),
      gate.on('died', () => connection.destroy()),
    ];
    if (gate.state !== 'running') connection.pause();
    gate.pass(() => {
      this.#handler = make(this);
      if (this.#handler === undefined) connection.destroy();
    });
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get remotePort(): number {
    return this.#connection.remotePort;
  }

  get localAddress(): string {
    return this.#connection.localAddress;
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get pendingBytes(): number {
    return this.#connection.pendingBytes;
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): void {
    if (this.#gate.state === 'dead') return;
    this.#connection.write(chunks, sent && (() => this.#gate.pass(sent)));
  }

  pause(): void {
    this.#isPaused = true;
    this.#connection.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  landing(): Uint8Array {
    const isServed = this.#gate.state === 'running' && this.#handler !== undefined;
    this.#landing = isServed ? this.#handler!.landing() : Buffer.allocUnsafe(HELD_LANDING_BYTES);
    return this.#landing;
  }

  received(count: number): void {
    if (this.#gate.state === 'running') {
      this.#handler?.received(count);
      return;
    }
    // It was on its way when the pause began.
    const bytes = this.#landing!.slice(0, count);
    this.#gate.pass(() => this.#replay(bytes));
  }

  drained(): void {
    this.#gate.pass(() => this.#handler?.drained());
  }

  closed(error?: Error): void {
    for (const forget of this.#forget) forget();
    this.#gate.pass(() => this.#handler?.closed(error));
  }

  #goOn(): void {
    if (this.#gate.state === 'running' && !this.#isPaused) this.#connection.resume();
  }

  #replay(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#handler !== undefined;) {
      const landing = this.#handler.landing();
      const count = Math.min(landing.length, bytes.length - at);
      landing.set(bytes.subarray(at, at + count));
      this.#handler.received(count);
      at += count;
    }
  }
}

import * as net from 'node:net';
import { rewrap } from './landing-socket.ts';
import type { Logger } from './logger.ts';
import type { Address, Connection, ConnectionHandler, DialTls, Listener, ListenTls, Network } from './network.ts';
import { NetworkError } from './network.ts';
import { NodeConnection } from './node-connection.ts';
import { destroyedBy, dialTls, tlsServer } from './node-tls.ts';
import { networkErrorOf } from './tls-faults.ts';

/** Length of the queue of connections that the kernel holds until they are accepted; Kafka's default is 50. */
const BACKLOG_DEFAULT = 511;

/** TCP, and TLS over it. No delay and keep-alive are on, as in Kafka. `directLanding` false forces the way of plain 'data' events. */
export class NodeNetwork implements Network {
  readonly #logger: Logger;
  readonly #directLanding: boolean;

  constructor(logger: Logger, { directLanding = true }: { directLanding?: boolean } = {}) {
    this.#logger = logger;
    this.#directLanding = directLanding;
  }

  async listen(
    address: Address,
    accept: (connection: Connection) => ConnectionHandler | undefined,
    tls?: ListenTls,
  ): Promise<Listener> {
    const server = tls === undefined ? this.#plainServer(accept) : this.#tlsServer(accept, tls);
    const { host, port, backlog = BACKLOG_DEFAULT } = address;
    return new Promise((resolve, reject) => {
      const refused = (error: Error): void => reject(networkErrorOf(error));
      server.once('error', refused);
      server.listen({ host, port, backlog }, () => {
        server.off('error', refused);
        // Out of descriptors, mostly. The listener lives on.
        server.on('error', (error) => this.#logger.warn('a connection could not be accepted', { error }));
        resolve(new NodeListener(server, host));
      });
    });
  }

  connect(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    tls?: DialTls,
    signal?: AbortSignal,
  ): Promise<Connection> {
    if (tls === undefined) return this.#connectPlain(address, handler, signal);
    return this.#connectTls(address, handler, { tls, signal });
  }

  #connectPlain(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const connection = new NodeConnection();
    const { host, port } = address;
    const onread = this.#directLanding ? { onread: connection.onread } : {};
    const socket = net.connect({ host, port, noDelay: true, keepAlive: true, ...onread });
    const settled = destroyedBy(signal, socket);
    return new Promise((resolve, reject) => {
      const refused = (error: Error): void => {
        settled();
        reject(networkErrorOf(error));
      };
      socket.once('error', refused);
      socket.once('connect', () => {
        settled();
        socket.off('error', refused);
        socket.pause();
        connection.attach(socket);
        connection.start(handler(connection), this.#directLanding);
        resolve(connection);
      });
    });
  }

  /** The bytes of TLS sockets come as 'data' events: Node lands only those of TCP directly. */
  async #connectTls(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    { tls, signal }: { readonly tls: DialTls; readonly signal: AbortSignal | undefined },
  ): Promise<Connection> {
    const socket = await dialTls(address, tls, signal);
    const connection = new NodeConnection();
    connection.attach(socket);
    connection.start(handler(connection), false);
    return connection;
  }

  #plainServer(accept: (connection: Connection) => ConnectionHandler | undefined): net.Server {
    const server = net.createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true });
    server.on('connection', (socket) => this.#accepted(socket, accept));
    return server;
  }

  #tlsServer(accept: (connection: Connection) => ConnectionHandler | undefined, tls: ListenTls): net.Server {
    return tlsServer(tls, this.#logger, (socket) => {
      const connection = new NodeConnection();
      connection.attach(socket);
      const handler = accept(connection);
      if (handler === undefined) connection.destroy();
      else connection.start(handler, false);
    });
  }

  #accepted(accepted: net.Socket, accept: (connection: Connection) => ConnectionHandler | undefined): void {
    const connection = new NodeConnection();
    const wrapped = this.#directLanding ? rewrap(accepted, connection.onread) : undefined;
    connection.attach(wrapped ?? accepted);
    const handler = accept(connection);
    if (handler === undefined) connection.destroy();
    else connection.start(handler, wrapped !== undefined);
  }
}

class NodeListener implements Listener {
  readonly host: string;
  readonly port: number;
  readonly #server: net.Server;
  #closed: Promise<void> | undefined;

  constructor(server: net.Server, host: string) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new NetworkError('EINVAL', 'not a TCP listener');
    this.#server = server;
    this.host = host;
    this.port = address.port;
  }

  /** Resolves when the port is free again. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      // Rewrapped connections are not the server's any more; plain ones would hold its 'close' back, so it is not awaited.
      this.#server.close();
      setImmediate(resolve);
    });
    return this.#closed;
  }
}

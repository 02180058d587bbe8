import { connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

interface Pair {
  readonly client: Socket;
  readonly broker: Socket;
}

/** Stands between clients and a broker, and does to their connections what networks do. */
export class TcpProxy {
  readonly port: number;
  cuts = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #isCutting = false;
  #isStalled = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens on a port of its own for connections to a broker's. */
  static async start(brokerPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((done) => {
      server.listen(0, HOST, done);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const proxy = new TcpProxy(server, address.port);
    server.on('connection', (client) => proxy.#accept(client, brokerPort));
    return proxy;
  }

  /** The next bytes that pass arrive by half, and then their connection is gone. */
  cutNext(): void {
    this.#isCutting = true;
  }

  /** Connections stay open and nothing passes any more, until {@link flow}. */
  stall(): void {
    this.#isStalled = true;
    for (const { client, broker } of this.#pairs) for (const socket of [client, broker]) socket.pause();
  }

  flow(): void {
    this.#isStalled = false;
    for (const { client, broker } of this.#pairs) for (const socket of [client, broker]) socket.resume();
  }

  stop(): void {
    for (const pair of this.#pairs) this.#drop(pair);
    this.#server.close();
  }

  #accept(client: Socket, brokerPort: number): void {
    const pair = { client, broker: connect({ host: HOST, port: brokerPort }) };
    this.#pairs.add(pair);
    this.#carry(pair, client, pair.broker);
    this.#carry(pair, pair.broker, client);
    if (this.#isStalled) for (const socket of [client, pair.broker]) socket.pause();
  }

  #carry(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('error', () => this.#drop(pair));
    from.on('close', () => this.#drop(pair));
    from.on('data', (bytes) => {
      if (!this.#isCutting) {
        to.write(bytes);
        return;
      }
      this.#isCutting = false;
      this.cuts++;
      to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => this.#drop(pair));
    });
  }

  #drop(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    pair.client.destroy();
    pair.broker.destroy();
  }
}

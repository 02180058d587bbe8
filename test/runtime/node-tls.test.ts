import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import * as net from 'node:net';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { Connection, ConnectionHandler, DialTls, Listener, ListenTls } from '../../src/runtime/network.ts';
import { nodeTimers } from '../../src/runtime/node-clock.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { Authority } from './certificates.ts';
import { silent } from './silent-logger.ts';

const host = '127.0.0.1';
const network = new NodeNetwork(silent);
const authority = new Authority('good');
const stranger = new Authority('stranger');
const ca = authority.cert;
const server = authority.issue({ name: 'server', hosts: ['kafka.test'], addresses: [host] });

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: ((value: T) => void) | undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve: (value) => resolve?.(value) };
}

/** Keeps what it hears. */
class Greeter implements ConnectionHandler {
  readonly #landing = new Uint8Array(1024);
  readonly over = deferred<Error | undefined>();
  readonly heard = deferred<string>();

  landing(): Uint8Array {
    return this.#landing;
  }

  received(count: number): void {
    this.heard.resolve(Buffer.from(this.#landing.subarray(0, count)).toString());
  }

  drained(): void {}

  closed(error?: Error): void {
    this.over.resolve(error);
  }
}

async function listening(context: TestContext, options: Partial<ListenTls> = {}): Promise<Listener> {
  const open = new Set<Connection>();
  const accept = (connection: Connection): ConnectionHandler => {
    open.add(connection);
    connection.write([Buffer.from('hello')]);
    return new Greeter();
  };
  const listener = await network.listen({ host, port: 0 }, accept, { ...server, ...options });
  context.after(async () => {
    for (const connection of open) connection.destroy();
    await listener.close();
  });
  return listener;
}

async function dial({ port }: { readonly port: number }, tls: DialTls = { ca }): Promise<Greeter> {
  const greeter = new Greeter();
  await network.connect({ host, port }, () => greeter, tls);
  return greeter;
}

async function heard(greeter: Greeter): Promise<string> {
  return Promise.race([greeter.heard.promise, greeter.over.promise.then((error) => `closed: ${String(error)}`)]);
}

suite('TLS', { timeout: 20_000 }, () => {
  test('a trusted certificate passes by address and by the name that is asked for', async (context) => {
    const listener = await listening(context);
    assert.equal(await heard(await dial(listener)), 'hello');
    assert.equal(await heard(await dial(listener, { ca: [ca, stranger.cert], serverName: 'kafka.test' })), 'hello');
  });

  test('a wrong host name is refused, unless nothing is checked', async (context) => {
    const listener = await listening(context);
    await assert.rejects(dial(listener, { ca, serverName: 'other.test' }), {
      name: 'TlsError',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      message: /other\.test/,
    });
    const unchecked = { serverName: 'other.test', rejectUnauthorized: false };
    assert.equal(await heard(await dial(listener, unchecked)), 'hello');
  });

  test('an unknown authority is refused', async (context) => {
    const listener = await listening(context);
    await assert.rejects(dial(listener, { ca: stranger.cert }), { name: 'TlsError', message: /unknown authority/ });
    await assert.rejects(dial(listener, {}), { name: 'TlsError', message: /unknown authority/ });
  });

  test('an expired certificate is refused', async (context) => {
    const old = authority.issue({ name: 'old', addresses: [host], days: -1 });
    const listener = await listening(context, old);
    await assert.rejects(dial(listener), { name: 'TlsError', code: 'CERT_HAS_EXPIRED', message: /has expired/ });
  });

  test('a demanded client certificate has to be there and to be trusted', async (context) => {
    const listener = await listening(context, { ca, clientCertificate: 'required' });
    assert.equal(await heard(await dial(listener, { ca, ...authority.issue({ name: 'client' }) })), 'hello');
    // In TLS 1.3 the dialling end is through before the other looks at its certificate.
    const without = await dial(listener);
    assert.match(await heard(without), /^closed: TlsError: the other end wants a certificate/);
    const strange = await dial(listener, { ca, ...stranger.issue({ name: 'client' }) });
    assert.match(await heard(strange), /^closed: /);
  });

  test('a requested client certificate may be missing, but not be bad', async (context) => {
    const listener = await listening(context, { ca, clientCertificate: 'requested' });
    assert.equal(await heard(await dial(listener)), 'hello');
    assert.equal(await heard(await dial(listener, { ca, ...authority.issue({ name: 'client' }) })), 'hello');
    assert.match(await heard(await dial(listener, { ca, ...stranger.issue({ name: 'client' }) })), /^closed: /);
  });

  test('a port without TLS is told as such', async (context) => {
    const plain = await network.listen({ host, port: 0 }, (connection) => {
      connection.write([Buffer.from('no TLS here')]);
      return new Greeter();
    });
    context.after(() => plain.close());
    await assert.rejects(dial(plain), { name: 'TlsError', message: /does not speak TLS/ });
  });

  test('a handshake that never ends is given up, by either end', async (context) => {
    const mute = net.createServer().listen(0, host);
    await new Promise((done) => {
      mute.once('listening', done);
    });
    const sockets: net.Socket[] = [];
    mute.on('connection', (socket) => sockets.push(socket));
    context.after(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    const { port } = mute.address() as net.AddressInfo;
    await assert.rejects(dial({ port }, { ca, handshakeTimeoutMs: 20 }), { name: 'NetworkError', code: 'ETIMEDOUT' });

    const listener = await listening(context, { handshakeTimeoutMs: 20 });
    const silentEnd = new Greeter();
    await network.connect({ host, port: listener.port }, () => silentEnd);
    await silentEnd.over.promise;
  });

  test('nobody there is no matter of trust; keys that cannot be used are', async (context) => {
    const listener = await listening(context);
    await listener.close();
    await assert.rejects(dial(listener), { name: 'NetworkError', code: 'ECONNREFUSED' });
    await assert.rejects(dial(listener, { ca, cert: 'x', key: 'y' }), { name: 'TlsError' });
    await assert.rejects(listening(context, { cert: 'x' }), { name: 'TlsError' });
  });

  test('connections in memory refuse to go without what was asked', async () => {
    const memory = new MemoryNetwork(nodeTimers);
    await assert.rejects(
      memory.listen({ host, port: 0 }, () => undefined, server),
      { code: 'ENOTSUP' },
    );
    await assert.rejects(
      memory.connect({ host, port: 1 }, () => new Greeter(), { ca }),
      { code: 'ENOTSUP' },
    );
  });
});

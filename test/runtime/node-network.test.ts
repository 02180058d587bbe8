import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { suite, test } from 'node:test';
import { rewrap } from '../../src/runtime/landing-socket.ts';
import type { Connection, ConnectionHandler } from '../../src/runtime/network.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { silent } from './silent-logger.ts';

const host = '127.0.0.1';

interface Served {
  readonly connection: Connection;
  readonly closed: Promise<Error | undefined>;
}

/** A plain socket connected to a listener of ours, and our end of it. */
async function served(network: NodeNetwork): Promise<{ peer: net.Socket; ours: Served; close: () => Promise<void> }> {
  const landing = Buffer.alloc(1000);
  const listening = { close: async (): Promise<void> => {} };
  const peer = new net.Socket();
  peer.on('error', () => {});
  const ours = await new Promise<Served>((resolve, reject) => {
    const accept = (connection: Connection): ConnectionHandler => {
      const handler = { landing: () => landing, received() {}, drained() {}, closed(_error?: Error) {} };
      const closed = new Promise<Error | undefined>((report) => (handler.closed = report));
      resolve({ connection, closed });
      return handler;
    };
    network.listen({ host, port: 0 }, accept).then((listener) => {
      listening.close = () => listener.close();
      peer.connect(listener.port, host);
    }, reject);
  });
  return { peer, ours, close: () => listening.close() };
}

test('this Node lets bytes land where we say on accepted sockets, and the server forgets the wrapped socket', async () => {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const peer = net.connect(port, host);
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  const landing = Buffer.alloc(100);
  const landed = new Promise<number>((resolve) => {
    const wrapped = rewrap(accepted, { buffer: () => landing, callback: (count) => (resolve(count), true) });
    assert.ok(wrapped, "bytes would come by way of 'data' events: slower, more garbage");
    wrapped.resume();
    peer.write('hello');
  });
  assert.equal(await landed, 5);
  assert.equal(landing.toString('utf8', 0, 5), 'hello');
  peer.destroy();
  server.close();
  await once(server, 'close');
});

for (const directLanding of [true, false]) {
  suite(`landing directly: ${directLanding}`, { timeout: 10_000 }, () => {
    const network = new NodeNetwork(silent, { directLanding });

    test('a peer that resets is reported with ECONNRESET', async () => {
      const { peer, ours, close } = await served(network);
      peer.resetAndDestroy();
      assert.equal(((await ours.closed) as { code?: string } | undefined)?.code, 'ECONNRESET');
      await close();
    });

    test('a peer that resets while megabytes are on their way to it ends the connection', async () => {
      const { peer, ours, close } = await served(network);
      peer.pause();
      ours.connection.write([Buffer.alloc(16_000_000), Buffer.alloc(16_000_000)], () => assert.fail('it was not sent'));
      assert.ok(ours.connection.pendingBytes > 0);
      peer.resetAndDestroy();
      const error = await ours.closed;
      assert.match((error as { code?: string } | undefined)?.code ?? '', /^(ECONNRESET|EPIPE)$/);
      assert.equal(ours.connection.pendingBytes, 0);
      await close();
    });

    test('a peer that ends its side is closed, even if it never reads what is on its way', async () => {
      const { peer, ours, close } = await served(network);
      peer.pause();
      ours.connection.write([Buffer.alloc(32_000_000)]);
      peer.end();
      assert.equal(await ours.closed, undefined);
      peer.destroy();
      await close();
    });

    test('connections of our own that are destroyed with bytes outstanding close without an error', async () => {
      const { peer, ours, close } = await served(network);
      ours.connection.write([Buffer.alloc(32_000_000)]);
      ours.connection.destroy();
      assert.equal(await ours.closed, undefined);
      peer.destroy();
      await close();
    });
  });
}

test('an unknown host is a network error', async () => {
  const failed = new NodeNetwork(silent).connect({ host: 'host.invalid', port: 1 }, () => assert.fail('not connected'));
  await assert.rejects(failed, { name: 'NetworkError', code: /^(ENOTFOUND|EAI_AGAIN)$/ });
});

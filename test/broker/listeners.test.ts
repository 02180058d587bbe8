import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { BrokerStartError, startBroker, type StartBrokerOptions } from '../../src/broker/index.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { silent } from '../runtime/silent-logger.ts';
import { RawClient } from './raw-client.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const network = new NodeNetwork(silent);

async function withBroker(options: StartBrokerOptions, run: (port: number) => Promise<void>): Promise<void> {
  const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent', ...options });
  try {
    await run(Number(broker.bootstrapServers.split(':').at(-1)));
  } finally {
    await broker.close();
  }
}

/** host:port of the broker as Metadata tells a client that dialled `host`. */
async function toldTo(host: string, port: number): Promise<string> {
  const client = await RawClient.connect(network, port, host);
  const { response } = client.send(metadata, 9, {
    topics: [],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
  const { brokers } = await response;
  client.close();
  return `${brokers[0]!.host} ${brokers[0]!.port}`;
}

test('localhost is served at both loopback addresses with one port, each told as dialled', async () => {
  await withBroker({}, async (port) => {
    assert.equal(await toldTo('127.0.0.1', port), `127.0.0.1 ${port}`);
    if (hasIpv6) assert.equal(await toldTo('::1', port), `::1 ${port}`);
  });
});

test('opened to all addresses, each client is told the address that it dialled', async () => {
  await withBroker({ host: '0.0.0.0' }, async (port) => {
    assert.equal(await toldTo('127.0.0.1', port), `127.0.0.1 ${port}`);
    assert.equal(await toldTo('127.0.0.2', port), `127.0.0.2 ${port}`);
  });
});

test('an IPv4 client of an IPv6 listener is told an IPv4 address', { skip: !hasIpv6 }, async () => {
  await withBroker({ config: { listeners: 'PLAINTEXT://[::]:0' } }, async (port) => {
    assert.equal(await toldTo('127.0.0.1', port), `127.0.0.1 ${port}`);
    assert.equal(await toldTo('::1', port), `::1 ${port}`);
  });
});

test('in production the advertised address is told, with the port that was taken where it names none', async () => {
  const config = { profile: 'production', listeners: 'PLAINTEXT://127.0.0.1:0' };
  await withBroker({ config }, async (port) => {
    assert.equal(await toldTo('127.0.0.1', port), `127.0.0.1 ${port}`);
  });
  const told = { ...config, 'advertised.listeners': 'PLAINTEXT://shop.example:9999' };
  await withBroker({ config: told }, async (port) => {
    assert.equal(await toldTo('127.0.0.1', port), 'shop.example 9999');
  });
});

test('each of several listeners tells its own address', async () => {
  const config = {
    listeners: 'INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0',
    'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT',
    'advertised.listeners': 'INSIDE://inside.example:1,OUTSIDE://outside.example:2',
  };
  await withBroker({ config }, async (port) => {
    assert.equal(await toldTo('127.0.0.1', port), 'inside.example 1');
  });
});

test('a port in use is one sentence that says what to do, and leaves nothing behind', async () => {
  await withBroker({}, async (port) => {
    await assert.rejects(startBroker({ port, storage: 'memory', logLevel: 'silent' }), (error: Error) => {
      assert.ok(error instanceof BrokerStartError);
      assert.match(error.message, /the port is in use; stop the other process or take another with --port$/);
      return true;
    });
  });
});

test('a broker that closes drops its clients and frees its port', async () => {
  let taken = 0;
  let closed: Promise<void> | undefined;
  await withBroker({}, async (port) => {
    taken = port;
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.resume();
    socket.on('error', () => {});
  });
  await closed;
  await withBroker({ port: taken }, async (port) => assert.equal(port, taken));
});

import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { Cluster } from '../../src/client/cluster.ts';
import type { ClientOptions } from '../../src/client/client-options.ts';
import type { Connection, ConnectionHandler, ListenTls, Network } from '../../src/runtime/network.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { networkErrorOf } from '../../src/runtime/tls-faults.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { Authority } from '../runtime/certificates.ts';
import { silent } from '../runtime/silent-logger.ts';
import { clientRuntime } from './client-world.ts';

const host = '127.0.0.1';
const authority = new Authority('good');
const server = authority.issue({ name: 'server', addresses: [host] });

const deaf: ConnectionHandler = {
  landing: () => new Uint8Array(4096),
  received: () => {},
  drained: () => {},
  closed: () => {},
};

/** A TLS port; clients are met by nobody behind it. */
async function tlsPort(context: TestContext, options: Partial<ListenTls> = {}): Promise<string> {
  const open = new Set<Connection>();
  const accept = (connection: Connection): ConnectionHandler => {
    open.add(connection);
    return deaf;
  };
  const listener = await new NodeNetwork(silent).listen({ host, port: 0 }, accept, { ...server, ...options });
  context.after(async () => {
    for (const connection of open) connection.destroy();
    await listener.close();
  });
  return `${host}:${listener.port}`;
}

function clusterFor(context: TestContext, bootstrapServers: string, options: Partial<ClientOptions> = {}): Cluster {
  const cluster = new Cluster(clientRuntime(), { bootstrapServers, requestTimeoutMs: 4000, ...options });
  context.after(() => cluster.close());
  return cluster;
}

suite('brokers that cannot be reached', { timeout: 20_000 }, () => {
  test('a connect that hangs is given up in time, told to stop, and dropped should it come after all', async (context) => {
    const time = new VirtualTime();
    let late: ((connection: Connection) => void) | undefined;
    let isTold = false;
    let isDropped = false;
    const network: Network = {
      listen: () => assert.fail('nobody listens'),
      connect: (_address, _handler, _tls, signal) => {
        signal?.addEventListener('abort', () => (isTold = true));
        return new Promise((resolve) => {
          late = resolve;
        });
      },
    };
    const runtime = { ...clientRuntime(), network, clock: time, timers: time };
    const cluster = new Cluster(runtime, { bootstrapServers: 'far:9092', connectTimeoutMs: 3000 });
    context.after(() => cluster.close());
    const failing = assert.rejects(cluster.anyBroker(), {
      code: 'TIMED_OUT',
      message: 'far:9092 cannot be reached within 3000 ms',
    });
    await time.run(3001);
    await failing;
    assert.equal(isTold, true);
    late?.({ destroy: () => (isDropped = true) } as unknown as Connection);
    await time.run(1);
    assert.equal(isDropped, true);
  });

  test('a signal ends connecting, with TLS and without', async (context) => {
    const port = Number((await tlsPort(context)).split(':')[1]);
    for (const tls of [undefined, { ca: authority.cert }]) {
      const gone = AbortSignal.abort();
      const connecting = new NodeNetwork(silent).connect({ host, port }, () => deaf, tls, gone);
      await assert.rejects(connecting, { code: 'ECANCELED' });
    }
  });

  test('a plain client at a TLS port is told to set tls, at once', async (context) => {
    // As Java answers; the alert is handshake_failure, and what is in it does not matter.
    const javaPort = await new NodeNetwork(silent).listen({ host, port: 0 }, (connection) => ({
      ...deaf,
      received: () => connection.write([Buffer.from([0x15, 3, 3, 0, 2, 2, 40])]),
    }));
    context.after(() => javaPort.close());
    const cluster = clusterFor(context, `${host}:${javaPort.port}`);
    await assert.rejects(cluster.refresh([]), {
      code: 'SECURITY_MISMATCH',
      retriable: false,
      message: /speaks TLS: set the option tls/,
    });
  });

  test('a TLS client at a plain port is told to leave tls out', async (context) => {
    const plain = await new NodeNetwork(silent).listen({ host, port: 0 }, (connection) => {
      connection.write([Buffer.from('no TLS here')]);
      return deaf;
    });
    context.after(() => plain.close());
    const cluster = clusterFor(context, `${host}:${plain.port}`, { tls: { ca: authority.cert } });
    await assert.rejects(cluster.refresh([]), {
      code: 'SECURITY_MISMATCH',
      retriable: false,
      message: /does not speak TLS; leave the option tls out/,
    });
  });

  test('a client certificate that is missing or not trusted is said to be, and nothing is tried again', async (context) => {
    const address = await tlsPort(context, { ca: authority.cert, clientCertificate: 'required' });
    const ca = authority.cert;
    const refused = { code: 'AUTHENTICATION_FAILED', retriable: false };
    const without = clusterFor(context, address, { tls: { ca } });
    await assert.rejects(without.refresh([]), { ...refused, message: /wants a certificate.*options cert and key/ });
  });

  test('a broker that hangs up without a word is tried again, and the error says what it may have wanted', async (context) => {
    // Such is Node when it does not trust a certificate: it sends no alert.
    const address = await tlsPort(context, { ca: authority.cert, clientCertificate: 'required' });
    const stranger = new Authority('stranger').issue({ name: 'ann' });
    const tls = { ca: authority.cert, ...stranger };
    const strange = clusterFor(context, address, { tls, requestTimeoutMs: 500 });
    await assert.rejects(strange.refresh([]), { code: 'TIMED_OUT', message: /options tls\.cert and tls\.key/ });
  });

  test('the alerts of the other end are told in words, whatever OpenSSL calls them', () => {
    const told: [string, RegExp][] = [
      ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /wants a certificate and none was shown/],
      ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /does not trust the authority/],
      ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /does not take the certificate/],
      ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', /has expired/],
      ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', /the other end refused: internal_error/],
    ];
    for (const [code, message] of told) {
      const error = networkErrorOf(Object.assign(new Error('x'), { code }));
      assert.equal(error.name, 'TlsError');
      assert.match(error.message, message);
    }
    assert.equal(networkErrorOf(Object.assign(new Error('x'), { code: 'ECONNRESET' })).name, 'NetworkError');
  });
});

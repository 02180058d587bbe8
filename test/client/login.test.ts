import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { BrokerConnection } from '../../src/client/broker-connection.ts';
import { clientSettings, type ClientOptions } from '../../src/client/client-options.ts';
import { logIn, type LoginPeer } from '../../src/client/log-in.ts';
import { countersFor, NETWORK_METRICS } from '../../src/client/observe/metric-tables.ts';
import type { SaslOptions } from '../../src/client/security-options.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { requestHeaderVersion, responseHeaderVersion } from '../../src/protocol/api-table.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { saslHandshake } from '../../src/protocol/messages/017-sasl-handshake.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { saslAuthenticate } from '../../src/protocol/messages/036-sasl-authenticate.ts';
import { listGroups } from '../../src/protocol/messages/016-list-groups.ts';
import { requestHeader, responseHeader } from '../../src/protocol/request-header.ts';
import type { Api, Fields, Write } from '../../src/protocol/schema.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { Connection } from '../../src/runtime/network.ts';
import { nodeTimers } from '../../src/runtime/node-clock.ts';
import { FrameReceiver } from '../../src/wire/frame-receiver.ts';
import { silent } from '../runtime/silent-logger.ts';

const plain: SaslOptions = { mechanism: 'PLAIN', username: 'ann', password: 'secret' };
const LIFETIME_MS = 10_000;

/** A broker that takes any PLAIN login, or none, and notes what it was asked in order. */
class LoginBroker {
  readonly network = new MemoryNetwork(nodeTimers);
  readonly asked: string[] = [];
  takesLogins = true;
  /** As Kafka before 1.0: tokens come bare after a handshake of version 0. */
  isOld = false;
  isShakenOff = false;
  port = 0;

  async listen(): Promise<void> {
    const listener = await this.network.listen({ host: 'broker', port: 0 }, (connection) => {
      const frames = new FrameReceiver({ frameBytesMax: 10_000, onFrame: (frame) => this.#serve(connection, frame) });
      return {
        landing: () => frames.landing(),
        received: (count) => frames.received(count),
        drained: () => {},
        closed: () => {},
      };
    });
    this.port = listener.port;
  }

  #serve(connection: Connection, frame: Uint8Array): void {
    if (this.isShakenOff) {
      this.isShakenOff = false;
      this.asked.push(`a bare token of ${frame.length} bytes`);
      if (this.takesLogins) connection.write([Buffer.alloc(4)]);
      else connection.destroy();
      return;
    }
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const [key, version] = [view.getInt16(0), view.getInt16(2)];
    const reader = new ByteReader(frame);
    const { correlationId } = decode(requestHeader, requestHeaderVersion(key, version), reader);
    const answer = <Q extends Fields, S extends Fields>(api: Api<Q, S>, body: Write<S>): void => {
      this.asked.push(api.name);
      const writer = new ByteWriter();
      writer.reserve(4);
      encode(responseHeader, responseHeaderVersion(key, version), writer, { correlationId });
      encode(api.response, version, writer, body);
      const chunks = writer.chunks();
      writer.view.setInt32(0, writer.size - 4);
      connection.write(chunks);
    };
    if (key === apiVersions.key) {
      const served = this.isOld ? [saslHandshake, listGroups] : [saslHandshake, saslAuthenticate, listGroups];
      const apiKeys = served.map(({ key: apiKey }) => ({
        apiKey,
        minVersion: 0,
        maxVersion: this.isOld && apiKey === saslHandshake.key ? 0 : 1,
      }));
      answer(apiVersions, { errorCode: 0, apiKeys, throttleTimeMs: 0 });
    } else if (key === saslHandshake.key) {
      answer(saslHandshake, { errorCode: 0, mechanisms: ['PLAIN'] });
      this.isShakenOff = version === 0;
    }
    if (key === apiVersions.key || key === saslHandshake.key) return;
    if (key === saslAuthenticate.key) {
      const errorCode = this.takesLogins ? 0 : 58;
      const errorMessage = this.takesLogins ? null : 'no, says the broker';
      answer(saslAuthenticate, { errorCode, errorMessage, authBytes: Buffer.of(), sessionLifetimeMs: LIFETIME_MS });
    } else answer(listGroups, { errorCode: 0, groups: [], throttleTimeMs: 0 });
  }
}

async function noToken(): Promise<string> {
  throw new Error('the issuer is away');
}

interface World {
  readonly broker: LoginBroker;
  readonly open: (options?: Partial<ClientOptions>) => Promise<BrokerConnection>;
  readonly passMs: (ms: number) => void;
}

async function world(): Promise<World> {
  const broker = new LoginBroker();
  await broker.listen();
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const runtime = { clock, timers: nodeTimers, random: new SeededRandom(1), network: broker.network, logger: silent };
  return {
    broker,
    open: (options = {}) => {
      const settings = clientSettings({ bootstrapServers: `broker:${broker.port}`, sasl: plain, ...options });
      const context = { runtime, settings, counters: countersFor(NETWORK_METRICS) };
      return BrokerConnection.open(context, { host: 'broker', port: broker.port }, () => {});
    },
    passMs: (ms) => {
      nowMs += ms;
    },
  };
}

const groups = (connection: BrokerConnection): Promise<unknown> =>
  connection.request(listGroups, 1, { statesFilter: [], typesFilter: [] });

suite('login', { timeout: 10_000 }, () => {
  test('comes after ApiVersions and before every other request', async () => {
    const { broker, open } = await world();
    const connection = await open();
    await groups(connection);
    connection.close();
    assert.deepEqual(broker.asked, ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate', 'ListGroups']);
  });

  test('a refusal is AUTHENTICATION_FAILED with the words of the broker, and not retriable', async () => {
    const { broker, open } = await world();
    broker.takesLogins = false;
    const refused = { code: 'AUTHENTICATION_FAILED', retriable: false };
    await assert.rejects(open(), { ...refused, message: /no, says the broker/ });
  });

  test('a broker before Kafka 1.0 gets its tokens bare, and what follows as ever', async () => {
    const { broker, open } = await world();
    broker.isOld = true;
    const connection = await open();
    await groups(connection);
    connection.close();
    assert.deepEqual(broker.asked, ['ApiVersions', 'SaslHandshake', 'a bare token of 11 bytes', 'ListGroups']);
  });

  test('such a broker refuses by hanging up, and the error says so', async () => {
    const { broker, open } = await world();
    Object.assign(broker, { isOld: true, takesLogins: false });
    await assert.rejects(open(), {
      code: 'CONNECTION_FAILED',
      message: /PLAIN: the broker hung up, as brokers before Kafka 1\.0 do at a wrong login/,
    });
  });

  test('is done anew late in the session; requests wait for it and none is lost', async () => {
    const { broker, open, passMs } = await world();
    const connection = await open();
    passMs(LIFETIME_MS * 0.84);
    await groups(connection);
    passMs(LIFETIME_MS * 0.12);
    broker.asked.length = 0;
    await Promise.all([groups(connection), groups(connection), groups(connection)]);
    await groups(connection);
    connection.close();
    const waited = ['ListGroups', 'ListGroups', 'ListGroups', 'ListGroups'];
    assert.deepEqual(broker.asked, ['SaslHandshake', 'SaslAuthenticate', ...waited]);
  });

  test('a login that is not renewed fails the requests that wait, and the connection', async () => {
    const { broker, open, passMs } = await world();
    const connection = await open();
    passMs(LIFETIME_MS);
    broker.takesLogins = false;
    const results = await Promise.allSettled([groups(connection), groups(connection)]);
    for (const result of results) {
      assert.equal(result.status, 'rejected');
      assert.equal((result.reason as { code: string }).code, 'AUTHENTICATION_FAILED');
    }
    assert.equal(connection.isOpen, false);
    assert.equal(connection.inFlight, 0);
  });

  test('a mechanism that is not offered names those that are', async () => {
    const peer: LoginPeer = {
      name: 'broker:1',
      versionFor: () => 1,
      versionOf: () => 1,
      exchange: async (token) => token,
      ask: async () => ({ errorCode: 33, mechanisms: ['SCRAM-SHA-256'] }) as never,
    };
    await assert.rejects(logIn(plain, new SeededRandom(1), peer), {
      code: 'AUTHENTICATION_FAILED',
      message: /PLAIN is not offered; the broker takes SCRAM-SHA-256/,
    });
  });

  test('a token that cannot be had fails the login', async () => {
    const { open } = await world();
    const failed = open({ sasl: { mechanism: 'OAUTHBEARER', token: noToken } });
    await assert.rejects(failed, { code: 'AUTHENTICATION_FAILED', message: /the issuer is away/ });
  });

  test('options that cannot be are told at once', () => {
    const bad: Partial<ClientOptions>[] = [
      { sasl: { mechanism: 'PLAIN', username: '', password: 'x' } },
      { sasl: { mechanism: 'GSSAPI' } as unknown as SaslOptions },
      { tls: { cert: 'x' } },
    ];
    for (const options of bad) {
      assert.throws(() => clientSettings({ bootstrapServers: 'a:1', ...options }), { code: 'INVALID_ARGUMENT' });
    }
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { BrokerFixture, fetchOf, produceOf } from './broker-fixture.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
import type { RawClient } from './raw-client.ts';

const ASK_VERSIONS = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' };
const MIB = 1024 * 1024;

function frameOf(body: ReturnType<typeof produceOf>): Buffer {
  return Buffer.concat(requestFrame({ api: produce, version: 12, body }, 1, 'raw'));
}

async function isServed(fixture: BrokerFixture, client: RawClient): Promise<boolean> {
  const { response } = client.send(apiVersions, 3, ASK_VERSIONS);
  return fixture.done(response).then(
    () => true,
    () => false,
  );
}

test('max.connections refuses one more, and takes it once another has left', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'max.connections': 2 } });
  const [first, second] = [await fixture.connect(), await fixture.connect()];
  assert.equal(await isServed(fixture, first), true);
  assert.equal(await isServed(fixture, await fixture.connect()), false);
  second.close();
  await fixture.time.settle();
  assert.equal(await isServed(fixture, await fixture.connect()), true);
  await fixture.close();
});

test('max.connections.per.ip counts each address for itself, an IPv4 one inside IPv6 as the same', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'max.connections.per.ip': 1 } });
  const served = async (host: string) => isServed(fixture, await fixture.connect(9092, host));
  assert.equal(await served('10.0.0.1'), true);
  assert.equal(await served('10.0.0.1'), false);
  assert.equal(await served('::ffff:10.0.0.1'), false);
  assert.equal(await served('10.0.0.2'), true);
  await fixture.close();
});

test('max.connections.per.ip.overrides stand for their addresses alone', async () => {
  const overrides = '10.0.0.1:2, ::1:0, localhost:1';
  const settings = { 'max.connections.per.ip': 0, 'max.connections.per.ip.overrides': overrides };
  const fixture = await BrokerFixture.start({ settings });
  const served = async (host: string) => isServed(fixture, await fixture.connect(9092, host));
  assert.deepEqual(
    [await served('10.0.0.1'), await served('::ffff:10.0.0.1'), await served('10.0.0.1')],
    [true, true, false],
  );
  assert.equal(await served('::1'), false);
  assert.deepEqual([await served('127.0.0.1'), await served('127.0.0.1')], [true, false]);
  assert.equal(await served('10.0.0.3'), false);
  await fixture.close();
});

test('a connection is closed that was idle for connections.max.idle.ms, and one in use is not', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'connections.max.idle.ms': 10_000 } });
  const [idle, busy] = [await fixture.connect(), await fixture.connect()];
  for (let second = 0; second < 13; second++) {
    await fixture.time.run(1000);
    assert.equal(await isServed(fixture, busy), true);
    if (second < 9) assert.equal(idle.isClosed, false);
  }
  assert.equal(idle.isClosed, true);
  await fixture.close();
});

test('connections.max.idle.ms of -1 keeps every connection', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'connections.max.idle.ms': -1 } });
  const idle = await fixture.connect();
  await fixture.time.run(3_600_000);
  assert.equal(idle.isClosed, false);
  await fixture.close();
});

for (const size of [1025, 0x7fff_ffff, -1]) {
  test(`a frame that announces ${size} bytes closes the connection at its size, beyond socket.request.max.bytes`, async () => {
    const fixture = await BrokerFixture.start({ settings: { 'socket.request.max.bytes': 1024 } });
    const client = await fixture.connect();
    const frame = Buffer.alloc(4);
    frame.writeInt32BE(size);
    client.write(frame);
    await fixture.time.settle();
    assert.equal(client.isClosed, true);
    await fixture.close();
  });
}

test('frames announced and never sent cost no memory', async () => {
  const fixture = await BrokerFixture.start();
  const size = Buffer.alloc(4);
  size.writeInt32BE(100 * MIB);
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 200; index++) {
    const client = await fixture.connect();
    client.write(size, Buffer.alloc(1000));
  }
  await fixture.time.settle();
  const grown = process.memoryUsage().arrayBuffers - before;
  // Each client has a landing place of 64 KiB in this process too.
  assert.ok(grown < 200 * 200 * 1024, `grown by ${grown}`);
  await fixture.close();
});

test('a client that asks and never reads is not read any further, and holds no more than the limit and one answer', async () => {
  const limit = MIB;
  const settings = { 'posthorn.connection.pending.response.bytes.max': limit };
  const fixture = await BrokerFixture.start({ settings });
  await fixture.createTopic('orders');
  const answerBytes = 600_000;
  await fixture.call(produce, 12, produceOf('orders', ['x'.repeat(answerBytes)]));
  const client = await fixture.connect();
  client.pause();
  const asked = 40;
  // One read carries them all: without the limit each would be answered at once.
  const exchanges = client.together(() =>
    Array.from({ length: asked }, () => client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 0 }))),
  );
  await fixture.time.settle();
  assert.ok(fixture.counting.pendingBytes < limit + 2 * answerBytes, `${fixture.counting.pendingBytes} bytes wait`);
  client.resume();
  await fixture.done(Promise.all(exchanges.map(({ response }) => response)));
  assert.equal(client.answered.length, asked);
  await fixture.close();
});

test('requests sent ahead are read no further than the limits of frames and bytes, and all are answered', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  for (const value of ['small', 'x'.repeat(100_000)]) {
    const takenMax = Math.min(65 * (value.length + 300), MIB + 2 * value.length);
    const client = await fixture.connect();
    const parked = client.send(
      fetch,
      12,
      fetchOf('orders', { offset: await fixture.offset('orders'), maxWaitMs: 1000 }),
    );
    await fixture.time.settle();
    const behind = Array.from({ length: 500 }, () => client.send(produce, 12, produceOf('orders', [value])));
    await fixture.time.settle();
    const sent = 500 * value.length;
    assert.ok(client.untakenBytes > sent - takenMax, `${client.untakenBytes} of ${sent} bytes are not taken`);
    await fixture.time.run(1000);
    await fixture.done(Promise.all([parked, ...behind].map(({ response }) => response)));
    client.close();
  }
  await fixture.close();
});

test('produce requests overlap up to a limit', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', { configs: { 'posthorn.flush.policy': 'group' } });
  fixture.held.hold('orders-0');
  const client = await fixture.connect();
  const exchanges = Array.from({ length: 3000 }, () => client.send(produce, 12, produceOf('orders', ['a'])));
  await fixture.time.settle();
  assert.ok(client.untakenBytes > 0, 'the broker reads on');
  fixture.held.release();
  await fixture.done(Promise.all(exchanges.map(({ response }) => response)));
  assert.equal(await fixture.offset('orders'), 3000);
  await fixture.close();
});

test('queued.max.request.bytes: a large request waits until the memory for requests is free again', async () => {
  const settings = { 'queued.max.request.bytes': 200_000, 'socket.request.max.bytes': 200_000 };
  const fixture = await BrokerFixture.start({ settings });
  await fixture.createTopic('orders');
  const [first, second, third] = [await fixture.connect(), await fixture.connect(), await fixture.connect()];
  const large = frameOf(produceOf('orders', ['x'.repeat(150_000)], { acks: 0 }));
  for (const client of [first, second, third]) client.write(large.subarray(0, 100_000));
  await fixture.time.settle();
  // Two are granted, the second beyond the limit; the third is not read.
  for (const client of [first, second, third]) client.write(large.subarray(100_000, -1));
  await fixture.time.settle();
  assert.deepEqual([first.untakenBytes, second.untakenBytes], [0, 0]);
  assert.ok(third.untakenBytes > 0);
  assert.equal(await isServed(fixture, await fixture.connect()), true, 'small requests go on');
  first.write(large.subarray(-1));
  await fixture.time.settle();
  assert.equal(third.untakenBytes, 0);
  second.close();
  third.write(large.subarray(-1));
  await fixture.time.settle();
  assert.equal(await fixture.offset('orders'), 2);
  await fixture.close();
});

test('a storm of connections leaves nothing', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'max.connections.per.ip': 50 } });
  const pending = fixture.time.pending;
  for (let wave = 0; wave < 40; wave++) {
    const clients: RawClient[] = [];
    for (let index = 0; index < 25; index++) clients.push(await fixture.connect());
    for (const [index, client] of clients.entries()) {
      if (index % 2 === 0) client.send(apiVersions, 3, ASK_VERSIONS);
      if (index % 3 === 0) client.write(Buffer.from([0, 0]));
    }
    for (const client of clients) client.close();
    await fixture.time.settle();
  }
  assert.equal(fixture.network.openCount, 0);
  assert.equal(fixture.time.pending, pending);
  assert.equal(await isServed(fixture, await fixture.connect()), true);
  await fixture.close();
});

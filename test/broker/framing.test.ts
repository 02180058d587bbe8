import assert from 'node:assert/strict';
import { test } from 'node:test';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { describeConfigs } from '../../src/protocol/messages/032-describe-configs.ts';
import { BrokerFixture, fetchOf, produceOf } from './broker-fixture.ts';
import { exchangeBytes, frameOf, sizeOf } from './handlers/raw-frames.ts';
import { requestOf } from './handlers/request-of.ts';

const METADATA = 3;
const API_VERSIONS = 18;
/** A Metadata request for no topic, version 1. */
const NO_TOPICS = Buffer.from([0, 0, 0, 0]);

/** Whether the broker hung up on these bytes, in pieces as given. */
async function hangsUp(fixture: BrokerFixture, ...pieces: Uint8Array[]): Promise<boolean> {
  const client = await fixture.connect();
  for (const piece of pieces) {
    client.write(piece);
    await fixture.time.settle();
  }
  const { isClosed } = client;
  client.close();
  return isClosed;
}

test('answers come in the order of the requests, whatever each takes', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('t', { partitions: 2 });
  const client = await fixture.connect();
  const topic = { name: 'later', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] };
  const sent = [
    client.send(createTopics, 7, requestOf(createTopics, { topics: [topic] })),
    client.send(produce, 12, produceOf('t', ['a'], { acks: -1 })),
    client.send(metadata, 12, requestOf(metadata)),
    client.send(fetch, 12, fetchOf('t', { offset: 1, maxWaitMs: 100 })),
    client.send(produce, 12, produceOf('t', ['b'], { acks: 1 })),
    client.send(describeConfigs, 4, requestOf(describeConfigs)),
    client.send(listOffsets, 7, requestOf(listOffsets)),
    client.send(apiVersions, 0, requestOf(apiVersions)),
  ];
  await fixture.time.settle();
  // The fetch waits for records, and everything behind it waits for the fetch.
  assert.deepEqual(client.answered, [1, 2, 3]);
  fixture.time.advance(100);
  await fixture.done(Promise.all(sent.map(({ response }) => response)));
  assert.deepEqual(
    client.answered,
    sent.map(({ correlationId }) => correlationId),
  );
  await fixture.close();
});

test('a request may arrive byte by byte', async () => {
  const fixture = await BrokerFixture.start();
  const frame = frameOf({ key: API_VERSIONS, version: 0, correlationId: 9 });
  const [answer] = await exchangeBytes(fixture, ...Array.from(frame, (byte) => Buffer.from([byte])));
  assert.equal(answer!.readInt32BE(0), 9);
  await fixture.close();
});

test('a client without an id is served', async () => {
  const fixture = await BrokerFixture.start();
  const frame = frameOf({ key: METADATA, version: 1, correlationId: 4, clientId: null, body: NO_TOPICS });
  const [answer] = await exchangeBytes(fixture, frame);
  assert.equal(answer!.readInt32BE(0), 4);
  await fixture.close();
});

test('a size that is negative or above socket.request.max.bytes ends the connection before its bytes come', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'socket.request.max.bytes': 1000 } });
  for (const size of [-1, -2_147_483_648, 1001, 2_147_483_647]) {
    assert.equal(await hangsUp(fixture, sizeOf(size)), true, String(size));
  }
  assert.equal(await hangsUp(fixture, sizeOf(1000), Buffer.alloc(500)), false);
  await fixture.close();
});

test('a request that does not parse ends the connection', async () => {
  const fixture = await BrokerFixture.start();
  const truncated = frameOf({ key: METADATA, version: 1, body: Buffer.from([0, 0]) });
  const hugeArray = frameOf({ key: METADATA, version: 1, body: Buffer.from([0x7f, 0xff, 0xff, 0xff]) });
  const badString = frameOf({ key: METADATA, version: 1, body: Buffer.from([0, 0, 0, 1, 0xff, 0xfe]) });
  const badTags = frameOf({ key: METADATA, version: 12, flexible: true, body: Buffer.from([1, 0, 0, 0x7f]) });
  const noClientId = Buffer.concat([sizeOf(8), Buffer.from([0, METADATA, 0, 1, 0, 0, 0, 1])]);
  for (const bytes of [truncated, hugeArray, badString, badTags, noClientId]) {
    assert.equal(await hangsUp(fixture, bytes), true, bytes.toString('hex'));
  }
  for (let length = 0; length < 8; length++) {
    assert.equal(await hangsUp(fixture, Buffer.concat([sizeOf(length), Buffer.alloc(length)])), true, String(length));
  }
  await fixture.close();
});

test('a client that breaks the protocol harms nobody else', async () => {
  const fixture = await BrokerFixture.start();
  const other = await fixture.connect();
  assert.equal(await hangsUp(fixture, sizeOf(-1)), true);
  const { brokers } = await fixture.call(metadata, 12, requestOf(metadata), other);
  assert.equal(brokers.length, 1);
  await fixture.close();
});

test('unknown tagged fields of a request and its header are skipped', async () => {
  const fixture = await BrokerFixture.start();
  // One tagged field, number 99, of three bytes; in the header, and after no topics and three false flags.
  const tags = Buffer.from([1, 99, 3, 1, 2, 3]);
  const body = Buffer.concat([tags, Buffer.from([1, 0, 0]), tags]);
  const frame = frameOf({ key: METADATA, version: 12, correlationId: 3, body });
  const [answer] = await exchangeBytes(fixture, frame);
  assert.equal(answer!.readInt32BE(0), 3);
  await fixture.close();
});

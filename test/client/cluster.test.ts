import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from '../../src/client/cluster.ts';
import { BrokerError, ConnectionError, KafkaError, TimeoutError } from '../../src/client/client-error.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { brokerFor, clientRuntime } from './client-world.ts';

test('topics, leaders and coordinators are found from one address', async (context) => {
  const { bootstrapServers } = await brokerFor(context);
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  const made = await cluster.topic('orders', { mayCreate: true });
  assert.equal(made.partitions.length, 1);
  assert.equal(made.partitions[0]?.leaderId, 1);
  const leader = await cluster.broker(1);
  assert.equal(leader.isOpen, true);
  assert.ok(leader.abilities.features.get('metadata.version') !== undefined);
  const coordinator = await cluster.coordinator('group', 'g');
  assert.equal(coordinator.address.port, leader.address.port);
  assert.equal(await cluster.coordinator('group', 'g'), coordinator, 'remembered');
  assert.equal((await cluster.controller()).isOpen, true);
});

test('a topic that is not there, and one that cannot be, are told as the broker tells them', async (context) => {
  const { bootstrapServers } = await brokerFor(context, { 'auto.create.topics.enable': false });
  const cluster = new Cluster(clientRuntime(), { bootstrapServers, requestTimeoutMs: 300 });
  context.after(() => cluster.close());
  await assert.rejects(cluster.topic('nowhere'), (error: unknown) => {
    assert.ok(error instanceof TimeoutError);
    assert.ok(error.cause instanceof BrokerError);
    assert.equal(error.cause.code, 'UNKNOWN_TOPIC_OR_PARTITION');
    return true;
  });
  await assert.rejects(cluster.topic('not a name'), { code: 'INVALID_TOPIC_EXCEPTION', retriable: false });
});

function topic(name: string) {
  return { name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
}

test('requests are pipelined and answered in their order', async (context) => {
  const { bootstrapServers } = await brokerFor(context);
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  const connection = await cluster.anyBroker();
  const version = connection.versionFor(createTopics);
  const names = ['a', 'b', 'a', 'c'];
  const answers = await Promise.all(
    names.map((name) =>
      connection.request(createTopics, version, { topics: [topic(name)], timeoutMs: 1000, validateOnly: false }),
    ),
  );
  assert.deepEqual(
    answers.map(({ topics }) => [topics[0]?.name, topics[0]?.errorCode]),
    [
      ['a', 0],
      ['b', 0],
      ['a', 36],
      ['c', 0],
    ],
  );
});

test('where no broker is, the error names the address and can be tried again', async (context) => {
  const time = new VirtualTime();
  const network = new MemoryNetwork(time);
  const runtime = { ...clientRuntime(), network, clock: time, timers: time };
  const cluster = new Cluster(runtime, { bootstrapServers: 'nobody:9092' });
  context.after(() => cluster.close());
  const failing = assert.rejects(cluster.anyBroker(), (error: unknown) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /nobody:9092/);
    return error.retriable;
  });
  await time.run(1);
  await failing;
});

test('a broker that accepts and says nothing is given up in time', async (context) => {
  const time = new VirtualTime();
  const network = new MemoryNetwork(time);
  await network.listen({ host: 'mute', port: 9092 }, () => ({
    landing: () => new Uint8Array(1024),
    received: () => {},
    drained: () => {},
    closed: () => {},
  }));
  const runtime = { ...clientRuntime(), network, clock: time, timers: time };
  const cluster = new Cluster(runtime, { bootstrapServers: 'mute:9092', connectTimeoutMs: 5000 });
  context.after(() => cluster.close());
  const failing = assert.rejects(cluster.anyBroker(), { code: 'TIMED_OUT', retriable: true });
  await time.run(6000);
  await failing;
});

test('bad settings are named', () => {
  const cases: [string, RegExp][] = [
    ['', /names no broker/],
    ['localhost', /"localhost"; host:port/],
    ['a:0', /"a:0"/],
    ['a:70000', /"a:70000"/],
  ];
  for (const [bootstrapServers, message] of cases) {
    assert.throws(
      () => new Cluster(clientRuntime(), { bootstrapServers }),
      (error: unknown) =>
        error instanceof KafkaError && error.code === 'INVALID_ARGUMENT' && message.test(error.message),
    );
  }
  const negative = { bootstrapServers: 'a:1', requestTimeoutMs: -1 };
  assert.throws(() => new Cluster(clientRuntime(), negative), /requestTimeoutMs is -1/);
});

test('a body that its version cannot carry fails alone: the connection goes on', async (context) => {
  const { bootstrapServers } = await brokerFor(context);
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  const connection = await cluster.anyBroker();
  const version = connection.versionFor(createTopics);
  const bad = { topics: [{ ...topic('a'), numPartitions: 2 ** 40 }], timeoutMs: 1000, validateOnly: false };
  await assert.rejects(connection.request(createTopics, version, bad));
  const good = { topics: [topic('a')], timeoutMs: 1000, validateOnly: false };
  assert.equal((await connection.request(createTopics, version, good)).topics[0]?.errorCode, 0);
});

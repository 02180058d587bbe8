import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { putRecord } from '../../src/controller/decision.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import { storeKeys } from '../../src/metadata/store-keys.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import { describeConfigs } from '../../src/protocol/messages/032-describe-configs.ts';
import { kafkaDisk } from '../log/kafka-directory.ts';
import { batchOf } from '../log/log-fixture.ts';
import { BrokerFixture, produceOf } from './broker-fixture.ts';

const PRODUCER_ID = 4711;
const RETENTION_CHECKED_MS = 600_000;

async function fixtureWithTopics(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', { partitions: 3, configs: { 'retention.ms': '1000' } });
  await fixture.createTopic('idle', { partitions: 2 });
  const batch = batchOf(['a', 'b'], { producerId: PRODUCER_ID, producerEpoch: 0, baseSequence: 0 });
  await fixture.call(produce, 12, produceOf('orders', [], { batch, partition: 1 }));
  return fixture;
}

async function topicsOf(fixture: BrokerFixture): Promise<object[]> {
  const { topics } = await fixture.call(metadata, 12, {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
  return topics.map(({ name, topicId, partitions }) => ({ name, topicId, count: partitions.length }));
}

async function retentionMs(fixture: BrokerFixture): Promise<string | null> {
  const { results } = await fixture.call(describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] }],
    includeSynonyms: false,
    includeDocumentation: false,
  });
  return results[0]!.configs[0]!.value;
}

for (const ending of ['kill', 'close'] as const) {
  test(`topics whose metadata was lost are taken up with all their records after ${ending}`, async () => {
    const fixture = await fixtureWithTopics();
    const before = await topicsOf(fixture);
    await fixture[ending]();
    fixture.disk.remove('/data/posthorn-metadata');
    await fixture.start();
    assert.deepEqual(await topicsOf(fixture), before);
    assert.deepEqual(await fixture.values('orders', 1), ['a', 'b']);
    assert.equal(await retentionMs(fixture), '-1');
    await fixture.time.run(RETENTION_CHECKED_MS);
    assert.deepEqual(await fixture.values('orders', 1), ['a', 'b']);
    assert.ok(fixture.logger.lines.some((line) => /taken up/.test(JSON.stringify(line))));
    await fixture.close();
  });
}

test('a new producer of an adopted topic is not taken for an old one, and the leader is a newer one', async () => {
  const fixture = await fixtureWithTopics();
  await fixture.close();
  fixture.disk.remove('/data/posthorn-metadata');
  await fixture.start();
  const { producerId } = await fixture.call(initProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
  });
  assert.ok(producerId > PRODUCER_ID);
  const batch = batchOf(['c'], { producerId, producerEpoch: 0, baseSequence: 0 });
  const { responses } = await fixture.call(produce, 12, produceOf('orders', [], { batch, partition: 1 }));
  assert.equal(responses[0]!.partitionResponses[0]!.baseOffset, 2);
  const { topics } = await fixture.call(metadata, 12, {
    topics: [{ name: 'orders', topicId: ZERO_UUID }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
  assert.deepEqual(
    topics[0]!.partitions
      .toSorted((left, right) => left.partitionIndex - right.partitionIndex)
      .map((each) => each.leaderEpoch),
    [0, 1, 0],
  );
  await fixture.close();
});

test('an adoption that a crash cut short is made good by the next start', async () => {
  const fixture = await fixtureWithTopics();
  const before = (await topicsOf(fixture)) as { name: string; topicId: string; count: number }[];
  await fixture.close();
  fixture.disk.remove('/data/posthorn-metadata');
  const { disk, time, logger } = fixture;
  const store = EmbeddedStore.open({ disk, directory: '/data/posthorn-metadata', clock: time, timers: time, logger });
  const { topicId } = before.find(({ name }) => name === 'orders')!;
  const led = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: [1], isr: [1] };
  const rest = { elr: [], lastKnownElr: [], adding: [], removing: [], recovering: false };
  const onSuccess = [0, 1, 2].map((index) => putRecord(storeKeys.partition(topicId, index), { ...led, ...rest }));
  onSuccess.push(putRecord(storeKeys.topic('orders'), { id: topicId, partitions: 3 }));
  await fixture.done(store.txn({ compares: [], onSuccess }));
  await fixture.done(store.close());
  await fixture.start();
  assert.deepEqual(await topicsOf(fixture), before);
  assert.deepEqual(await fixture.values('orders', 1), ['a', 'b']);
  await fixture.close();
});

test('logs that belong to no topic of a cluster that is not new are put aside as before', async () => {
  const fixture = await fixtureWithTopics();
  await fixture.close();
  fixture.disk.makeDirectory('/data/stranger-0');
  await fixture.start();
  assert.ok(fixture.disk.list('/data').some(({ name }) => /^stranger-0\.[0-9a-f]{32}-stray$/.test(name)));
  await fixture.close();
});

test('a data directory of Apache Kafka is served', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.close();
  fixture.disk = kafkaDisk();
  await fixture.start({ 'log.dirs': '/logs' });
  assert.ok((await fixture.values('orders')).length > 0);
  await fixture.close();
});

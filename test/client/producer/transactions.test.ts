import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Cluster } from '../../../src/client/cluster.ts';
import { FencedError } from '../../../src/client/client-error.ts';
import { Kafka } from '../../../src/client/kafka.ts';
import { string } from '../../../src/client/serializers.ts';
import { updateFeatures } from '../../../src/protocol/messages/057-update-features.ts';
import { offsetFetch } from '../../../src/protocol/messages/009-offset-fetch.ts';
import { brokerFor, clientRuntime } from '../client-world.ts';
import { createTopic, readPartition } from './reading.ts';

async function world(context: TestContext, version: 1 | 2) {
  const { bootstrapServers } = await brokerFor(context);
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  await createTopic(cluster, 'orders', 2);
  if (version === 1) await useVersion1(cluster);
  const kafka = new Kafka({ bootstrapServers }, clientRuntime());
  const producerFor = (transactionalId: string) => kafka.producer({ valueSerializer: string, transactionalId });
  const values = async (isCommitted: boolean) => {
    const records = [
      ...(await readPartition(cluster, 'orders', 0, isCommitted)),
      ...(await readPartition(cluster, 'orders', 1, isCommitted)),
    ];
    return records.map(({ value }) => Buffer.from(value ?? []).toString()).toSorted();
  };
  return { cluster, producerFor, values };
}

async function useVersion1(cluster: Cluster): Promise<void> {
  const connection = await cluster.anyBroker();
  const answer = await connection.request(updateFeatures, connection.versionFor(updateFeatures), {
    timeoutMs: 10_000,
    featureUpdates: [{ feature: 'transaction.version', maxVersionLevel: 1, allowDowngrade: false, upgradeType: 2 }],
    validateOnly: false,
  });
  assert.equal(answer.errorCode, 0, `${answer.errorMessage}`);
}

async function committed(cluster: Cluster, groupId: string, topic: string): Promise<number> {
  const connection = await cluster.coordinator('group', groupId);
  const answer = await connection.request(offsetFetch, 7, {
    groupId,
    topics: [{ name: topic, partitionIndexes: [0] }],
    groups: [],
    requireStable: true,
  });
  return answer.topics[0]!.partitions[0]!.committedOffset;
}

function at(offset: number) {
  return [{ topic: 'orders', partition: 0, offset }];
}

for (const version of [1, 2] as const) {
  test(`version ${version}: what is committed is seen, what is aborted is not`, async (context) => {
    const { producerFor, values } = await world(context, version);
    const producer = producerFor('t');
    context.after(() => producer.close());
    for (const name of ['a', 'b', 'c']) {
      await producer.begin();
      for (const partition of [0, 1, 0, 1]) void producer.send({ topic: 'orders', value: name, partition });
      if (name === 'b') await producer.send({ topic: 'orders', value: name, partition: 0 });
      if (name === 'b') await producer.abort();
      else await producer.commit();
    }
    assert.deepEqual(await values(true), ['a', 'a', 'a', 'a', 'c', 'c', 'c', 'c']);
    assert.ok((await values(false)).includes('b'));
  });

  test(`version ${version}: work that throws is aborted, what it returns comes through`, async (context) => {
    const { producerFor, values } = await world(context, version);
    const producer = producerFor('t');
    context.after(() => producer.close());
    const failing = producer.transaction(async (tx) => {
      await tx.send({ topic: 'orders', value: 'lost', partition: 0 });
      throw new Error('out of stock');
    });
    await assert.rejects(failing, /out of stock/);
    const result = await producer.transaction(async (tx) => {
      void tx.send({ topic: 'orders', value: 'kept', partition: 1 });
      return 7;
    });
    assert.equal(result, 7);
    assert.deepEqual(await values(true), ['kept']);
  });

  test(`version ${version}: offsets are committed with the records, or not at all`, async (context) => {
    const { cluster, producerFor } = await world(context, version);
    const producer = producerFor('t');
    context.after(() => producer.close());
    await producer.transaction((tx) => tx.sendOffsets(at(5), { groupId: 'g' }));
    assert.equal(await committed(cluster, 'g', 'orders'), 5);
    await producer.begin();
    await producer.sendOffsets(at(9), { groupId: 'g' });
    await producer.abort();
    assert.equal(await committed(cluster, 'g', 'orders'), 5);
    await producer.begin();
    const stranger = { groupId: 'g', generationId: 3, memberId: 'nobody' };
    await assert.rejects(producer.sendOffsets(at(9), stranger), { name: /Error/ });
    await assert.rejects(producer.commit());
    await producer.abort();
    await producer.transaction((tx) => tx.sendOffsets(at(10), { groupId: 'g' }));
    assert.equal(await committed(cluster, 'g', 'orders'), 10);
  });

  test(`version ${version}: a producer whose id was taken is fenced, for good`, async (context) => {
    const { producerFor, values } = await world(context, version);
    const old = producerFor('t');
    const young = producerFor('t');
    context.after(() => Promise.all([old.close(), young.close()]));
    await old.begin();
    await old.send({ topic: 'orders', value: 'old', partition: 0 });
    await young.transaction((tx) => tx.send({ topic: 'orders', value: 'young', partition: 0 }));
    await assert.rejects(old.send({ topic: 'orders', value: 'old', partition: 0 }), FencedError);
    await assert.rejects(old.commit(), FencedError);
    await assert.rejects(old.abort(), FencedError);
    await assert.rejects(old.begin(), FencedError);
    await young.transaction((tx) => tx.send({ topic: 'orders', value: 'young', partition: 0 }));
    assert.deepEqual(await values(true), ['young', 'young']);
  });

  test(`version ${version}: a record that is refused fails the transaction, the next one is well`, async (context) => {
    const { producerFor, values } = await world(context, version);
    const producer = producerFor('t');
    context.after(() => producer.close());
    await producer.begin();
    const future = { topic: 'orders', value: 'bad', partition: 0, timestamp: 8_000_000_000_000_000 };
    const good = producer.send({ topic: 'orders', value: 'x', partition: 1 });
    await good;
    await assert.rejects(producer.send(future), { code: 'INVALID_TIMESTAMP' });
    await assert.rejects(producer.commit(), { code: 'INVALID_TIMESTAMP' });
    await assert.rejects(producer.send({ topic: 'orders', value: 'x', partition: 1 }), { code: 'INVALID_TIMESTAMP' });
    await producer.abort();
    for (const value of ['y', 'z']) {
      await producer.transaction(async (tx) => {
        void tx.send({ topic: 'orders', value, partition: 0 });
        void tx.send({ topic: 'orders', value, partition: 1 });
      });
    }
    assert.deepEqual(await values(true), ['y', 'y', 'z', 'z']);
  });
}

test('calls out of turn are refused, and an empty transaction is nothing', async (context) => {
  const { producerFor, values } = await world(context, 2);
  const producer = producerFor('t');
  await assert.rejects(producer.commit(), { code: 'INVALID_STATE' });
  await assert.rejects(producer.send({ topic: 'orders', value: 'x' }), { code: 'INVALID_STATE' });
  await producer.begin();
  await assert.rejects(producer.begin(), { code: 'INVALID_STATE' });
  await producer.commit();
  await producer.begin();
  await producer.abort();
  await producer.begin();
  await producer.send({ topic: 'orders', value: 'left open', partition: 0 });
  await producer.close();
  assert.deepEqual(await values(true), []);
});

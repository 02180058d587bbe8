import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Cluster } from '../../../src/client/cluster.ts';
import { Kafka } from '../../../src/client/kafka.ts';
import { string } from '../../../src/client/serializers.ts';
import { brokerFor, clientRuntime } from '../client-world.ts';
import { createTopic, readPartition } from './reading.ts';

async function world(context: TestContext, partitions: number, config = {}) {
  const { bootstrapServers } = await brokerFor(context, config);
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  await createTopic(cluster, 'orders', partitions);
  return { cluster, kafka: new Kafka({ bootstrapServers }, clientRuntime()) };
}

async function valuesIn(cluster: Cluster, partition: number): Promise<string[]> {
  const records = await readPartition(cluster, 'orders', partition);
  return records.map(({ value }) => Buffer.from(value ?? []).toString());
}

function recordOf(value: string): { topic: string; value: string } {
  return { topic: 'orders', value };
}

/** Records of 150 bytes that begin with their numbers. */
function some(from: number, count: number): { topic: string; value: string }[] {
  return Array.from({ length: count }, (_, index) => recordOf(String(from + index).padEnd(150, '.')));
}

test('many records go in order with one promise, which tells where they lie', async (context) => {
  const { cluster, kafka } = await world(context, 3);
  const producer = kafka.producer({ keySerializer: string, valueSerializer: string, batchSize: 2000 });
  context.after(() => producer.close());
  const names = ['ann', 'bob', 'eve', 'joe'];
  const records = Array.from({ length: 2000 }, (_, index) => {
    const key = names[index % names.length]!;
    return { topic: 'orders', key, value: `${key} ${index}` };
  });
  const ranges = await producer.sendMany(records);
  assert.equal(
    ranges.reduce((sum, { count }) => sum + count, 0),
    records.length,
  );
  const seen: string[] = [];
  for (const partition of [0, 1, 2]) {
    const values = await valuesIn(cluster, partition);
    const inOrder = ranges.filter((range) => range.partition === partition);
    const ends = inOrder.map(({ firstOffset, count }) => firstOffset + count);
    assert.deepEqual(
      inOrder.map(({ firstOffset }) => firstOffset),
      [0, ...ends].slice(0, inOrder.length),
    );
    assert.equal(ends.at(-1) ?? 0, values.length);
    for (const name of names) {
      const numbers = values.flatMap((value) => (value.startsWith(name) ? [Number(value.split(' ')[1])] : []));
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    }
    seen.push(...values);
  }
  assert.deepEqual(seen.toSorted(), records.map(({ value }) => value).toSorted());
});

test('calls of both kinds share batches, and each is told of its own', async (context) => {
  const { cluster, kafka } = await world(context, 1);
  const producer = kafka.producer({ valueSerializer: string });
  context.after(() => producer.close());
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((value) => ({ ...recordOf(value), timestamp: 1234 }));
  const told = await Promise.all([
    producer.sendMany([a!, b!]),
    producer.send(c!),
    producer.sendMany([d!]),
    producer.sendMany([]),
  ]);
  const place = { topic: 'orders', partition: 0 };
  assert.deepEqual(told, [
    [{ ...place, firstOffset: 0, count: 2 }],
    { ...place, offset: 2, timestamp: 1234 },
    [{ ...place, firstOffset: 3, count: 1 }],
    [],
  ]);
  assert.deepEqual(await valuesIn(cluster, 0), ['a', 'b', 'c', 'd']);
});

test('the first failure is told when all are settled, and the others are written', async (context) => {
  const { cluster, kafka } = await world(context, 1);
  const producer = kafka.producer({ valueSerializer: string, requestBytesMax: 1000 });
  const records = [recordOf('a'), recordOf('x'.repeat(1000)), { ...recordOf('b'), partition: 7 }, recordOf('c')];
  await assert.rejects(producer.sendMany(records), { code: 'MESSAGE_TOO_LARGE' });
  assert.deepEqual(await valuesIn(cluster, 0), ['a', 'c']);
  await producer.close();
  await assert.rejects(producer.sendMany([recordOf('d')]), { code: 'CLOSED' });
});

test('a batch that the broker finds too large is split, and each call still counts all of its records', async (context) => {
  const { cluster, kafka } = await world(context, 1, { 'message.max.bytes': '3000' });
  const producer = kafka.producer({ valueSerializer: string, lingerMs: 20 });
  context.after(() => producer.close());
  const told = await Promise.all([producer.sendMany(some(0, 25)), producer.sendMany(some(25, 40))]);
  assert.deepEqual(
    told.map((ranges) => ranges.reduce((sum, { count }) => sum + count, 0)),
    [25, 40],
  );
  const values = await valuesIn(cluster, 0);
  for (const [index, ranges] of told.entries()) {
    const offsets = ranges.flatMap(({ firstOffset, count }) =>
      Array.from({ length: count }, (_, step) => firstOffset + step),
    );
    const numbers = offsets.map((offset) => Number.parseInt(values[offset]!, 10));
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      some(index * 25, index === 0 ? 25 : 40).map(({ value }) => Number.parseInt(value, 10)),
    );
  }
  assert.equal(values.length, 65);
});

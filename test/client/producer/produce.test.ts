import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Cluster } from '../../../src/client/cluster.ts';
import { Kafka } from '../../../src/client/kafka.ts';
import { Producer } from '../../../src/client/producer/producer.ts';
import { json, string } from '../../../src/client/serializers.ts';
import { brokerFor, clientRuntime } from '../client-world.ts';
import { createTopic, readPartition } from './reading.ts';
import { SeededRandom } from '../../../src/base/seeded-random.ts';

async function world(context: TestContext, partitions = 1, config = {}) {
  const { bootstrapServers } = await brokerFor(context, config);
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  await createTopic(cluster, 'orders', partitions);
  const kafka = new Kafka({ bootstrapServers }, clientRuntime());
  return { cluster, kafka, bootstrapServers };
}

function text(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

test('a record arrives with key, value, headers and timestamp, and its place is told', async (context) => {
  const { cluster, kafka } = await world(context);
  const producer = kafka.producer({ keySerializer: string, valueSerializer: json<{ amount: number }>() });
  context.after(() => producer.close());
  const headers = { trace: 'abc', none: null };
  const first = await producer.send({ topic: 'orders', key: 'ann', value: { amount: 3 }, headers, timestamp: 1234 });
  assert.deepEqual(first, { topic: 'orders', partition: 0, offset: 0, timestamp: 1234 });
  const second = await producer.send({ topic: 'orders', key: 'bob', value: null });
  assert.equal(second.offset, 1);
  const [record, tombstone] = await readPartition(cluster, 'orders', 0);
  assert.equal(text(record?.key), 'ann');
  assert.equal(text(record?.value), '{"amount":3}');
  assert.equal(record?.timestamp, 1234);
  assert.deepEqual(
    record?.headers.map(({ key, value }) => [key, value === null ? null : text(value)]),
    [
      ['trace', 'abc'],
      ['none', null],
    ],
  );
  assert.equal(tombstone?.value, null);
  assert.equal(tombstone?.timestamp, second.timestamp);
});

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`thousands of records keep their order per key with ${compression}`, async (context) => {
    const { cluster, kafka } = await world(context, 3);
    const producer = kafka.producer({ keySerializer: string, valueSerializer: string, compression });
    const random = new SeededRandom(5);
    const sent = await Promise.all(
      Array.from({ length: 5000 }, (_, index) => {
        const key = `k${Math.floor(random.next() * 7)}`;
        return producer.send({ topic: 'orders', key, value: `${key} ${index}` });
      }),
    );
    await producer.close();
    let total = 0;
    for (const partition of [0, 1, 2]) {
      const records = await readPartition(cluster, 'orders', partition);
      total += records.length;
      const last = new Map<string, number>();
      for (const { value, offset } of records) {
        const [key, index] = text(value).split(' ') as [string, string];
        assert.ok(Number(index) > (last.get(key) ?? -1));
        last.set(key, Number(index));
        assert.deepEqual([sent[Number(index)]!.partition, sent[Number(index)]!.offset], [partition, offset]);
      }
    }
    assert.equal(total, 5000);
  });
}

for (const acks of [0, 1, 'all'] as const) {
  test(`acks ${acks} is kept`, async (context) => {
    const { cluster, kafka } = await world(context);
    const producer = kafka.producer({ valueSerializer: string, acks });
    const { offset } = await producer.send({ topic: 'orders', value: 'x' });
    assert.equal(offset, acks === 0 ? -1 : 0);
    await producer.send({ topic: 'orders', value: 'y' });
    await producer.close();
    const other = kafka.producer({ valueSerializer: string });
    await other.send({ topic: 'orders', value: 'z' });
    await other.close();
    assert.equal((await readPartition(cluster, 'orders', 0)).length, 3);
  });
}

test('a named partition is taken; one that is not there is refused', async (context) => {
  const { kafka } = await world(context, 2);
  const producer = kafka.producer({ valueSerializer: string });
  context.after(() => producer.close());
  assert.equal((await producer.send({ topic: 'orders', value: 'x', partition: 1 })).partition, 1);
  await assert.rejects(producer.send({ topic: 'orders', value: 'x', partition: 2 }), {
    code: 'INVALID_ARGUMENT',
    message: /orders has 2 partitions/,
  });
});

test('round robin takes turns, a function of the caller chooses', async (context) => {
  const { kafka } = await world(context, 3);
  const turns = kafka.producer({ valueSerializer: string, partitioner: 'roundRobin' });
  const places = await Promise.all([1, 2, 3, 4, 5, 6].map(() => turns.send({ topic: 'orders', value: 'x' })));
  assert.deepEqual(
    places.map(({ partition }) => partition).toSorted((a, b) => a - b),
    [0, 0, 1, 1, 2, 2],
  );
  await turns.close();
  const own = kafka.producer({ valueSerializer: string, partitioner: ({ partitionCount }) => partitionCount - 1 });
  assert.equal((await own.send({ topic: 'orders', value: 'x' })).partition, 2);
  await own.close();
});

test('without keys partitions get equal shares in whole batches', async (context) => {
  const { kafka } = await world(context, 4);
  const producer = kafka.producer({ lingerMs: 50, batchSize: 1000 });
  const value = Buffer.alloc(100);
  const sent = await Promise.all(Array.from({ length: 4000 }, () => producer.send({ topic: 'orders', value })));
  await producer.close();
  const shares = [0, 0, 0, 0];
  let switches = 0;
  for (const [index, { partition }] of sent.entries()) {
    shares[partition]! += 1;
    if (index > 0 && sent[index - 1]!.partition !== partition) switches++;
  }
  for (const share of shares) assert.ok(share > 700 && share < 1300, String(shares));
  assert.ok(switches < 600, `${switches} switches`);
});

test('what is too large, cannot be written, or comes after the end is refused by name', async (context) => {
  const { kafka } = await world(context);
  const producer = kafka.producer({ valueSerializer: string, requestBytesMax: 2000 });
  await assert.rejects(producer.send({ topic: 'orders', value: 'x'.repeat(3000) }), {
    code: 'MESSAGE_TOO_LARGE',
    message: /requestBytesMax is 2000/,
  });
  await assert.rejects(producer.send({ topic: 'no such name', value: 'x' }), { code: 'INVALID_TOPIC_EXCEPTION' });
  await producer.close();
  await assert.rejects(producer.send({ topic: 'orders', value: 'x' }), { code: 'CLOSED' });
  const typed = kafka.producer({ valueSerializer: json<unknown>() });
  await assert.rejects(typed.send({ topic: 'orders', value: undefined }), { code: 'SERIALIZATION' });
  await typed.close();
});

test('a batch that the broker finds too large is split, a record that is, fails alone', async (context) => {
  const { cluster, kafka } = await world(context, 1, { 'message.max.bytes': 1000 });
  const producer = kafka.producer({ valueSerializer: string, lingerMs: 20 });
  const sizes = [300, 300, 300, 300, 1500, 300, 300];
  const outcomes = await Promise.allSettled(
    sizes.map((size, index) => producer.send({ topic: 'orders', value: `${index}`.padEnd(size, '.') })),
  );
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'written')),
    ['written', 'written', 'written', 'written', 'MESSAGE_TOO_LARGE', 'written', 'written'],
  );
  await producer.send({ topic: 'orders', value: 'last' });
  await producer.close();
  const records = await readPartition(cluster, 'orders', 0);
  assert.equal(records.map(({ value }) => text(value)[0]).join(''), '012356l');
});

test('settings that cannot be are refused by name', () => {
  const kafka = new Kafka({ bootstrapServers: 'x:1' }, clientRuntime());
  const refused: [Parameters<typeof kafka.producer>[0], RegExp][] = [
    [{ acks: 1, idempotence: true }, /acks 'all'/],
    [{ maxInFlight: 6, idempotence: true }, /maxInFlight/],
    [{ batchSize: 0 }, /batchSize is 0/],
    [{ lingerMs: -1 }, /lingerMs is -1/],
    [{ transactionalId: '' }, /transactionalId is empty/],
    [{ compression: 'brotli' as 'gzip' }, /none, gzip, snappy, lz4, zstd/],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => kafka.producer(options), { code: 'INVALID_ARGUMENT', message });
  }
  assert.ok(kafka.producer() instanceof Producer);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, string } from '../../../src/client/index.ts';
import { Producer } from '../../../src/client/producer/producer.ts';
import { brokerFor, clientRuntime } from '../client-world.ts';
import { clusterOf, consumerOf, Feed, numbered, QUICK_GROUPS, take } from './consumer-world.ts';

test('results of a handler that fails once are there once', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('in', 2);
  await feed.createTopic('out', 1);
  await feed.write('in', 0, numbered('a', 10));
  await feed.write('in', 1, numbered('b', 10));
  const kafka = new Kafka({ bootstrapServers }, clientRuntime());
  const stop = new AbortController();
  const seen = new Set<string>();
  const consumer = { valueDeserializer: string, offsetReset: 'earliest' } as const;
  const options = { topics: ['in'], groupId: 'g', transactionalId: 't', consumer, signal: stop.signal };
  const producer = { valueSerializer: string };
  const failing = kafka.exactlyOnce({ ...options, producer }, async (batch, out) => {
    for (const { value } of batch) void out.send({ topic: 'out', value });
    throw new Error('the handler is broken');
  });
  await assert.rejects(failing, /the handler is broken/);
  await kafka.exactlyOnce({ ...options, producer }, (batch, out) => {
    for (const { value } of batch) {
      void out.send({ topic: 'out', value });
      seen.add(value ?? '');
    }
    if (seen.size === 20) stop.abort();
  });
  const reader = consumerOf(context, bootstrapServers, { isolation: 'read_committed' });
  reader.assign([{ topic: 'out', partition: 0 }]);
  const [end] = await reader.endOffsets([{ topic: 'out', partition: 0 }]);
  const values = await take(reader, 20);
  assert.deepEqual(new Set(values), new Set([...numbered('a', 10), ...numbered('b', 10)]));
  assert.equal((end?.offset ?? 0) >= 22, true, 'records and markers');
  const partitions = [0, 1].map((partition) => ({ topic: 'in', partition }));
  const committed = await consumerOf(context, bootstrapServers, { groupId: 'g' }).committed(partitions);
  assert.deepEqual(
    committed.map(({ offset }) => offset),
    [10, 10],
  );
});

test(
  'who takes the place of one that died with its offsets sent goes on at once',
  { timeout: 30_000 },
  async (context) => {
    const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
    const feed = new Feed(context, bootstrapServers);
    await feed.createTopic('in', 1);
    await feed.createTopic('out', 1);
    await feed.write('in', 0, numbered('a', 10));
    const cluster = clusterOf(bootstrapServers);
    const dying = new Producer<null, string | null>(cluster, { transactionalId: 't', valueSerializer: string });
    await dying.begin();
    await dying.send({ topic: 'out', value: 'never to be seen' });
    await dying.sendOffsets([{ topic: 'in', partition: 0, offset: 10 }], { groupId: 'g' });
    // Without connections it can tell nobody anything any more.
    cluster.close();
    context.after(() => dying.close({ timeoutMs: 0 }));

    const kafka = new Kafka({ bootstrapServers }, clientRuntime());
    const stop = new AbortController();
    const seen: (string | null)[] = [];
    const consumer = { valueDeserializer: string, offsetReset: 'earliest' } as const;
    await kafka.exactlyOnce(
      { topics: ['in'], groupId: 'g', transactionalId: 't', consumer, signal: stop.signal },
      (batch) => {
        for (const { value } of batch) seen.push(value);
        stop.abort();
      },
    );
    assert.deepEqual(seen, numbered('a', 10));
  },
);

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../../src/broker/index.ts';
import type { GroupProtocol } from '../../../src/client/consumer/consumer-options.ts';
import { brokerFor } from '../client-world.ts';
import { clusterOf, consumerOf, consumerOn, Feed, numbered, QUICK_GROUPS, take, until } from './consumer-world.ts';

const protocols: GroupProtocol[] = ['classic', 'consumer'];
const first = { topic: 'orders', partition: 0 };

for (const groupProtocol of protocols) {
  test(`who does not ask for the next record in time loses its partitions to another (${groupProtocol})`, async (context) => {
    const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
    const feed = new Feed(context, bootstrapServers);
    await feed.createTopic('orders', 1);
    await feed.write('orders', 0, numbered('a', 3));
    const lost: unknown[] = [];
    const common = { groupId: 'g', groupProtocol, heartbeatIntervalMs: 50 };
    const slow = consumerOf(context, bootstrapServers, {
      ...common,
      maxPollIntervalMs: 300,
      rebalance: { lost: (partitions) => void lost.push(...partitions) },
    });
    await slow.subscribe(['orders']);
    const records = slow[Symbol.asyncIterator]();
    const held = await records.next();
    assert.equal(held.value?.value, 'a0');
    await until(() => lost.length === 1);
    const other = consumerOf(context, bootstrapServers, common);
    await other.subscribe(['orders']);
    assert.deepEqual(await take(other, 3), ['a0', 'a1', 'a2']);
    await other.close();
    const again = await records.next();
    assert.equal(again.value?.value, 'a2', 'it came back, and goes on where the other was');
    await slow.close();
  });

  test(`a member that dies is replaced when its session ends (${groupProtocol})`, async (context) => {
    const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
    const feed = new Feed(context, bootstrapServers);
    await feed.createTopic('orders', 2);
    const common = { groupId: 'g', groupProtocol, heartbeatIntervalMs: 50, sessionTimeoutMs: 500 };
    const cluster = clusterOf(bootstrapServers);
    const dying = consumerOn(context, cluster, common);
    const living = consumerOf(context, bootstrapServers, common);
    const ending = [dying, living].map(async (consumer) => {
      await consumer.subscribe(['orders']);
      await take(consumer, 100).catch(() => {});
    });
    await until(() => dying.assignment.length === 1 && living.assignment.length === 1);
    // Without connections it can tell nobody anything any more.
    cluster.close();
    await until(() => living.assignment.length === 2);
    living.stop();
    await ending[1];
  });
}

test('a broker that goes and comes back is read from where reading stood', async (context) => {
  // Below the ports that outgoing connections get: a client that tries it could take it itself.
  const port = 20_000 + (process.pid % 10_000);
  const options = { port, storage: 'memory', logLevel: 'silent', config: QUICK_GROUPS } as const;
  let broker = await startBroker(options);
  context.after(() => broker.close());
  const feed = new Feed(context, broker.bootstrapServers);
  await feed.createTopic('orders', 1);
  await feed.write('orders', 0, numbered('a', 3));
  const consumer = consumerOf(context, broker.bootstrapServers, { offsetReset: 'earliest' });
  consumer.assign([first]);
  const records = consumer[Symbol.asyncIterator]();
  for (const value of numbered('a', 3)) assert.equal((await records.next()).value?.value, value);
  await broker.close();
  const waiting = records.next();
  broker = await startBroker(options);
  const after = new Feed(context, broker.bootstrapServers);
  await after.createTopic('orders', 1);
  await after.write('orders', 0, numbered('b', 5));
  // Memory forgot everything: offset 3 is the fourth record of the new log.
  assert.equal((await waiting).value?.value?.startsWith('b'), true);
});

test('a handler of a rebalance may commit before another gets the partition', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 2);
  for (const partition of [0, 1]) await feed.write('orders', partition, numbered(`${partition}-`, 4));
  const common = { groupId: 'g', heartbeatIntervalMs: 50, commitMode: 'manual', groupProtocol: 'consumer' } as const;
  const seen: (string | null)[] = [];
  const older = consumerOf(context, bootstrapServers, {
    ...common,
    rebalance: { revoked: async (partitions) => older.commit(partitions.map((item) => ({ ...item, offset: 4 }))) },
  });
  const reading = older.subscribe(['orders']).then(async () => {
    for await (const { value } of older) seen.push(value);
  });
  await until(() => seen.length === 8);
  const newer = consumerOf(context, bootstrapServers, common);
  await newer.subscribe(['orders']);
  const coming = take(newer, 1);
  await until(() => newer.assignment.length === 1);
  const [taken] = newer.assignment;
  await feed.write('orders', taken?.partition ?? 0, ['fresh']);
  assert.deepEqual(await coming, ['fresh'], 'what was committed in the handler does not come again');
  older.stop();
  await reading;
});

test('an abort ends the iteration, with what was processed committed', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 1);
  await feed.write('orders', 0, numbered('a', 10));
  const stop = new AbortController();
  const consumer = consumerOf(context, bootstrapServers, { groupId: 'g', signal: stop.signal });
  await consumer.subscribe(['orders']);
  let count = 0;
  for await (const _ of consumer) if (++count === 4) stop.abort();
  assert.equal(count, 4);
  const [committed] = await consumerOf(context, bootstrapServers, { groupId: 'g' }).committed([first]);
  assert.equal(committed?.offset, 4);
});

test('run keeps the order of each partition, partitions side by side; what a handler throws ends it', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 3);
  for (let partition = 0; partition < 3; partition++) await feed.write('orders', partition, numbered('', 20));
  const consumer = consumerOf(context, bootstrapServers, { groupId: 'g' });
  await consumer.subscribe(['orders']);
  const seen = new Map<number, string[]>([0, 1, 2].map((partition) => [partition, []]));
  let total = 0;
  let working = 0;
  let most = 0;
  const running = consumer.run({
    concurrency: 3,
    eachRecord: async ({ partition, value }) => {
      most = Math.max(most, ++working);
      await new Promise((done) => setImmediate(done));
      seen.get(partition)?.push(value ?? '');
      working--;
      if (++total === 60) throw new Error('enough');
    },
  });
  await assert.rejects(running, /enough/);
  for (const values of seen.values()) assert.deepEqual(values, numbered('', 20));
  assert.equal(most, 3);
  const partitions = [0, 1, 2].map((partition) => ({ topic: 'orders', partition }));
  const committed = await consumerOf(context, bootstrapServers, { groupId: 'g' }).committed(partitions);
  assert.deepEqual(
    committed.map(({ offset }) => offset).reduce((sum, offset) => sum + offset, 0),
    59,
    'the last one failed',
  );
});

test('at most once commits before it hands out', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 1);
  await feed.write('orders', 0, numbered('a', 3));
  const consumer = consumerOf(context, bootstrapServers, { groupId: 'g', commitMode: 'before-processing' });
  await consumer.subscribe(['orders']);
  assert.deepEqual(await take(consumer, 1), ['a0']);
  const [committed] = await consumer.committed([first]);
  assert.equal(committed?.offset, 3);
});

test('offsets out of range, paused partitions, times and ends', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 1);
  await feed.write('orders', 0, numbered('a', 3));
  const consumer = consumerOf(context, bootstrapServers);
  consumer.assign([first]);
  consumer.seek(first, 77);
  assert.deepEqual(await take(consumer, 3), numbered('a', 3), 'reset to the beginning');
  assert.equal(consumer.lag(first), 1, 'the last one taken was not asked beyond');
  assert.equal(consumer.position(first), 2);
  const [begin] = await consumer.beginningOffsets([first]);
  const [end] = await consumer.endOffsets([first]);
  const [never] = await consumer.offsetsForTimes([{ ...first, timestampMs: Date.now() + 100_000 }]);
  assert.deepEqual([begin?.offset, end?.offset, never?.offset], [0, 3, -1]);
  consumer.pause();
  const waiting = take(consumer, 1);
  consumer.seekToTime(0);
  consumer.resume();
  assert.deepEqual(await waiting, ['a0']);
  const strict = consumerOf(context, bootstrapServers, { offsetReset: 'none' });
  strict.assign([first]);
  strict.seek(first, 77);
  await assert.rejects(take(strict, 1), { code: 'OFFSET_OUT_OF_RANGE' });
  const lost = consumerOf(context, bootstrapServers, { offsetReset: 'none' });
  lost.assign([first]);
  await assert.rejects(take(lost, 1), { code: 'NO_OFFSET', message: /orders-0/ });
  await assert.rejects(take(consumerOf(context, bootstrapServers), 1), { code: 'INVALID_STATE' });
});

test('a consumer whose connections are closed for good ends with the error, and does nothing more', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 1);
  await feed.write('orders', 0, ['a']);
  const cluster = clusterOf(bootstrapServers);
  const consumer = consumerOn(context, cluster);
  consumer.assign([first]);
  const records = consumer[Symbol.asyncIterator]();
  await records.next();
  const waiting = records.next();
  // The fetch after this one finds no connection; one that is tried again at once would never let a timer run.
  cluster.close();
  await assert.rejects(waiting, { code: 'CLOSED' });
  await new Promise((done) => setImmediate(done));
});

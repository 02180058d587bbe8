import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupProtocol } from '../../../src/client/consumer/consumer-options.ts';
import { brokerFor } from '../client-world.ts';
import { consumerOf, Feed, numbered, QUICK_GROUPS, take, until } from './consumer-world.ts';

test('assigned partitions are read from the beginning, and again after a seek', async (context) => {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const feed = new Feed(context, bootstrapServers);
  await feed.createTopic('orders', 2);
  await feed.write('orders', 0, numbered('a', 5));
  await feed.write('orders', 1, numbered('b', 5));
  const consumer = consumerOf(context, bootstrapServers);
  consumer.assign([
    { topic: 'orders', partition: 0 },
    { topic: 'orders', partition: 1 },
  ]);
  const values = await take(consumer, 10);
  assert.deepEqual(new Set(values), new Set([...numbered('a', 5), ...numbered('b', 5)]));
  consumer.assign([{ topic: 'orders', partition: 1 }]);
  consumer.seek({ topic: 'orders', partition: 1 }, 3);
  assert.deepEqual(await take(consumer, 2), ['b3', 'b4']);
});

const protocols: GroupProtocol[] = ['classic', 'consumer'];
for (const groupProtocol of protocols) {
  test(`two members share a topic and go on where the group was (${groupProtocol})`, async (context) => {
    const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
    const feed = new Feed(context, bootstrapServers);
    await feed.createTopic('orders', 4);
    const member = () =>
      consumerOf(context, bootstrapServers, { groupId: 'g', groupProtocol, heartbeatIntervalMs: 50 });
    const seen: string[] = [];
    const counts = [0, 0];
    const read = async (consumer: ReturnType<typeof member>, index: number): Promise<void> => {
      await consumer.subscribe(['orders']);
      for await (const { value } of consumer) {
        seen.push(value ?? '');
        counts[index]!++;
      }
    };
    const [first, second] = [member(), member()];
    const firstDone = read(first, 0);
    for (let partition = 0; partition < 4; partition++)
      await feed.write('orders', partition, numbered(`${partition}-`, 10));
    await until(() => seen.length >= 40);
    const secondDone = read(second, 1);
    await until(() => second.assignment.length === 2 && first.assignment.length === 2);
    for (let partition = 0; partition < 4; partition++)
      await feed.write('orders', partition, numbered(`${partition}-`, 10, 10));
    await until(() => seen.length >= 80);
    assert.equal(new Set(seen).size, 80);
    assert.equal(seen.length, 80, 'nothing twice');
    assert.equal(counts[1], 20);
    first.stop();
    await firstDone;
    await until(() => second.assignment.length === 4);
    for (let partition = 0; partition < 4; partition++)
      await feed.write('orders', partition, numbered(`${partition}-`, 10, 20));
    await until(() => seen.length >= 120);
    assert.equal(seen.length, 120, 'nothing twice');
    second.stop();
    await secondDone;
    const third = consumerOf(context, bootstrapServers, { groupId: 'g' });
    const partitions = [0, 1, 2, 3].map((partition) => ({ topic: 'orders', partition }));
    const committed = await third.committed(partitions);
    assert.deepEqual(
      committed.map(({ offset }) => offset),
      [30, 30, 30, 30],
    );
  });
}

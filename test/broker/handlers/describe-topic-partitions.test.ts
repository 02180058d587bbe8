import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { describeTopicPartitions } from '../../../src/protocol/messages/075-describe-topic-partitions.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

type Cursor = { topicName: string; partitionIndex: number };

async function page(fixture: BrokerFixture, names: string[], limit: number, cursor: Cursor | null = null) {
  const answer = await fixture.call(
    describeTopicPartitions,
    0,
    requestOf(describeTopicPartitions, {
      topics: names.map((name) => ({ name })),
      responsePartitionLimit: limit,
      cursor,
    }),
  );
  const topics = answer.topics.map(({ name, errorCode, partitions }) => [
    name,
    errorCode,
    partitions.map(({ partitionIndex }) => partitionIndex),
  ]);
  const all = answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => `${name}${partitionIndex}`),
  );
  return { topics, all, next: answer.nextCursor };
}

async function withTopics(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('b', { partitions: 2 });
  await fixture.createTopic('a', { partitions: 3 });
  return fixture;
}

test('pages of a limit together show every partition once, in the order of names', async () => {
  const fixture = await withTopics();
  for (const names of [[], ['b', 'a', 'b']]) {
    for (const limit of [1, 2, 3, 4, 5, 100]) {
      const seen: string[] = [];
      let cursor: Cursor | null = null;
      let pages = 0;
      do {
        const { all, next }: Awaited<ReturnType<typeof page>> = await page(fixture, names, limit, cursor);
        assert.ok(all.length <= limit);
        seen.push(...all);
        cursor = next;
        pages++;
      } while (cursor !== null && pages < 10);
      assert.deepEqual(seen, ['a0', 'a1', 'a2', 'b0', 'b1'], `limit ${limit}`);
    }
  }
  await fixture.close();
});

test('a limit below 1 counts as 1', async () => {
  const fixture = await withTopics();
  for (const limit of [0, -1]) {
    const { topics, next } = await page(fixture, ['a'], limit);
    assert.deepEqual(topics, [['a', 0, [0]]]);
    assert.deepEqual(next, { topicName: 'a', partitionIndex: 1 });
  }
  await fixture.close();
});

test('a cursor that names no partition, or a topic that is not asked for, is refused', async () => {
  const fixture = await withTopics();
  const { code } = E.INVALID_REQUEST;
  const negative = await page(fixture, ['a', 'b'], 10, { topicName: 'a', partitionIndex: -1 });
  assert.deepEqual(
    [negative.topics, negative.next],
    [
      [
        ['a', code, []],
        ['b', code, []],
      ],
      null,
    ],
  );
  const elsewhere = await page(fixture, ['b'], 10, { topicName: 'a', partitionIndex: 0 });
  assert.deepEqual([elsewhere.topics, elsewhere.next], [[['b', code, []]], null]);
  await fixture.close();
});

test('a topic deleted since the cursor was given is no reason to stop, when all are shown', async () => {
  const fixture = await withTopics();
  const { topics } = await page(fixture, [], 10, { topicName: 'aa', partitionIndex: 4 });
  assert.deepEqual(topics, [['b', 0, [0, 1]]]);
  await fixture.close();
});

test('unknown and illegal names have their errors beside what is found', async () => {
  const fixture = await withTopics();
  assert.deepEqual((await page(fixture, ['x', 'a/b', 'b'], 10)).topics, [
    ['a/b', E.INVALID_TOPIC_EXCEPTION.code, []],
    ['b', 0, [0, 1]],
    ['x', E.UNKNOWN_TOPIC_OR_PARTITION.code, []],
  ]);
  await fixture.close();
});

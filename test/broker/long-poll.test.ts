import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { deleteTopics } from '../../src/protocol/messages/020-delete-topics.ts';
import { deleteRecords } from '../../src/protocol/messages/021-delete-records.ts';
import { batchOf } from '../log/log-fixture.ts';
import { BrokerFixture, fetchOf, produceOf, valuesIn } from './broker-fixture.ts';

const GROUP = { configs: { 'posthorn.flush.policy': 'group' } };

type Response = Awaited<ReturnType<typeof fetchNow>>;

function fetchNow(fixture: BrokerFixture, topic: string) {
  return fixture.call(fetch, 12, fetchOf(topic));
}

function found({ responses }: Response): [number, string[]][] {
  return responses.flatMap(({ partitions }) =>
    partitions.map(({ errorCode, records }): [number, string[]] => [errorCode, valuesIn(records)]),
  );
}

async function withTopic(options: Parameters<BrokerFixture['createTopic']>[1] = {}): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', options);
  return fixture;
}

test('a fetch at the log end waits for an append', async () => {
  const fixture = await withTopic();
  const client = await fixture.connect();
  const { response } = client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000 }));
  assert.equal(await fixture.isDone(response), false);
  await fixture.call(produce, 12, produceOf('orders', ['a']));
  assert.deepEqual(found(await fixture.done(response)), [[0, ['a']]]);
  await fixture.close();
});

test('a fetch that nothing comes for is answered empty when its time is up, and not before', async () => {
  const fixture = await withTopic();
  const client = await fixture.connect();
  const { response } = client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 500 }));
  await fixture.time.run(499);
  assert.equal(await fixture.isDone(response), false);
  await fixture.time.run(1);
  assert.deepEqual(found(await fixture.done(response)), [[0, []]]);
  await fixture.close();
});

test('min bytes counts what is there already and what comes, over all appends', async () => {
  const fixture = await withTopic();
  const { length } = batchOf(['a']);
  await fixture.call(produce, 12, produceOf('orders', ['a']));
  const client = await fixture.connect();
  const { response } = client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000, minBytes: 3 * length }));
  await fixture.call(produce, 12, produceOf('orders', ['b']));
  assert.equal(await fixture.isDone(response), false);
  await fixture.call(produce, 12, produceOf('orders', ['c']));
  assert.deepEqual(found(await fixture.done(response)), [[0, ['a', 'b', 'c']]]);
  await fixture.close();
});

test('bytes count once, though several syncs pass while they become visible', async () => {
  const fixture = await withTopic(GROUP);
  const { length } = batchOf(['a']);
  const reader = await fixture.connect();
  const { response } = reader.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000, minBytes: 3 * length }));
  const writer = await fixture.connect();
  fixture.held.hold('orders-0');
  writer.send(produce, 12, produceOf('orders', ['a']));
  await fixture.time.settle();
  writer.send(produce, 12, produceOf('orders', ['b']));
  await fixture.time.settle();
  // The sync under way covers the first only; the second becomes visible with the next one.
  fixture.held.release();
  assert.equal(await fixture.isDone(response), false);
  await fixture.call(produce, 12, produceOf('orders', ['c']));
  assert.deepEqual(found(await fixture.done(response)), [[0, ['a', 'b', 'c']]]);
  await fixture.close();
});

test('more bytes than an answer may hold are not waited for', async () => {
  const fixture = await withTopic();
  await fixture.call(produce, 12, produceOf('orders', ['a', 'b']));
  const wish = { ...fetchOf('orders', { maxWaitMs: 60_000, minBytes: 1_000_000 }), maxBytes: 20 };
  assert.deepEqual(found(await fixture.call(fetch, 12, wish)), [[0, ['a', 'b']]]);
  await fixture.close();
});

test('a fetch is answered when its topic is deleted', async () => {
  const fixture = await withTopic();
  const client = await fixture.connect();
  const { response } = client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000 }));
  await fixture.time.settle();
  await fixture.call(deleteTopics, 5, { topics: [], topicNames: ['orders'], timeoutMs: 1000 });
  assert.deepEqual(found(await fixture.done(response)), [[E.UNKNOWN_TOPIC_OR_PARTITION.code, []]]);
  await fixture.close();
});

test('a fetch is answered when records below its offset are deleted', async () => {
  const fixture = await withTopic();
  await fixture.call(produce, 12, produceOf('orders', ['a']));
  const client = await fixture.connect();
  const { response } = client.send(fetch, 12, fetchOf('orders', { offset: 1, maxWaitMs: 60_000 }));
  await fixture.time.settle();
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 1 }] }];
  await fixture.call(deleteRecords, 2, { topics, timeoutMs: 1000 });
  const { responses } = await fixture.done(response);
  assert.equal(responses[0]!.partitions[0]!.logStartOffset, 1);
  await fixture.close();
});

test('a fetch whose client leaves is forgotten with its timer', async () => {
  const fixture = await withTopic();
  const client = await fixture.connect();
  await fixture.time.settle();
  const before = fixture.time.pending;
  client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000 }));
  await fixture.time.settle();
  assert.equal(fixture.time.pending, before + 1);
  client.close();
  await fixture.time.settle();
  assert.equal(fixture.time.pending, before);
  await fixture.call(produce, 12, produceOf('orders', ['a']));
  await fixture.close();
});

test('the fetch behind an answered one parks anew, and is not woken by the append that woke the first', async () => {
  const fixture = await withTopic();
  const client = await fixture.connect();
  const [first, second] = client.together(() => [
    client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000 })),
    client.send(fetch, 12, fetchOf('orders', { offset: 1, maxWaitMs: 60_000 })),
  ]);
  await fixture.call(produce, 12, produceOf('orders', ['a']));
  assert.deepEqual(found(await fixture.done(first.response)), [[0, ['a']]]);
  assert.equal(await fixture.isDone(second.response), false);
  await fixture.call(produce, 12, produceOf('orders', ['b']));
  assert.deepEqual(found(await fixture.done(second.response)), [[0, ['b']]]);
  await fixture.close();
});

test('many readers of one partition are all woken by one append', async () => {
  const fixture = await withTopic();
  const responses: Promise<Response>[] = [];
  for (let reader = 0; reader < 50; reader++) {
    const client = await fixture.connect();
    responses.push(client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 60_000 })).response);
  }
  await fixture.call(produce, 12, produceOf('orders', ['a']));
  const answers = await fixture.done(Promise.all(responses));
  assert.ok(answers.every((answer) => found(answer)[0]![1][0] === 'a'));
  await fixture.close();
});

test('a session tells only what is new, and a parked incremental fetch names the partition that grew', async () => {
  const fixture = await withTopic({ partitions: 2 });
  const client = await fixture.connect();
  const both = fetchOf('orders', { maxWaitMs: 0, sessionEpoch: 0 });
  const [wanted] = both.topics[0]!.partitions;
  const topics = [{ ...both.topics[0]!, partitions: [wanted!, { ...wanted!, partition: 1 }] }];
  const opened = await fixture.call(fetch, 12, { ...both, topics }, client);
  assert.deepEqual(found(opened), [
    [0, []],
    [0, []],
  ]);
  assert.notEqual(opened.sessionId, 0);
  const next = (sessionEpoch: number, maxWaitMs: number) =>
    client.send(fetch, 12, { ...both, topics: [], sessionId: opened.sessionId, sessionEpoch, maxWaitMs });
  assert.deepEqual(found(await fixture.done(next(1, 0).response)), []);
  const parked = next(2, 60_000);
  await fixture.call(produce, 12, produceOf('orders', ['a'], { partition: 1 }));
  const { responses } = await fixture.done(parked.response);
  assert.deepEqual(
    responses[0]!.partitions.map(({ partitionIndex }) => partitionIndex),
    [1],
  );
  const stale = await fixture.done(next(2, 0).response);
  assert.equal(stale.errorCode, E.INVALID_FETCH_SESSION_EPOCH.code);
  await fixture.close();
});

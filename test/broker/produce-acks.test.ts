import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { E } from '../../src/protocol/errors.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { offsetCommit } from '../../src/protocol/messages/008-offset-commit.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { BrokerFixture, fetchOf, produceOf } from './broker-fixture.ts';
import { requestOf } from './handlers/request-of.ts';

const GROUP = { configs: { 'posthorn.flush.policy': 'group' } };

function outcome(response: { responses: { partitionResponses: { errorCode: number; baseOffset: number }[] }[] }) {
  return response.responses.map(({ partitionResponses }) =>
    partitionResponses.map(({ errorCode, baseOffset }) => [errorCode, baseOffset]),
  );
}

test('acks=1 and acks=all are answered with the offset, and a reader finds the records', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  const client = await fixture.connect();
  for (const [index, acks] of [1, -1].entries()) {
    const response = await fixture.call(produce, 12, produceOf('orders', [`a${acks}`], { acks }), client);
    assert.deepEqual(outcome(response), [[[E.NONE.code, index]]]);
  }
  assert.deepEqual(await fixture.values('orders'), ['a1', 'a-1']);
  await fixture.close();
});

test('acks=0 has no answer, and does not hold up the request behind it', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  const client = await fixture.connect();
  const silent = client.send(produce, 12, produceOf('orders', ['a'], { acks: 0 }));
  const told = client.send(produce, 12, produceOf('orders', ['b'], { acks: 1 }));
  assert.deepEqual(outcome(await fixture.done(told.response)), [[[0, 1]]]);
  assert.deepEqual(client.answered, [told.correlationId]);
  assert.equal(await fixture.isDone(silent.response), false);
  await fixture.close();
});

test('acks=0 that fails closes the connection: nothing else can tell the producer', async () => {
  const fixture = await BrokerFixture.start();
  const client = await fixture.connect();
  client.send(produce, 12, produceOf('nowhere', ['a'], { acks: 0 }));
  await fixture.time.settle();
  assert.equal(client.isClosed, true);
  await fixture.close();
});

test('what comes in one turn is written with one call and answered with one call', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  const client = await fixture.connect();
  const [diskBefore, socketBefore] = [fixture.held.writesTo('orders-0'), fixture.counting.writes];
  const exchanges = client.together(() =>
    ['a', 'b', 'c'].map((value, index) =>
      client.send(produce, 12, produceOf('orders', [value], { acks: index === 1 ? 1 : -1 })),
    ),
  );
  const answers = await fixture.done(Promise.all(exchanges.map(({ response }) => response)));
  assert.deepEqual(answers.map(outcome), [[[[0, 0]]], [[[0, 1]]], [[[0, 2]]]]);
  assert.equal(fixture.held.writesTo('orders-0') - diskBefore, 1);
  assert.equal(fixture.counting.writes - socketBefore, 1);
  await fixture.close();
});

test('the flush policy os answers without any sync', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  fixture.held.hold('orders-0');
  const response = await fixture.call(produce, 12, produceOf('orders', ['a']));
  assert.deepEqual(outcome(response), [[[0, 0]]]);
  assert.equal(fixture.held.heldCount, 0);
  fixture.held.release();
  await fixture.close();
});

for (const acks of [1, -1]) {
  test(`the flush policy group answers acks=${acks} after the sync, and shows the records no earlier`, async () => {
    const fixture = await BrokerFixture.start();
    await fixture.createTopic('orders', GROUP);
    fixture.held.hold('orders-0');
    const client = await fixture.connect();
    const { response } = client.send(produce, 12, produceOf('orders', ['a'], { acks }));
    assert.equal(await fixture.isDone(response), false);
    assert.equal(await fixture.offset('orders'), 0);
    assert.deepEqual(await fixture.values('orders'), []);
    fixture.held.release();
    assert.deepEqual(outcome(await fixture.done(response)), [[[0, 0]]]);
    assert.equal(await fixture.offset('orders'), 1);
    await fixture.close();
  });
}

test('all who append during a sync share the next one', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', GROUP);
  fixture.held.hold('orders-0');
  const client = await fixture.connect();
  const responses: Promise<unknown>[] = [];
  for (let turn = 0; turn < 20; turn++) {
    responses.push(client.send(produce, 12, produceOf('orders', [`v${turn}`])).response);
    await fixture.time.settle();
  }
  assert.equal(fixture.held.heldCount, 1);
  fixture.held.release();
  await fixture.done(Promise.all(responses));
  assert.equal(await fixture.offset('orders'), 20);
  await fixture.close();
});

test('acks=all that is not committed in time is answered REQUEST_TIMED_OUT, and the records stay', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', GROUP);
  fixture.held.hold('orders-0');
  const client = await fixture.connect();
  const { response } = client.send(produce, 12, produceOf('orders', ['a'], { timeoutMs: 250 }));
  await fixture.time.run(249);
  assert.equal(await fixture.isDone(response), false);
  await fixture.time.run(1);
  assert.deepEqual(outcome(await fixture.done(response)), [[[E.REQUEST_TIMED_OUT.code, -1]]]);
  fixture.held.release();
  await fixture.time.settle();
  assert.deepEqual(await fixture.values('orders'), ['a']);
  await fixture.close();
});

test('produce requests in a row overlap, and are answered in their order', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('slow', GROUP);
  await fixture.createTopic('quick');
  fixture.held.hold('slow-0');
  const client = await fixture.connect();
  const slow = client.send(produce, 12, produceOf('slow', ['s']));
  const quick = client.send(produce, 12, produceOf('quick', ['q']));
  assert.equal(await fixture.isDone(quick.response), false);
  assert.deepEqual(await fixture.values('quick'), ['q']);
  fixture.held.release();
  await fixture.done(quick.response);
  assert.deepEqual(client.answered, [slow.correlationId, quick.correlationId]);
  await fixture.close();
});

test('offset commits in a row overlap, and what comes after them waits', async () => {
  const settings = { 'offsets.topic.num.partitions': 1, 'posthorn.flush.policy': 'group' };
  const fixture = await BrokerFixture.start({ settings });
  await fixture.createTopic('orders');
  await fixture.call(findCoordinator, 0, requestOf(findCoordinator, { key: 'a' }));
  await fixture.time.run(100);
  const client = await fixture.connect();
  const written = fixture.held.writesTo('__consumer_offsets');
  fixture.held.hold('__consumer_offsets');
  const commits = Array.from({ length: 10 }, (_, index) => client.send(offsetCommit, 8, commitOf('a', index)));
  const behind = client.send(produce, 12, produceOf('orders', ['a'], { acks: 1 }));
  await fixture.time.settle();
  assert.equal(client.answered.length, 0);
  assert.equal(fixture.held.writesTo('__consumer_offsets'), written + 1, 'all are written, with one call');
  assert.equal(await fixture.offset('orders'), 0);
  fixture.held.release();
  await fixture.done(behind.response);
  const sent = [...commits, behind].map(({ correlationId }) => correlationId);
  assert.deepEqual(client.answered, sent);
  assert.equal(await fixture.offset('__consumer_offsets'), 10);
  await fixture.close();
});

function commitOf(groupId: string, committedOffset: number) {
  const partitions = [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: '' }];
  return requestOf(offsetCommit, {
    groupId,
    generationIdOrMemberEpoch: -1,
    topics: [{ name: 'orders', topicId: ZERO_UUID, partitions }],
  });
}

test('any other request waits for the one before it', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  const client = await fixture.connect();
  const parked = client.send(fetch, 12, fetchOf('orders', { maxWaitMs: 1000 }));
  const behind = client.send(produce, 12, produceOf('orders', ['a'], { acks: 1 }));
  const last = client.send(metadata, 9, {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
  assert.equal(await fixture.isDone(behind.response), false);
  assert.equal(await fixture.offset('orders'), 0);
  await fixture.time.run(1000);
  await fixture.done(last.response);
  assert.deepEqual(client.answered, [parked.correlationId, behind.correlationId, last.correlationId]);
  await fixture.close();
});

test('a request that Kafka would not take closes the connection and is logged once', async () => {
  const fixture = await BrokerFixture.start();
  const client = await fixture.connect();
  client.write(Buffer.from([0, 0, 0, 8, 0x7f, 0xff, 0, 0, 0, 0, 0, 1]));
  await fixture.time.settle();
  assert.equal(client.isClosed, true);
  const warned = fixture.logger.lines.filter(({ message }) => message.includes('broke the protocol'));
  assert.equal(warned.length, 1);
  await fixture.close();
});

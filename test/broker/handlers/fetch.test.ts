import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import { deleteTopics } from '../../../src/protocol/messages/020-delete-topics.ts';
import { BrokerFixture, fetchOf, produceOf, valuesIn } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

async function withRecords(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('t', { partitions: 2 });
  await fixture.call(produce, 12, produceOf('t', ['a', 'b']));
  return fixture;
}

async function idOf(fixture: BrokerFixture, name: string): Promise<string> {
  const { topics } = await fixture.call(metadata, 12, requestOf(metadata, { topics: null }));
  return topics.find((topic) => topic.name === name)!.topicId;
}

test('an unknown partition has its error, marks of -1 and no aborted transactions', async () => {
  const fixture = await withRecords();
  for (const request of [fetchOf('t', { partition: 7 }), fetchOf('none'), fetchOf('a/b')]) {
    const { responses, errorCode } = await fixture.call(fetch, 12, request);
    const [found] = responses[0]!.partitions;
    assert.equal(errorCode, E.NONE.code);
    assert.equal(found!.errorCode, E.UNKNOWN_TOPIC_OR_PARTITION.code);
    assert.deepEqual([found!.highWatermark, found!.lastStableOffset, found!.logStartOffset], [-1, -1, -1]);
    assert.deepEqual(found!.abortedTransactions, []);
  }
  await fixture.close();
});

test('an unknown partition beside a known one waits with it; alone it is answered at once', async () => {
  const fixture = await withRecords();
  const client = await fixture.connect();
  const unknown = fetchOf('none', { maxWaitMs: 400 });
  const known = fetchOf('t', { partition: 1, maxWaitMs: 400 });
  assert.equal(await fixture.isDone(client.send(fetch, 12, unknown).response), true);
  const both = client.send(fetch, 12, { ...known, topics: [...known.topics, ...unknown.topics] });
  assert.equal(await fixture.isDone(both.response), false);
  fixture.time.advance(400);
  const { responses } = await fixture.done(both.response);
  assert.deepEqual(
    responses.map(({ topic, partitions }) => [topic, partitions[0]!.errorCode]),
    [
      ['t', 0],
      ['none', E.UNKNOWN_TOPIC_OR_PARTITION.code],
    ],
  );
  await fixture.close();
});

test('an isolation level that does not exist refuses the request in every partition', async () => {
  const fixture = await withRecords();
  const { code } = E.UNKNOWN_SERVER_ERROR;
  const answer = await fixture.call(fetch, 12, { ...fetchOf('t'), isolationLevel: 5 });
  assert.deepEqual([answer.errorCode, answer.responses[0]!.partitions[0]!.errorCode], [code, code]);
  assert.deepEqual(valuesIn(answer.responses[0]!.partitions[0]!.records), []);
  const byId = await fixture.call(fetch, 13, { ...fetchOf('', { maxWaitMs: 0 }), isolationLevel: -1 });
  assert.deepEqual([byId.errorCode, byId.responses], [code, []]);
  await fixture.close();
});

test('a broker that does not hold a replica cannot read as a follower, above the high watermark', async () => {
  const fixture = await withRecords();
  const { responses } = await fixture.call(fetch, 12, { ...fetchOf('t'), replicaId: 5 });
  assert.equal(responses[0]!.partitions[0]!.errorCode, E.NOT_LEADER_OR_FOLLOWER.code);
  await fixture.close();
});

test('a session by topic id goes on to mean the topic that it met, after that is deleted and made again', async () => {
  const fixture = await withRecords();
  const topicId = await idOf(fixture, 't');
  const client = await fixture.connect();
  const [topic] = fetchOf('').topics;
  const opening = { ...fetchOf('', { sessionEpoch: 0, maxWaitMs: 0 }), topics: [{ ...topic!, topicId }] };
  const opened = await fixture.call(fetch, 13, opening, client);
  assert.deepEqual(valuesIn(opened.responses[0]!.partitions[0]!.records), ['a', 'b']);
  const { sessionId } = opened;
  const next = async (sessionEpoch: number) => {
    const request = { ...fetchOf('', { sessionId, sessionEpoch, maxWaitMs: 0 }), topics: [] };
    const { responses } = await fixture.call(fetch, 13, request, client);
    return responses.map((answer) => [answer.topicId, answer.partitions[0]!.errorCode]);
  };
  await fixture.call(deleteTopics, 5, requestOf(deleteTopics, { topicNames: ['t'] }));
  assert.deepEqual(await next(1), [[topicId, E.UNKNOWN_TOPIC_OR_PARTITION.code]]);
  await fixture.createTopic('t');
  assert.deepEqual(await next(2), [[topicId, E.INCONSISTENT_TOPIC_ID.code]]);
  await fixture.close();
});

test('an id that no topic has is told as such, with the id', async () => {
  const fixture = await withRecords();
  const topicId = 'AAAAAAAAAAAAAAAAAAAAQQ';
  const request = fetchOf('', { maxWaitMs: 0 });
  const { responses } = await fixture.call(fetch, 13, { ...request, topics: [{ ...request.topics[0]!, topicId }] });
  assert.deepEqual([responses[0]!.topicId, responses[0]!.partitions[0]!.errorCode], [topicId, E.UNKNOWN_TOPIC_ID.code]);
  await fixture.close();
});

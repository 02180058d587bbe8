import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { E } from '../../../src/protocol/errors.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

type Answer = Read<typeof metadata.response.fields>;
type Wanted = { name: string | null; topicId: string };

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAQQ';

const named = (...names: string[]): Wanted[] => names.map((name) => ({ name, topicId: ZERO_UUID }));

function ask(
  fixture: BrokerFixture,
  version: number,
  topics: Wanted[] | null,
  allowAutoTopicCreation = true,
): Promise<Answer> {
  return fixture.call(metadata, version, requestOf(metadata, { topics, allowAutoTopicCreation }));
}

const shown = ({ topics }: Answer) =>
  topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length]);

/** In the order of names: all topics come in any order. */
const shownSorted = (answer: Answer) => shown(answer).toSorted(([a], [b]) => String(a).localeCompare(String(b)));

async function idOf(fixture: BrokerFixture, name: string): Promise<string> {
  const { topics } = await ask(fixture, 12, named(name));
  return topics[0]!.topicId;
}

async function withTopics(settings = {}): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ settings });
  await fixture.createTopic('one');
  await fixture.createTopic('two', { partitions: 2 });
  return fixture;
}

test('all topics are asked for by none in version 0, and by null from version 1 on', async () => {
  const fixture = await withTopics();
  const all = [
    ['one', 0, 1],
    ['two', 0, 2],
  ];
  assert.deepEqual(shownSorted(await ask(fixture, 0, [])), all);
  for (const version of [1, 9, 12, 13]) {
    assert.deepEqual(shownSorted(await ask(fixture, version, null)), all, String(version));
    const none = await ask(fixture, version, []);
    assert.deepEqual(shown(none), []);
    assert.deepEqual(
      none.brokers.map(({ nodeId, host, port }) => [nodeId, host, port]),
      [[1, '127.0.0.1', 9092]],
    );
  }
  await fixture.close();
});

test('a topic asked for twice is told once; unknown and illegal names have their errors', async () => {
  const fixture = await withTopics();
  assert.deepEqual(shown(await ask(fixture, 12, named('one', 'none', 'one', 'a/b', ''))), [
    ['one', 0, 1],
    ['none', E.UNKNOWN_TOPIC_OR_PARTITION.code, 0],
    ['a/b', E.INVALID_TOPIC_EXCEPTION.code, 0],
    ['', E.INVALID_TOPIC_EXCEPTION.code, 0],
  ]);
  await fixture.close();
});

test('by id a topic has its name; the empty name that the Java client sends beside the id does not count', async () => {
  const fixture = await withTopics();
  const topicId = await idOf(fixture, 'two');
  for (const version of [12, 13]) {
    for (const name of [null, '', 'one']) {
      assert.deepEqual(shown(await ask(fixture, version, [{ name, topicId }])), [['two', 0, 2]]);
    }
    const { topics } = await ask(fixture, version, [{ name: null, topicId: UNKNOWN_ID }]);
    assert.deepEqual(
      topics.map((topic) => [topic.name, topic.topicId, topic.errorCode]),
      [[null, UNKNOWN_ID, E.UNKNOWN_TOPIC_ID.code]],
    );
  }
  await fixture.close();
});

test('one id in a request and its names are not looked at', async () => {
  const fixture = await withTopics();
  const topicId = await idOf(fixture, 'two');
  assert.deepEqual(shown(await ask(fixture, 12, [...named('one'), { name: null, topicId }])), [['two', 0, 2]]);
  await fixture.close();
});

test('before version 12 an id makes the whole request invalid', async () => {
  const fixture = await withTopics();
  const topicId = await idOf(fixture, 'two');
  for (const version of [10, 11]) {
    const answer = await ask(fixture, version, [...named('one'), { name: 'two', topicId }]);
    const { code } = E.INVALID_REQUEST;
    assert.deepEqual(shown(answer), [
      ['one', code, 0],
      ['two', code, 0],
    ]);
  }
  await fixture.close();
});

test('a topic is created where broker and client both want it', async () => {
  const fixture = await withTopics({ 'auto.create.topics.enable': true, 'num.partitions': 3 });
  const { code } = E.UNKNOWN_TOPIC_OR_PARTITION;
  assert.deepEqual(shown(await ask(fixture, 12, named('unwanted'), false)), [['unwanted', code, 0]]);
  assert.deepEqual(shown(await ask(fixture, 12, named('unwanted'), false)), [['unwanted', code, 0]]);
  assert.deepEqual(shown(await ask(fixture, 12, named('wanted'), true)), [['wanted', code, 0]]);
  assert.deepEqual(shown(await ask(fixture, 12, named('wanted'), true)), [['wanted', 0, 3]]);
  // Clients before version 4 cannot say: for them it is wanted.
  assert.deepEqual(shown(await ask(fixture, 3, named('old'), true)), [['old', code, 0]]);
  assert.deepEqual(shown(await ask(fixture, 3, named('old'), true)), [['old', 0, 3]]);
  assert.deepEqual(shown(await ask(fixture, 12, named('no/topic'), true)), [
    ['no/topic', E.INVALID_TOPIC_EXCEPTION.code, 0],
  ]);
  await fixture.close();
});

test('where the broker does not want it nothing is created', async () => {
  const fixture = await withTopics();
  for (let round = 0; round < 2; round++) {
    const answer = await ask(fixture, 12, named('wanted'), true);
    assert.deepEqual(shown(answer), [['wanted', E.UNKNOWN_TOPIC_OR_PARTITION.code, 0]]);
  }
  await fixture.close();
});

test('what may be done with topics and the cluster is told to who asks', async () => {
  const fixture = await withTopics();
  const asked = await fixture.call(
    metadata,
    10,
    requestOf(metadata, {
      topics: named('one'),
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    }),
  );
  assert.deepEqual([asked.topics[0]!.topicAuthorizedOperations, asked.clusterAuthorizedOperations], [3576, 8096]);
  const unasked = await ask(fixture, 10, named('one'));
  const none = -2_147_483_648;
  assert.deepEqual([unasked.topics[0]!.topicAuthorizedOperations, unasked.clusterAuthorizedOperations], [none, none]);
  await fixture.close();
});

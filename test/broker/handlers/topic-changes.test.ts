import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { E } from '../../../src/protocol/errors.ts';
import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import { deleteTopics } from '../../../src/protocol/messages/020-delete-topics.ts';
import { createPartitions } from '../../../src/protocol/messages/037-create-partitions.ts';
import { electLeaders } from '../../../src/protocol/messages/043-elect-leaders.ts';
import { alterPartitionReassignments } from '../../../src/protocol/messages/045-alter-partition-reassignments.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

const newTopic = (name: string, configs: Record<string, string> = {}, numPartitions = 1) => ({
  name,
  numPartitions,
  replicationFactor: -1,
  assignments: [],
  configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
});

async function create(fixture: BrokerFixture, topics: ReturnType<typeof newTopic>[], validateOnly = false) {
  const { topics: created } = await fixture.call(createTopics, 7, requestOf(createTopics, { topics, validateOnly }));
  return created;
}

test('a created topic is answered with its id, its counts and its settings as they were given', async () => {
  const fixture = await BrokerFixture.start();
  const [topic] = await create(fixture, [
    newTopic('t', { 'cleanup.policy': 'compact, delete', preallocate: 'TRUE' }, 3),
  ]);
  assert.deepEqual([topic!.errorCode, topic!.errorMessage, topic!.numPartitions], [E.NONE.code, null, 3]);
  assert.equal(topic!.replicationFactor, 1);
  assert.notEqual(topic!.topicId, ZERO_UUID);
  const own = topic!.configs!.filter(({ configSource }) => configSource === 1);
  assert.deepEqual(Object.fromEntries(own.map(({ name, value }) => [name, value])), {
    'cleanup.policy': 'compact, delete',
    preallocate: 'TRUE',
  });
  assert.ok(topic!.configs!.length > 20);
  await fixture.close();
});

test('a refused topic has no id, counts of -1 and no settings; the others of the request are made', async () => {
  const fixture = await BrokerFixture.start();
  const answers = await create(fixture, [newTopic('good'), newTopic('a/b'), newTopic('bad', { 'retention.ms': 'x' })]);
  const byName = new Map(answers.map((answer) => [answer.name, answer]));
  assert.equal(byName.get('good')!.errorCode, E.NONE.code);
  for (const [name, error] of [
    ['a/b', E.INVALID_TOPIC_EXCEPTION],
    ['bad', E.INVALID_CONFIG],
  ] as const) {
    const { errorCode, topicId, numPartitions, replicationFactor, configs, errorMessage } = byName.get(name)!;
    assert.deepEqual([errorCode, topicId, numPartitions, replicationFactor], [error.code, ZERO_UUID, -1, -1]);
    assert.deepEqual(configs, []);
    assert.notEqual(errorMessage, null);
  }
  await fixture.close();
});

test('what is only validated is not made', async () => {
  const fixture = await BrokerFixture.start();
  for (let round = 0; round < 2; round++) {
    const [topic] = await create(fixture, [newTopic('t')], true);
    assert.deepEqual([topic!.errorCode, topic!.numPartitions], [E.NONE.code, 1]);
  }
  assert.equal((await create(fixture, [newTopic('t')]))[0]!.errorCode, E.NONE.code);
  assert.equal((await create(fixture, [newTopic('t')], true))[0]!.errorCode, E.TOPIC_ALREADY_EXISTS.code);
  await fixture.close();
});

test('topics are deleted by name or by id, and unknown ones are told', async () => {
  const fixture = await BrokerFixture.start();
  const [first] = await create(fixture, [newTopic('first')]);
  await create(fixture, [newTopic('second')]);
  const remove = async (topics: { name: string | null; topicId: string }[]) => {
    const { responses } = await fixture.call(deleteTopics, 6, requestOf(deleteTopics, { topics }));
    return responses.map(({ name, errorCode }) => [name, errorCode]);
  };
  const { topicId } = first!;
  assert.deepEqual(await remove([{ name: null, topicId }]), [['first', E.NONE.code]]);
  assert.deepEqual(await remove([{ name: null, topicId }]), [[null, E.UNKNOWN_TOPIC_ID.code]]);
  assert.deepEqual(await remove([{ name: 'second', topicId: ZERO_UUID }]), [['second', E.NONE.code]]);
  assert.deepEqual(await remove([{ name: 'second', topicId: ZERO_UUID }]), [
    ['second', E.UNKNOWN_TOPIC_OR_PARTITION.code],
  ]);
  await fixture.close();
});

test('where topics may not be deleted, clients hear of it in the words of their version', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'delete.topic.enable': false } });
  await create(fixture, [newTopic('t')]);
  for (let version = 1; version <= 5; version++) {
    const { responses } = await fixture.call(deleteTopics, version, requestOf(deleteTopics, { topicNames: ['t'] }));
    const { code } = version < 3 ? E.INVALID_REQUEST : E.TOPIC_DELETION_DISABLED;
    assert.equal(responses[0]!.errorCode, code, String(version));
  }
  await fixture.close();
});

test('partitions are added, never taken away', async () => {
  const fixture = await BrokerFixture.start();
  await create(fixture, [newTopic('t', {}, 2)]);
  const grow = async (name: string, count: number) => {
    const topics = [{ name, count, assignments: null }];
    const { results } = await fixture.call(createPartitions, 3, requestOf(createPartitions, { topics }));
    return results[0]!.errorCode;
  };
  assert.equal(await grow('t', 2), E.INVALID_PARTITIONS.code);
  assert.equal(await grow('t', 1), E.INVALID_PARTITIONS.code);
  assert.equal(await grow('t', 4), E.NONE.code);
  assert.equal(await fixture.offset('t', -1, 3), 0);
  assert.equal(await grow('none', 4), E.UNKNOWN_TOPIC_OR_PARTITION.code);
  await fixture.close();
});

test('an election of no known kind is refused for each partition that is named', async () => {
  const fixture = await BrokerFixture.start();
  await create(fixture, [newTopic('t')]);
  const elect = (electionType: number, topicPartitions: { topic: string; partitions: number[] }[] | null) =>
    fixture.call(electLeaders, 2, requestOf(electLeaders, { electionType, topicPartitions }));
  const refused = await elect(7, [{ topic: 't', partitions: [0] }]);
  assert.equal(refused.errorCode, E.INVALID_REQUEST.code);
  assert.deepEqual(refused.replicaElectionResults, [
    {
      topic: 't',
      partitionResult: [{ partitionId: 0, errorCode: E.INVALID_REQUEST.code, errorMessage: 'Unknown election type 7' }],
    },
  ]);
  assert.equal((await elect(7, [])).errorCode, E.NONE.code);
  assert.equal((await elect(7, null)).errorCode, E.INVALID_REQUEST.code);
  const needless = await elect(0, [{ topic: 't', partitions: [0] }]);
  assert.equal(needless.errorCode, E.NONE.code);
  assert.equal(needless.replicaElectionResults[0]!.partitionResult[0]!.errorCode, E.ELECTION_NOT_NEEDED.code);
  await fixture.close();
});

test('a partition stays where it is, and cannot be moved to a broker that is not there', async () => {
  const fixture = await BrokerFixture.start();
  await create(fixture, [newTopic('t')]);
  const move = async (replicas: number[] | null) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }];
    const request = requestOf(alterPartitionReassignments, { topics });
    const { responses } = await fixture.call(alterPartitionReassignments, 0, request);
    return responses[0]!.partitions[0]!.errorCode;
  };
  assert.equal(await move([1]), E.NONE.code);
  assert.equal(await move([9]), E.INVALID_REPLICA_ASSIGNMENT.code);
  assert.equal(await move(null), E.NO_REASSIGNMENT_IN_PROGRESS.code);
  await fixture.close();
});

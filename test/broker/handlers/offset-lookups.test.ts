import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { listOffsets } from '../../../src/protocol/messages/002-list-offsets.ts';
import { deleteRecords } from '../../../src/protocol/messages/021-delete-records.ts';
import { offsetForLeaderEpoch } from '../../../src/protocol/messages/023-offset-for-leader-epoch.ts';
import { describeProducers } from '../../../src/protocol/messages/061-describe-producers.ts';
import { batchOf } from '../../log/log-fixture.ts';
import { BrokerFixture, produceOf } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

async function withRecords(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('t');
  await fixture.call(produce, 12, produceOf('t', ['a', 'b', 'c']));
  return fixture;
}

async function offsets(fixture: BrokerFixture, version: number, ...timestamps: number[]) {
  const partitions = timestamps.map((timestamp) => ({ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }));
  const request = requestOf(listOffsets, { replicaId: -1, topics: [{ name: 't', partitions }] });
  const { topics } = await fixture.call(listOffsets, version, request);
  return topics[0]!.partitions.map(({ errorCode, offset }) => [errorCode, offset]);
}

test('places in the log have a timestamp of their own, each from its version on', async () => {
  const fixture = await withRecords();
  const refused = [E.UNSUPPORTED_VERSION.code, -1];
  const cases: [timestamp: number, first: number, found: number[]][] = [
    [-1, 1, [0, 3]],
    [-2, 1, [0, 0]],
    [-3, 7, [0, 0]],
    [-4, 8, [0, 0]],
    [-5, 9, [0, -1]],
    [-6, 11, [0, -1]],
    [-7, 12, [0, -1]],
  ];
  for (const [timestamp, first, found] of cases) {
    for (let version = 1; version <= 11; version++) {
      const [answer] = await offsets(fixture, version, timestamp);
      assert.deepEqual(answer, version < first ? refused : found, `${timestamp} in version ${version}`);
    }
  }
  await fixture.close();
});

test('a partition named twice is answered once, and refused', async () => {
  const fixture = await withRecords();
  assert.deepEqual(await offsets(fixture, 7, -1, -2, -1), [[E.INVALID_REQUEST.code, -1]]);
  await fixture.close();
});

test('an unknown partition and a wrong leader epoch are told apart', async () => {
  const fixture = await withRecords();
  const ask = async (partitionIndex: number, currentLeaderEpoch: number) => {
    const partitions = [{ partitionIndex, currentLeaderEpoch, timestamp: -1 }];
    const request = requestOf(listOffsets, { replicaId: -1, topics: [{ name: 't', partitions }] });
    const { topics } = await fixture.call(listOffsets, 7, request);
    return topics[0]!.partitions[0]!.errorCode;
  };
  assert.equal(await ask(0, 0), E.NONE.code);
  assert.equal(await ask(0, 1), E.UNKNOWN_LEADER_EPOCH.code);
  assert.equal(await ask(5, -1), E.UNKNOWN_TOPIC_OR_PARTITION.code);
  await fixture.close();
});

test('where a leader epoch ends is told for known partitions', async () => {
  const fixture = await withRecords();
  const partitions = [0, 9].map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch: 0 }));
  const request = requestOf(offsetForLeaderEpoch, { replicaId: -1, topics: [{ topic: 't', partitions }] });
  const { topics } = await fixture.call(offsetForLeaderEpoch, 4, request);
  assert.deepEqual(
    topics[0]!.partitions.map(({ errorCode, leaderEpoch, endOffset }) => [errorCode, leaderEpoch, endOffset]),
    [
      [E.NONE.code, 0, 3],
      [E.UNKNOWN_TOPIC_OR_PARTITION.code, -1, -1],
    ],
  );
  await fixture.close();
});

test('producers are told of partitions that are known, and why not of others', async () => {
  const fixture = await withRecords();
  const batch = batchOf(['x'], { producerId: 7, producerEpoch: 2, baseSequence: 0 });
  await fixture.call(produce, 12, produceOf('t', [], { batch }));
  const topics = [
    { name: 't', partitionIndexes: [0, 4] },
    { name: 'none', partitionIndexes: [0] },
    { name: 'a/b', partitionIndexes: [0] },
  ];
  const answer = await fixture.call(describeProducers, 0, requestOf(describeProducers, { topics }));
  const [known, none, illegal] = answer.topics;
  assert.deepEqual(
    known!.partitions[0]!.activeProducers.map(({ producerId, producerEpoch }) => [producerId, producerEpoch]),
    [[7, 2]],
  );
  const { UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION } = E;
  assert.equal(known!.partitions[1]!.errorCode, UNKNOWN_TOPIC_OR_PARTITION.code);
  assert.equal(none!.partitions[0]!.errorCode, UNKNOWN_TOPIC_OR_PARTITION.code);
  assert.equal(none!.partitions[0]!.errorMessage, 'This server does not host this topic-partition.');
  assert.equal(illegal!.partitions[0]!.errorCode, INVALID_TOPIC_EXCEPTION.code);
  assert.match(illegal!.partitions[0]!.errorMessage!, /'a\/b' contains/);
  await fixture.close();
});

test('records are deleted up to an offset or all, unless only compaction may remove them', async () => {
  const fixture = await withRecords();
  const remove = async (name: string, offset: number) => {
    const request = requestOf(deleteRecords, { topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }] });
    const { topics } = await fixture.call(deleteRecords, 2, request);
    const [answer] = topics[0]!.partitions;
    return [answer!.errorCode, answer!.lowWatermark];
  };
  assert.deepEqual(await remove('t', 2), [E.NONE.code, 2]);
  assert.equal(await fixture.offset('t', -2), 2);
  assert.deepEqual(await remove('t', 1), [E.NONE.code, 2]);
  assert.deepEqual(await remove('t', 4), [E.OFFSET_OUT_OF_RANGE.code, -1]);
  assert.deepEqual(await remove('t', -2), [E.OFFSET_OUT_OF_RANGE.code, -1]);
  assert.deepEqual(await remove('t', -1), [E.NONE.code, 3]);
  assert.deepEqual(await remove('none', 0), [E.UNKNOWN_TOPIC_OR_PARTITION.code, -1]);
  const policies: [string, number][] = [
    ['compact', E.POLICY_VIOLATION.code],
    ['compact,delete', E.NONE.code],
    ['', E.NONE.code],
  ];
  for (const [index, [policy, code]] of policies.entries()) {
    await fixture.createTopic(`p${index}`, { configs: { 'cleanup.policy': policy } });
    const [errorCode] = await remove(`p${index}`, 0);
    assert.equal(errorCode, code, policy);
  }
  await fixture.close();
});

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { deleteRecords } from '../../src/protocol/messages/021-delete-records.ts';
import { offsetForLeaderEpoch } from '../../src/protocol/messages/023-offset-for-leader-epoch.ts';
import { describeCluster } from '../../src/protocol/messages/060-describe-cluster.ts';
import { describeProducers } from '../../src/protocol/messages/061-describe-producers.ts';
import { describeTopicPartitions } from '../../src/protocol/messages/075-describe-topic-partitions.ts';
import { fetchOf, produceOf } from './broker-fixture.ts';
import { ClusterFixture } from './cluster-fixture.ts';

const LEADER = 2;
const FOLLOWER = 3;
const STRANGER = 1;

suite('requests to brokers that do not lead the partition', () => {
  let cluster: ClusterFixture;

  before(async () => {
    cluster = await ClusterFixture.start(3, {
      'min.insync.replicas': 2,
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    });
    const { topics } = await cluster.call(1, createTopics, 7, {
      topics: [
        {
          name: 'orders',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [LEADER, FOLLOWER] }],
          configs: [],
        },
      ],
      timeoutMs: 1000,
      validateOnly: false,
    });
    assert.equal(topics[0]?.errorCode, 0);
    const { responses } = await cluster.call(LEADER, produce, 12, produceOf('orders', ['a', 'b']));
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0);
  });

  after(() => cluster.close());

  async function offsetAt(id: number, replicaId = -1): Promise<{ errorCode: number; offset: number }> {
    const asked = [{ name: 'orders', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }];
    const request = { replicaId, isolationLevel: 0, topics: asked, timeoutMs: 1000 };
    const { topics } = await cluster.call(id, listOffsets, 10, request);
    return topics[0]!.partitions[0]!;
  }

  test('a broker without a replica is no leader, and does not say that there is no such partition', async () => {
    const { code } = E.NOT_LEADER_OR_FOLLOWER;
    assert.equal((await offsetAt(STRANGER)).errorCode, code);
    const records = [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 0 }] }];
    const deleted = await cluster.call(STRANGER, deleteRecords, 2, { topics: records, timeoutMs: 1000 });
    assert.equal(deleted.topics[0]!.partitions[0]!.errorCode, code);
    const epochs = [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }];
    const ended = await cluster.call(STRANGER, offsetForLeaderEpoch, 4, { replicaId: -1, topics: epochs });
    assert.equal(ended.topics[0]!.partitions[0]!.errorCode, code);
    const producers = [{ name: 'orders', partitionIndexes: [0] }];
    const { topics } = await cluster.call(STRANGER, describeProducers, 0, { topics: producers });
    assert.equal(topics[0]!.partitions[0]!.errorCode, code);
  });

  test('produce names the leader from version 10 on, and answers older versions as well', async () => {
    for (const id of [STRANGER, FOLLOWER]) {
      for (const version of [3, 9, 10, 12]) {
        const answer = await cluster.call(id, produce, version, produceOf('orders', ['x'], { acks: 1 }));
        const { errorCode, currentLeader } = answer.responses[0]!.partitionResponses[0]!;
        assert.equal(errorCode, E.NOT_LEADER_OR_FOLLOWER.code);
        const named = version >= 10 ? LEADER : -1;
        assert.equal(currentLeader.leaderId, named);
        assert.deepEqual(
          answer.nodeEndpoints.map(({ nodeId }) => nodeId),
          version >= 10 ? [LEADER] : [],
        );
      }
    }
  });

  test('fetch names the leader from version 16 on, and answers older versions as well', async () => {
    for (const version of [4, 10, 12]) {
      const answer = await cluster.call(STRANGER, fetch, version, fetchOf('orders', { maxWaitMs: 0 }));
      const { errorCode, currentLeader } = answer.responses[0]!.partitions[0]!;
      assert.equal(errorCode, E.NOT_LEADER_OR_FOLLOWER.code);
      assert.equal(currentLeader.leaderId, -1);
    }
    const shown = { topics: [{ name: 'orders' }], responsePartitionLimit: 1, cursor: null };
    const { topics } = await cluster.call(1, describeTopicPartitions, 0, shown);
    const { topicId } = topics[0]!;
    const wanted = [{ topic: '', topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }];
    const request = { maxWaitMs: 0, minBytes: 0, topics: wanted, forgottenTopicsData: [] };
    const { responses, nodeEndpoints } = await cluster.call(STRANGER, fetch, 16, request);
    assert.equal(responses[0]!.partitions[0]!.currentLeader.leaderId, LEADER);
    assert.deepEqual(
      nodeEndpoints.map(({ nodeId }) => nodeId),
      [LEADER],
    );
  });

  test('a follower tells its producers to anybody, and its end to a debugging client', async () => {
    const producers = [{ name: 'orders', partitionIndexes: [0] }];
    const { topics } = await cluster.call(FOLLOWER, describeProducers, 0, { topics: producers });
    assert.equal(topics[0]!.partitions[0]!.errorCode, 0);
    assert.equal((await offsetAt(FOLLOWER)).errorCode, E.NOT_LEADER_OR_FOLLOWER.code);
    assert.deepEqual([(await offsetAt(FOLLOWER, -2)).errorCode, (await offsetAt(FOLLOWER, -2)).offset], [0, 2]);
  });

  test('a stopped broker is shown as fenced to who asks for such, and what it led has no error of its own', async () => {
    await cluster.stop(LEADER);
    await cluster.until('it is gone', async () => !(await cluster.liveBrokers()).includes(LEADER));
    const shown = async (includeFencedBrokers: boolean): Promise<(number | boolean)[][]> => {
      const request = { includeClusterAuthorizedOperations: false, endpointType: 1, includeFencedBrokers };
      const { brokers } = await cluster.call(1, describeCluster, 2, request);
      return brokers
        .toSorted((left, right) => left.brokerId - right.brokerId)
        .map(({ brokerId, isFenced }) => [brokerId, isFenced]);
    };
    await cluster.until('the broker knows', async () => (await shown(false)).length === 2);
    assert.deepEqual(await shown(true), [
      [1, false],
      [LEADER, true],
      [FOLLOWER, false],
    ]);
    const { responses } = await cluster.call(FOLLOWER, produce, 12, produceOf('orders', ['c']));
    const { errorCode, logStartOffset } = responses[0]!.partitionResponses[0]!;
    assert.deepEqual([errorCode, logStartOffset], [E.NOT_ENOUGH_REPLICAS.code, 0]);
    await cluster.stop(FOLLOWER);
    const request = { topics: [{ name: 'orders' }], responsePartitionLimit: 10, cursor: null };
    const partition = async () =>
      (await cluster.call(1, describeTopicPartitions, 0, request)).topics[0]!.partitions[0]!;
    await cluster.until('nobody leads', async () => (await partition()).leaderId === -1);
    assert.equal((await partition()).errorCode, 0);
  });
});

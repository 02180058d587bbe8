import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { electLeaders } from '../../src/protocol/messages/043-elect-leaders.ts';
import { describeTopicPartitions } from '../../src/protocol/messages/075-describe-topic-partitions.ts';
import { fetchOf, produceOf, valuesIn } from './broker-fixture.ts';
import { ClusterFixture } from './cluster-fixture.ts';

const UNCLEAN = 1;
const SETTINGS = { 'log.dirs': '/data,/more', 'min.insync.replicas': 1, 'replica.fetch.wait.max.ms': 100 };

async function send(cluster: ClusterFixture, leader: number, value: string, partition = 0): Promise<number> {
  const body = produceOf('orders', [value], { timeoutMs: 5000, partition });
  const { responses } = await cluster.call(leader, produce, 12, body);
  return responses[0]!.partitionResponses[0]!.errorCode;
}

async function read(cluster: ClusterFixture, leader: number, partition = 0): Promise<string[]> {
  const { responses } = await cluster.call(leader, fetch, 12, fetchOf('orders', { maxWaitMs: 0, partition }));
  return valuesIn(responses[0]!.partitions[0]!.records);
}

async function offlineIn(cluster: ClusterFixture, partition: number, at: number): Promise<number[]> {
  const body = { topics: [{ name: 'orders' }], responsePartitionLimit: 100, cursor: null };
  const { topics } = await cluster.call(at, describeTopicPartitions, 0, body);
  return topics[0]!.partitions[partition]!.offlineReplicas;
}

/** Three brokers with two directories each, and a topic of two partitions. */
async function startCluster(): Promise<ClusterFixture> {
  const cluster = await ClusterFixture.start(3, SETTINGS);
  await cluster.createTopic('orders', { partitions: 2 });
  await cluster.time.run(100);
  return cluster;
}

/** The partition whose log on a broker lies in `/more`. */
function partitionInMore(cluster: ClusterFixture, id: number): number {
  return cluster.members.get(id)!.disk.exists('/more/orders-0') ? 0 : 1;
}

suite('a log directory that fails while its broker goes on', () => {
  test('others lead what it led, clients see which replicas are offline, and after the repair it is in sync again', async () => {
    const cluster = await startCluster();
    const [bad, other] = [2, 1];
    const partition = partitionInMore(cluster, bad);
    await lead(cluster, partition, bad);
    assert.equal(await send(cluster, bad, 'a', partition), 0);
    cluster.members.get(bad)!.disk.fail({ call: 'write', code: 'EIO', path: '/more/orders' });
    assert.equal(await send(cluster, bad, 'lost', partition), E.KAFKA_STORAGE_ERROR.code);
    await cluster.until('another one leads', async () => {
      const { leaderId } = await cluster.partition('orders', partition, other);
      return leaderId > 0 && leaderId !== bad;
    });
    const { leaderId, isrNodes, offlineReplicas } = await cluster.partition('orders', partition, other);
    assert.deepEqual([isrNodes.includes(bad), isrNodes.length, offlineReplicas], [false, 2, [bad]]);
    assert.deepEqual(await offlineIn(cluster, partition, other), [bad]);
    assert.deepEqual((await cluster.partition('orders', 1 - partition, other)).offlineReplicas, []);
    assert.equal((await cluster.liveBrokers()).includes(bad), true);
    assert.equal(await send(cluster, leaderId, 'b', partition), 0);
    assert.deepEqual(await read(cluster, leaderId, partition), ['a', 'b']);

    await cluster.stop(bad);
    await cluster.startBroker(bad);
    await cluster.until('it is in sync again', async () => {
      const now = await cluster.partition('orders', partition, other);
      return now.isrNodes.length === 3 && now.offlineReplicas.length === 0;
    });
    assert.deepEqual(await offlineIn(cluster, partition, bad), []);
    await cluster.close();
  });

  test('a follower leaves the set in sync at once, and is not elected, not even uncleanly', async () => {
    const cluster = await startCluster();
    const [bad, leader] = [3, 1];
    const partition = partitionInMore(cluster, bad);
    await lead(cluster, partition, leader);
    assert.equal(await send(cluster, leader, 'a', partition), 0);
    cluster.members.get(bad)!.disk.fail({ call: 'write', code: 'EIO', path: '/more/orders' });
    const startMs = cluster.time.monotonicMs();
    assert.equal(await send(cluster, leader, 'b', partition), 0);
    assert.ok(cluster.time.monotonicMs() - startMs < 3000, 'without waiting for its lag to show');
    for (const id of [1, 2, 3]) if (id !== bad) await cluster.stop(id);
    const body = {
      electionType: UNCLEAN,
      topicPartitions: [{ topic: 'orders', partitions: [partition] }],
      timeoutMs: 1000,
    };
    const { replicaElectionResults } = await cluster.call(bad, electLeaders, 2, body);
    const { errorCode } = replicaElectionResults[0]!.partitionResult[0]!;
    assert.equal(errorCode, E.ELIGIBLE_LEADERS_NOT_AVAILABLE.code);
    await cluster.close();
  });
});

/** Makes a broker the leader of a partition, by stopping the others for a moment. */
async function lead(cluster: ClusterFixture, partition: number, id: number): Promise<void> {
  const others = [1, 2, 3].filter((each) => each !== id);
  for (const other of others) await cluster.stop(other);
  for (const other of others) await cluster.startBroker(other);
  await cluster.until('all are in sync', async () => {
    const { leaderId, isrNodes } = await cluster.partition('orders', partition, id);
    return leaderId === id && isrNodes.length === 3;
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteRecords } from '../../src/protocol/messages/021-delete-records.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { fetchOf, produceOf, valuesIn } from './broker-fixture.ts';
import { ClusterFixture } from './cluster-fixture.ts';

async function send(cluster: ClusterFixture, leader: number, values: readonly string[]): Promise<number> {
  const { responses } = await cluster.call(leader, produce, 12, produceOf('orders', values, { timeoutMs: 30_000 }));
  return responses[0]!.partitionResponses[0]!.errorCode;
}

async function read(cluster: ClusterFixture, leader: number): Promise<string[]> {
  const { responses } = await cluster.call(leader, fetch, 12, fetchOf('orders', { maxWaitMs: 0 }));
  return valuesIn(responses[0]!.partitions[0]!.records);
}

test('acks=all is answered when all three have it, and the leader tells so', async () => {
  const cluster = await ClusterFixture.start(3);
  await cluster.createTopic('orders');
  const { leaderId, replicaNodes, isrNodes } = await cluster.partition('orders');
  assert.equal(replicaNodes.length, 3);
  assert.equal(isrNodes.length, 3);
  assert.equal(await send(cluster, leaderId, ['a', 'b']), 0);
  assert.deepEqual(await read(cluster, leaderId), ['a', 'b']);
  for (const { broker } of cluster.members.values()) void broker;
  await cluster.close();
});

test('records that are deleted are gone from all replicas when it is said', async () => {
  const cluster = await ClusterFixture.start(3);
  await cluster.createTopic('orders');
  const { leaderId } = await cluster.partition('orders');
  assert.equal(await send(cluster, leaderId, ['a', 'b', 'c']), 0);
  const { topics } = await cluster.call(leaderId, deleteRecords, 2, {
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 1000,
  });
  assert.deepEqual([topics[0]!.partitions[0]!.errorCode, topics[0]!.partitions[0]!.lowWatermark], [0, 2]);
  const starts = Array.from(
    cluster.members.values(),
    ({ broker }) => broker.core.partitions.get('orders', 0)?.log.logStartOffset,
  );
  assert.deepEqual(starts, [2, 2, 2]);
  await cluster.close();
});

test('a follower that was away is cut out, comes back, and has everything', async () => {
  const cluster = await ClusterFixture.start(3, { 'replica.lag.time.max.ms': 2000, 'replica.fetch.wait.max.ms': 200 });
  await cluster.createTopic('orders');
  const { leaderId } = await cluster.partition('orders');
  const follower = leaderId === 3 ? 2 : 3;
  assert.equal(await send(cluster, leaderId, ['a']), 0);
  await cluster.kill(follower);
  assert.equal(await send(cluster, leaderId, ['b']), 0, 'waits until the follower is out of the set');
  assert.equal((await cluster.partition('orders', 0, leaderId)).isrNodes.includes(follower), false);
  await cluster.startBroker(follower);
  await cluster.until('it is in sync again', async () =>
    (await cluster.partition('orders', 0, leaderId)).isrNodes.includes(follower),
  );
  await cluster.close();
});

test('a follower catches up over answers that end within a batch', async () => {
  const cluster = await ClusterFixture.start(3, {
    'replica.lag.time.max.ms': 2000,
    'replica.fetch.wait.max.ms': 200,
    'replica.fetch.max.bytes': 1000,
  });
  await cluster.createTopic('orders');
  const { leaderId } = await cluster.partition('orders');
  const follower = leaderId === 3 ? 2 : 3;
  await cluster.kill(follower);
  const sent: string[] = [];
  for (let index = 0; index < 20; index++) {
    sent.push(`${index}`.padEnd(200 + 13 * index, 'x'));
    assert.equal(await send(cluster, leaderId, [sent[index]!]), 0);
  }
  await cluster.startBroker(follower);
  await cluster.until('it is in sync again', async () =>
    (await cluster.partition('orders', 0, leaderId)).isrNodes.includes(follower),
  );
  const faults = cluster.logger.lines.filter(({ message }) => message === 'a replica cannot follow its leader');
  assert.deepEqual(faults, []);
  assert.equal(await send(cluster, leaderId, ['last']), 0);
  await cluster.close();
});

test('a follower that found no space for one partition goes on with it, however much comes for others', async () => {
  const cluster = await ClusterFixture.start(2);
  await cluster.createTopic('orders', { partitions: 4, replicas: 2 });
  const { leaderId } = await cluster.partition('orders');
  const others = await Promise.all([1, 2, 3].map((index) => cluster.partition('orders', index)));
  const { partitionIndex: busy } = others.find((each) => each.leaderId === leaderId)!;
  const { broker, disk } = cluster.members.get(3 - leaderId)!;
  disk.fail({ call: 'write', code: 'ENOSPC', path: '/orders-0/' });
  const write = (partition: number): Promise<unknown> =>
    cluster.call(leaderId, produce, 12, produceOf('orders', ['a'], { acks: 1, partition }));
  await write(0);
  const held = broker.core.partitions.get('orders', 0);
  // Oftener than the follower waits before it tries again.
  await cluster.until('it has the record', async () => {
    await write(busy);
    return held?.log.logEndOffset === 1;
  });
  await cluster.close();
});

test('a broker that is back leads nothing by the word of its former life before it is let in', async () => {
  const cluster = await ClusterFixture.start(2);
  await cluster.createTopic('orders', { replicas: 2 });
  const { leaderId } = await cluster.partition('orders');
  assert.equal(await send(cluster, leaderId, ['a']), 0);
  for (const id of [1, 2]) await cluster.kill(id);
  // Somebody is the controller, and does nothing: nobody lets the broker in, and the record still names it.
  await cluster.time.run(20_000);
  const value = JSON.stringify({ brokerId: 9 });
  await cluster.done(cluster.store.txn({ compares: [], onSuccess: [{ type: 'put', key: 'ctl', value }] }));
  void cluster.beginBroker(leaderId);
  await cluster.time.run(1000);
  const { entries } = await cluster.done(cluster.store.range('p/'));
  assert.equal(JSON.parse(entries[0]!.value).leader, leaderId, 'the record is of its former life');
  const { responses } = await cluster.call(leaderId, produce, 12, produceOf('orders', ['b'], { acks: 1 }));
  assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 6, 'NOT_LEADER_OR_FOLLOWER');
});

test('the offsets topic that a broker made alone has replicas on the others once they are there', async () => {
  const cluster = await ClusterFixture.start(1);
  const keys = { key: '', keyType: 0, coordinatorKeys: ['g'] };
  const errorCode = async (): Promise<number> =>
    (await cluster.call(1, findCoordinator, 4, keys)).coordinators[0]!.errorCode;
  await cluster.until('there is a coordinator', async () => (await errorCode()) === 0);
  const shape = async (index: number): Promise<number[]> => {
    const { replicaNodes, isrNodes } = await cluster.partition('__consumer_offsets', index);
    return [replicaNodes.length, isrNodes.length];
  };
  assert.deepEqual(await shape(0), [1, 1]);
  for (const id of [2, 3]) await cluster.startBroker(id);
  for (const index of [0, 1, 2]) {
    await cluster.until('all three have it', async () => String(await shape(index)) === '3,3');
  }
  await cluster.close();
});

test('a partition that was idle for longer than the lag time keeps its followers when it is written to', async () => {
  const cluster = await ClusterFixture.start(3, { 'replica.lag.time.max.ms': 2000, 'replica.fetch.wait.max.ms': 200 });
  await cluster.createTopic('orders');
  const { leaderId } = await cluster.partition('orders');
  assert.equal(await send(cluster, leaderId, ['a']), 0);
  const before = await cluster.partition('orders', 0, leaderId);
  await cluster.time.run(20_000);
  assert.equal(await send(cluster, leaderId, ['b']), 0);
  await cluster.time.run(500);
  const after = await cluster.partition('orders', 0, leaderId);
  assert.deepEqual([after.isrNodes.length, after.leaderEpoch], [3, before.leaderEpoch]);
  const { entries } = await cluster.done(cluster.store.range('p/'));
  const record = JSON.parse(entries[0]!.value) as { partitionEpoch: number };
  assert.equal(record.partitionEpoch, 0, 'nobody left the set and came back');
  await cluster.close();
});

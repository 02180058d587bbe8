import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionValuesOf, valuesOf } from '../../../src/client/admin/results.ts';
import { adminFor, codeOf, valueOf } from './admin-world.ts';

test('the cluster, its features and its quorum are described', async (context) => {
  const { admin } = await adminFor(context);
  const cluster = await admin.describeCluster({ includeAuthorizedOperations: true, includeFencedBrokers: true });
  assert.deepEqual(
    cluster.brokers.map(({ nodeId, isFenced }) => [nodeId, isFenced]),
    [[1, false]],
  );
  assert.ok(cluster.authorizedOperations?.includes('create'));
  assert.equal((await admin.describeCluster()).authorizedOperations, null);
  const { finalized, supported } = await admin.describeFeatures();
  assert.equal(finalized.get('transaction.version')?.max, 2);
  assert.ok(supported.has('metadata.version'));
  const quorum = await admin.describeQuorum();
  assert.deepEqual([quorum.leaderId, quorum.voters.map(({ replicaId }) => replicaId)], [1, [1]]);
});

test('features and brokers that are not there are refused by the broker', async (context) => {
  const { admin } = await adminFor(context);
  const results = await admin.updateFeatures([{ feature: 'no.such', level: 1 }], { validateOnly: true });
  assert.equal(codeOf(results.get('no.such')), 'INVALID_UPDATE_VERSION');
  await assert.rejects(admin.unregisterBroker(77), { code: 'BROKER_ID_NOT_REGISTERED' });
  await assert.rejects(admin.unregisterBroker(-1), { code: 'INVALID_ARGUMENT' });
});

test('log directories are described, and a replica moves only where one is', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a', partitions: 2 }]));
  const dirs = valuesOf(valueOf((await admin.describeLogDirs([1])).get(1)));
  const [path] = [...dirs.keys()];
  assert.ok(path !== undefined);
  assert.equal(dirs.get(path)?.replicas.length, 2);
  const one = await admin.describeLogDirs([1], { partitions: [{ topic: 'a', partition: 1 }] });
  assert.equal([...valuesOf(valueOf(one.get(1))).values()][0]?.replicas.length, 1);
  partitionValuesOf(await admin.alterReplicaLogDirs(1, [{ topic: 'a', partition: 0, logDir: path }]));
  const nowhere = await admin.alterReplicaLogDirs(1, [{ topic: 'a', partition: 0, logDir: '/no/such/dir' }]);
  assert.equal(codeOf(nowhere.get('a')?.get(0)), 'LOG_DIR_NOT_FOUND');
});

test('elections and reassignments are told partition by partition', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a', partitions: 2 }]));
  const elected = await admin.electLeaders('preferred', [
    { topic: 'a', partition: 0 },
    { topic: 'none', partition: 0 },
  ]);
  assert.equal(codeOf(elected.get('a')?.get(0)), 'ELECTION_NOT_NEEDED');
  assert.equal(codeOf(elected.get('none')?.get(0)), 'UNKNOWN_TOPIC_OR_PARTITION');
  assert.equal((await admin.electLeaders('unclean')).size, 0);
  const moved = await admin.alterReassignments([
    { topic: 'a', partition: 0, replicas: [1] },
    { topic: 'a', partition: 1, replicas: null },
  ]);
  assert.equal(codeOf(moved.get('a')?.get(0)), 'ok');
  assert.equal(codeOf(moved.get('a')?.get(1)), 'NO_REASSIGNMENT_IN_PROGRESS');
  assert.equal((await admin.listReassignments()).size, 0);
  assert.equal((await admin.listReassignments([{ topic: 'a', partition: 0 }])).size, 0);
  await assert.rejects(admin.alterReassignments([{ topic: 'a', partition: 0, replicas: [] }]), /has no replicas/);
});

test('a broker that is not there is looked for until time is up', async (context) => {
  const { admin } = await adminFor(context, 300);
  const results = await admin.describeLogDirs([1, 77]);
  assert.equal(codeOf(results.get(1)), 'ok');
  assert.equal(codeOf(results.get(77)), 'TIMED_OUT');
});

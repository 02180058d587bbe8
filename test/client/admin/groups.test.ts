import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionValuesOf, valuesOf } from '../../../src/client/admin/results.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../../src/protocol/consumer-protocol.ts';
import { joinGroup } from '../../../src/protocol/messages/011-join-group.ts';
import { syncGroup } from '../../../src/protocol/messages/014-sync-group.ts';
import { consumerGroupHeartbeat } from '../../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import type { Fields, Message, Write } from '../../../src/protocol/schema.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { clientRuntime } from '../client-world.ts';
import { adminFor, codeOf, valueOf, type AdminWorld } from './admin-world.ts';

const offsets = [
  { topic: 'a', partition: 0, offset: 7, metadata: 'why' },
  { topic: 'a', partition: 1, offset: 0 },
];

test('offsets of groups are set, listed for many groups at once, and deleted', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a', partitions: 3 }]));
  partitionValuesOf(await admin.alterGroupOffsets('g', offsets));
  partitionValuesOf(await admin.alterGroupOffsets('h', offsets.slice(1)));
  const listed = valuesOf(await admin.listGroupOffsets(['g', 'h', 'none']));
  assert.deepEqual(listed.get('g')?.get('a')?.get(0), { offset: 7, leaderEpoch: -1, metadata: 'why' });
  assert.deepEqual([...(listed.get('h')?.get('a')?.keys() ?? [])], [1]);
  assert.equal(listed.get('none')?.size, 0);
  const some = { partitions: [{ topic: 'a', partition: 2 }], requireStable: true };
  assert.equal(valuesOf(await admin.listGroupOffsets(['g'], some)).get('g')?.size, 0);
  partitionValuesOf(await admin.deleteGroupOffsets('g', [{ topic: 'a', partition: 0 }]));
  const left = valuesOf(await admin.listGroupOffsets(['g']));
  assert.deepEqual([...(left.get('g')?.get('a')?.keys() ?? [])], [1]);
  const wrong = await admin.alterGroupOffsets('g', [{ topic: 'a', partition: 9, offset: 1 }]);
  assert.equal(codeOf(wrong.get('a')?.get(9)), 'UNKNOWN_TOPIC_OR_PARTITION');
  await assert.rejects(admin.deleteGroupOffsets('none', [{ topic: 'a', partition: 0 }]), {
    code: 'GROUP_ID_NOT_FOUND',
  });
});

test('groups are listed by state and type, described and deleted', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a', partitions: 3 }]));
  partitionValuesOf(await admin.alterGroupOffsets('g', offsets));
  const listing = { groupId: 'g', type: 'classic', state: 'Empty', protocolType: '' };
  assert.deepEqual(await admin.listGroups({ states: ['Empty'], types: ['classic'] }), [listing]);
  assert.deepEqual(await admin.listGroups({ types: ['consumer'] }), []);
  const described = await admin.describeGroups(['g', 'none'], { includeAuthorizedOperations: true });
  assert.ok(valueOf(described.get('g')).authorizedOperations?.includes('delete'));
  assert.equal(codeOf(described.get('none')), 'GROUP_ID_NOT_FOUND');
  const deleted = await admin.deleteGroups(['g', 'none']);
  assert.deepEqual([codeOf(deleted.get('g')), codeOf(deleted.get('none'))], ['ok', 'GROUP_ID_NOT_FOUND']);
  assert.deepEqual(await admin.listGroups(), []);
});

function embedded<F extends Fields>(message: Message<F>, body: Write<F>): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(1);
  encode(message, 1, writer, body);
  return Buffer.concat(writer.chunks());
}

/** Joins a classic group as a static member, alone in it, with partition 0 of topic `a`. */
async function joinClassic({ bootstrapServers }: AdminWorld, groupId: string): Promise<string> {
  const cluster = new Cluster(clientRuntime(), { bootstrapServers, clientId: 'member' });
  const coordinator = await cluster.coordinator('group', groupId);
  const metadata = embedded(consumerProtocolSubscription, { topics: ['a'], ownedPartitions: [] });
  const join = await coordinator.request(joinGroup, coordinator.versionFor(joinGroup), {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 1000,
    memberId: '',
    groupInstanceId: 'i1',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  });
  const { memberId, generationId } = join;
  const assignment = embedded(consumerProtocolAssignment, { assignedPartitions: [{ topic: 'a', partitions: [0] }] });
  await coordinator.request(syncGroup, coordinator.versionFor(syncGroup), {
    groupId,
    generationId,
    memberId,
    groupInstanceId: 'i1',
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment }],
  });
  cluster.close();
  return memberId;
}

test('members of a classic group are described with what they read, and removed', async (context) => {
  const world = await adminFor(context);
  const { admin } = world;
  valuesOf(await admin.createTopics([{ name: 'a' }]));
  const memberId = await joinClassic(world, 'g');
  const group = valueOf((await admin.describeGroups(['g'])).get('g'));
  assert.deepEqual([group.type, group.state, group.assignor], ['classic', 'Stable', 'range']);
  const [member] = group.members;
  assert.deepEqual(
    [member?.memberId, member?.groupInstanceId, member?.clientId, member?.isClassic],
    [memberId, 'i1', 'member', true],
  );
  assert.deepEqual(member?.subscribedTopics, ['a']);
  assert.deepEqual(member?.assignment, [{ topic: 'a', partitions: [0] }]);
  assert.equal(codeOf((await admin.deleteGroups(['g'])).get('g')), 'NON_EMPTY_GROUP');
  const removed = await admin.removeMembers('g', [{ groupInstanceId: 'i1' }, { memberId: 'x' }], { reason: 'gone' });
  assert.deepEqual([codeOf(removed.get('i1')), codeOf(removed.get('x'))], ['ok', 'UNKNOWN_MEMBER_ID']);
  assert.equal(valueOf((await admin.describeGroups(['g'])).get('g')).members.length, 0);
});

test('members of a KIP-848 group are described, and removed all at once', async (context) => {
  const { admin, bootstrapServers } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a' }]));
  const cluster = new Cluster(clientRuntime(), { bootstrapServers });
  context.after(() => cluster.close());
  const coordinator = await cluster.coordinator('group', 'g');
  await coordinator.request(consumerGroupHeartbeat, coordinator.versionFor(consumerGroupHeartbeat), {
    groupId: 'g',
    memberId: 'm1',
    memberEpoch: 0,
    rebalanceTimeoutMs: 1000,
    subscribedTopicNames: ['a'],
    topicPartitions: [],
  });
  const group = valueOf((await admin.describeGroups(['g'])).get('g'));
  assert.deepEqual([group.type, group.assignor], ['consumer', 'uniform']);
  assert.deepEqual([group.members[0]?.memberId, group.members[0]?.isClassic], ['m1', false]);
  assert.deepEqual(group.members[0]?.subscribedTopics, ['a']);
  assert.deepEqual([...(await admin.removeMembers('g', 'all'))], [['m1', undefined]]);
  assert.equal(valueOf((await admin.describeGroups(['g'])).get('g')).state, 'Empty');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAssignment, writeAssignment } from '../../../src/coordinator/group/embedded-protocol.ts';
import { E } from '../../../src/protocol/errors.ts';
import { ConsumerClient, describe, settle } from './consumer-client.ts';
import { GroupWorld, subscription, TOPICS, type Membership } from './group-world.ts';

const ORDERS = TOPICS.get('orders')!.id;

const names = {
  topicId: (name: string) => TOPICS.get(name)?.id,
  topicName: () => 'orders',
  partitionCount: () => 3,
  racks: () => [],
  names: () => [],
  revision: () => 1,
};

function assigned(...partitions: number[]): Uint8Array {
  return writeAssignment(new Map([[ORDERS, partitions]]), 0, names);
}

function held(assignment: Uint8Array): readonly number[] {
  return readAssignment(assignment, names)?.assignment.get(ORDERS) ?? [];
}

/** A classic group of one member that has all of `orders`. */
async function classicGroup(world: GroupWorld, groupInstanceId: string | null = null): Promise<Membership> {
  const joined = await world.enter('g', { groupInstanceId });
  const member = world.member('g', joined, { groupInstanceId });
  const bytes = Buffer.from(assigned(0, 1, 2)).toString('latin1');
  await syncWith(world, member, { [member.memberId]: bytes });
  return member;
}

async function syncWith(world: GroupWorld, member: Membership, assignments: Record<string, string> = {}) {
  return world.coordinator.syncGroup(
    {
      groupId: 'g',
      generationId: member.generationId,
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId ?? null,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: Buffer.from(text, 'latin1'),
      })),
    },
    { apiVersion: 5, clientId: 'client', clientHost: '/127.0.0.1', connectionId: 1 },
  );
}

async function rejoin(world: GroupWorld, member: Membership): Promise<Membership> {
  const joined = await world.join('g', { memberId: member.memberId, groupInstanceId: member.groupInstanceId ?? null });
  assert.equal(joined.errorCode, 0);
  return world.member('g', joined, { groupInstanceId: member.groupInstanceId ?? null });
}

test('a group of both protocols shares its partitions, and is classic again when only classic members stay', async () => {
  const world = new GroupWorld();
  let classic = await classicGroup(world);
  const newer = new ConsumerClient(world, 'g', 'newer');
  await newer.join();
  assert.equal(await world.heartbeat(classic), E.REBALANCE_IN_PROGRESS.code);
  classic = await rejoin(world, classic);
  const kept = held((await syncWith(world, classic)).assignment);
  assert.equal(kept.length, 2);
  assert.equal(await world.heartbeat(classic), 0, 'a member that says nothing has given back what it had');
  await settle(newer);
  assert.equal(newer.count, 1);
  world.restart();
  assert.equal(await world.heartbeat(classic), 0);
  await newer.leave();
  assert.deepEqual(await world.listed(), ['g consumer PreparingRebalance']);
  assert.equal((await describe(world, 'g')).errorCode, E.GROUP_ID_NOT_FOUND.code);
});

for (const policy of ['DISABLED', 'DOWNGRADE'] as const) {
  test(`with the policy ${policy} a classic group stays one`, async () => {
    const world = new GroupWorld({ consumerGroupMigrationPolicy: policy });
    const classic = await classicGroup(world);
    assert.equal((await new ConsumerClient(world, 'g', 'a').join()).error, E.GROUP_ID_NOT_FOUND.code);
    assert.equal(await world.heartbeat(classic), 0);
  });
}

test('with the policy UPGRADE the group stays a consumer group when only classic members are left', async () => {
  const world = new GroupWorld({ consumerGroupMigrationPolicy: 'UPGRADE' });
  const classic = await classicGroup(world);
  const newer = new ConsumerClient(world, 'g', 'newer');
  await newer.join();
  await newer.leave();
  const { members } = await describe(world, 'g');
  assert.deepEqual(
    members.map(({ memberId, memberType }) => [memberId, memberType]),
    [[classic.memberId, 0]],
  );
});

test('with the policy DISABLED no classic member gets into a consumer group', async () => {
  const world = new GroupWorld({ consumerGroupMigrationPolicy: 'DISABLED' });
  await new ConsumerClient(world, 'g', 'a').join();
  assert.equal((await world.join('g')).errorCode, E.INCONSISTENT_GROUP_PROTOCOL.code);
});

test('whoever waits in a rebalance is told to join the consumer group', async () => {
  const world = new GroupWorld();
  const classic = await classicGroup(world);
  const { memberId } = await world.join('g');
  const joins = world.join('g', { memberId });
  assert.equal(await world.settled(joins), false);
  await new ConsumerClient(world, 'g', 'newer').join();
  assert.equal((await joins).errorCode, E.REBALANCE_IN_PROGRESS.code);
  assert.equal(await world.heartbeat(classic), E.REBALANCE_IN_PROGRESS.code);
});

test('a classic member that does not join when told to is removed after its rebalance timeout', async () => {
  const world = new GroupWorld();
  const classic = await classicGroup(world);
  const newer = new ConsumerClient(world, 'g', 'newer');
  await newer.join();
  for (let passedMs = 0; passedMs <= 60_000; passedMs += 5_000) {
    await world.heartbeat(classic);
    await newer.confirm();
    await world.time.run(5_000);
  }
  assert.equal(await world.heartbeat(classic), E.UNKNOWN_MEMBER_ID.code);
  await settle(newer);
  assert.deepEqual(newer.holds(), ['orders: 0 1 2']);
});

test('a classic member that joins and does not sync is removed after its rebalance timeout', async () => {
  const world = new GroupWorld();
  const newer = new ConsumerClient(world, 'g', 'newer');
  await newer.join();
  const joined = await world.enter('g', { rebalanceTimeoutMs: 8_000 });
  assert.equal(joined.errorCode, 0);
  const classic = world.member('g', joined);
  for (let passedMs = 0; passedMs < 10_000; passedMs += 2_000) {
    await world.heartbeat(classic);
    await newer.beat();
    await world.time.run(2_000);
  }
  assert.equal(await world.heartbeat(classic), E.UNKNOWN_MEMBER_ID.code);
});

test('a classic member brings its own session timeout', async () => {
  const world = new GroupWorld();
  await new ConsumerClient(world, 'g', 'newer').join();
  const joined = await world.enter('g', { sessionTimeoutMs: 7_000 });
  await world.time.run(7_001);
  assert.equal(await world.heartbeat(world.member('g', joined)), E.UNKNOWN_MEMBER_ID.code);
});

test('a static member changes its protocol without a rebalance, and the group with it', async () => {
  const world = new GroupWorld();
  const classic = await classicGroup(world, 'one');
  const newer = new ConsumerClient(world, 'g', 'newer', { instanceId: 'one' });
  assert.deepEqual((await newer.join()).assigned, ['orders: 0 1 2']);
  assert.equal(await world.heartbeat(classic), E.FENCED_INSTANCE_ID.code);
  const joined = await world.join('g', { groupInstanceId: 'one' });
  const back = world.member('g', joined, { groupInstanceId: 'one' });
  assert.equal(await world.stateOf('g'), 'Stable');
  world.restart();
  assert.deepEqual(held((await world.describe('g')).members[0]!.memberAssignment), [0, 1, 2]);
  assert.equal(await world.heartbeat({ ...back, generationId: 2 }), E.ILLEGAL_GENERATION.code);
});

test('an empty group is of the protocol that the next member speaks, and keeps its offsets', async () => {
  const world = new GroupWorld();
  const classic = await classicGroup(world);
  await world.commit('g', 7, { member: classic });
  await world.leave('g', classic.memberId);
  const newer = new ConsumerClient(world, 'g', 'newer');
  assert.deepEqual((await newer.join()).assigned, ['orders: 0 1 2']);
  assert.deepEqual(await world.listed([], ['consumer']), ['g consumer Stable']);
  await newer.leave();
  assert.equal(await world.committed('g'), 7);
  const again = await world.lone('g');
  assert.equal(await world.committed('g'), 7);
  assert.deepEqual(await world.listed([], ['classic']), ['g consumer Stable']);
  assert.equal(again.generationId, 1);
});

test('offsets of an empty consumer group that a classic member began to take stay in reach after a restart', async () => {
  const world = new GroupWorld();
  const newer = new ConsumerClient(world, 'g', 'newer');
  await newer.join();
  await world.commit('g', 7, { member: { groupId: 'g', memberId: 'newer', generationId: newer.epoch } });
  await newer.leave();
  await world.join('g');
  world.restart();
  assert.equal(await world.committed('g'), 7);
  assert.equal((await world.listed()).length, 1);
  const { results } = await world.coordinator.deleteGroups({ groupsNames: ['g'] });
  assert.equal(results[0]!.errorCode, 0);
});

test('a classic member of another kind, or with other protocols, does not get in', async () => {
  const world = new GroupWorld();
  await new ConsumerClient(world, 'g', 'a').join();
  await world.enter('g');
  const other = { protocols: [{ name: 'other', metadata: subscription('orders') }] };
  for (const wish of [{ protocolType: 'connect' }, { protocols: [] }, other]) {
    assert.equal((await world.join('g', wish)).errorCode, E.INCONSISTENT_GROUP_PROTOCOL.code);
  }
});

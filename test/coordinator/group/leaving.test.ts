import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { context, GroupWorld } from './group-world.ts';

test('the last member that leaves leaves an Empty group behind, one generation on', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  assert.deepEqual(await world.leave('g', alice.memberId), [0]);
  assert.equal(await world.stateOf('g'), 'Empty');
  assert.equal((await world.enter('g')).generationId, 3);
});

test('those who stay rebalance', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const bobJoins = world.enter('g');
  await world.settled(bobJoins);
  await world.join('g', { memberId: alice.memberId });
  const bob = world.member('g', await bobJoins);
  await world.sync({ ...alice, generationId: 2 });
  await world.leave('g', alice.memberId);
  assert.equal(await world.heartbeat(bob), E.REBALANCE_IN_PROGRESS.code);
  const rejoined = await world.join('g', { memberId: bob.memberId });
  assert.equal(rejoined.leader, bob.memberId);
  assert.equal(rejoined.generationId, 3);
});

test('a member that leaves while it is parked is answered', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const bobJoins = world.enter('g');
  await world.settled(bobJoins);
  await world.join('g', { memberId: alice.memberId });
  const bob = world.member('g', await bobJoins);
  const parked = world.sync(bob);
  await world.settled(parked);
  await world.leave('g', bob.memberId);
  assert.equal((await parked).errorCode, E.UNKNOWN_MEMBER_ID.code);
});

test('several leave at once, each with its own answer', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const pending = await world.join('g');
  const { unknown, none } = { unknown: E.UNKNOWN_MEMBER_ID.code, none: 0 };
  assert.deepEqual(await world.leave('g', 'ghost', alice.memberId, pending.memberId, alice.memberId, ''), [
    unknown,
    none,
    none,
    unknown,
    unknown,
  ]);
  assert.deepEqual(await world.leave('nowhere', 'ghost'), [unknown]);
  assert.deepEqual(await world.leave('g'), []);
});

test('before version 3 the error of the one member is that of the response', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const leave = (memberId: string) => world.coordinator.leaveGroup({ groupId: 'g', memberId, members: [] }, context(2));
  assert.deepEqual(await leave(alice.memberId), { errorCode: 0, members: [] });
  assert.deepEqual(await leave(alice.memberId), { errorCode: E.UNKNOWN_MEMBER_ID.code, members: [] });
});

test('a leave without a group is refused as a whole', async () => {
  const world = new GroupWorld();
  const response = await world.coordinator.leaveGroup({ groupId: '', memberId: '', members: [] }, context(5));
  assert.equal(response.errorCode, E.INVALID_GROUP_ID.code);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { context, GroupWorld, SESSION_MS, subscription, type Membership } from './group-world.ts';

const one = { groupInstanceId: 'one' };

const identity = (groupInstanceId: string) => ({ memberId: '', groupInstanceId, reason: null });

test('a static member needs no id beforehand and is named after its instance', async () => {
  const world = new GroupWorld();
  const joined = await world.join('g', one);
  assert.equal(joined.errorCode, 0);
  assert.match(joined.memberId, /^one-/);
  assert.equal(joined.members[0]!.groupInstanceId, 'one');
});

test('a new process takes over place and assignment without a rebalance; the old one is fenced', async () => {
  const world = new GroupWorld();
  const old = await world.lone('g', one, 'mine');
  const next = await world.join('g', one);
  assert.equal(next.errorCode, 0);
  assert.equal(next.generationId, 1);
  assert.notEqual(next.memberId, old.memberId);
  assert.equal(await world.stateOf('g'), 'Stable');

  const fenced = E.FENCED_INSTANCE_ID.code;
  assert.equal(await world.heartbeat(old), fenced);
  assert.equal((await world.sync(old)).errorCode, fenced);
  assert.equal((await world.join('g', { ...one, memberId: old.memberId })).errorCode, fenced);
  assert.equal(await world.commit('g', 1, { member: old }), fenced);
  assert.equal(await world.heartbeat({ ...old, groupInstanceId: null }), E.UNKNOWN_MEMBER_ID.code);

  const synced = await world.sync(world.member('g', next, one));
  assert.equal(Buffer.from(synced.assignment).toString(), 'mine');
});

test('a leader that comes back is told to keep the assignment, or before version 9 that another one leads', async () => {
  const world = new GroupWorld();
  const old = await world.lone('g', one);
  const next = await world.join('g', one);
  assert.equal(next.skipAssignment, true);
  assert.equal(next.leader, next.memberId);
  assert.equal(next.members.length, 1);

  const after = await world.join('g', { ...one, apiVersion: 8 });
  assert.equal(after.skipAssignment ?? false, false);
  assert.equal(after.leader, next.memberId);
  assert.notEqual(after.memberId, next.memberId);
  assert.deepEqual(after.members, []);
  assert.notEqual(old.memberId, after.leader);
});

test('the new id is recorded', async () => {
  const world = new GroupWorld();
  await world.lone('g', one, 'mine');
  const next = await world.join('g', one);
  world.restart();
  const member = world.member('g', next, one);
  assert.equal(await world.heartbeat(member), 0);
  assert.equal(Buffer.from((await world.sync(member)).assignment).toString(), 'mine');
});

test('a take-over that changes the protocol of the group rebalances', async () => {
  const world = new GroupWorld();
  await world.lone('g', one);
  const next = await world.join('g', { ...one, protocols: [{ name: 'sticky', metadata: subscription('orders') }] });
  assert.equal(next.errorCode, E.INCONSISTENT_GROUP_PROTOCOL.code, 'one that the group does not know');

  const both = [
    { name: 'sticky', metadata: subscription('orders') },
    { name: 'range', metadata: subscription('orders') },
  ];
  const changed = await world.join('g', { ...one, protocols: both });
  assert.deepEqual(
    { generation: changed.generationId, protocol: changed.protocolName },
    { generation: 2, protocol: 'sticky' },
  );
});

test('a take-over while the leader assigns rebalances, for the leader knows the old id', async () => {
  const world = new GroupWorld();
  await world.join('g', one);
  const next = await world.join('g', one);
  assert.equal(next.generationId, 2);
});

test('a take-over answers what the old process waits for', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const oldJoin = world.join('g', one);
  await world.settled(oldJoin);
  const newJoin = world.join('g', one);
  assert.equal((await oldJoin).errorCode, E.FENCED_INSTANCE_ID.code);
  const rejoined = await world.join('g', { memberId: alice.memberId });
  assert.equal(rejoined.members.length, 2);
  assert.equal((await newJoin).errorCode, 0);
});

test('a static member that does not rejoin keeps its place until its session ends', async () => {
  const world = new GroupWorld();
  const kept = await world.lone('g', { ...one, sessionTimeoutMs: SESSION_MS * 30, rebalanceTimeoutMs: 5_000 });
  const bobJoins = world.enter('g', { rebalanceTimeoutMs: 5_000 });
  await world.time.run(5_000);
  const bob = await bobJoins;
  assert.equal(bob.leader, bob.memberId, 'it is not there to lead');
  assert.equal(bob.members.length, 2);
  assert.equal((await world.join('g', { ...one, memberId: kept.memberId })).errorCode, 0);
});

test('a rebalance that nobody but absent static members could join waits on', async () => {
  const world = new GroupWorld();
  const kept = await world.lone('g', { ...one, sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 5_000 });
  const pending = await world.enterAndForget('g');
  await world.leave('g', pending);
  await world.time.run(50_000);
  assert.equal(await world.stateOf('g'), 'PreparingRebalance');
  assert.equal((await world.join('g', { ...one, memberId: kept.memberId })).errorCode, 0);
});

test('an administrator removes static members by instance id', async () => {
  const world = new GroupWorld();
  await world.lone('g', one);
  const response = await world.coordinator.leaveGroup(
    { groupId: 'g', memberId: '', members: [identity('one'), identity('two')] },
    context(5),
  );
  assert.deepEqual(
    response.members.map(({ groupInstanceId, errorCode }) => [groupInstanceId, errorCode]),
    [
      ['one', 0],
      ['two', E.UNKNOWN_MEMBER_ID.code],
    ],
  );
  assert.equal(await world.stateOf('g'), 'Empty');
});

test('a static member is bound to its instance id in all requests', async () => {
  const world = new GroupWorld();
  const member: Membership = await world.lone('g', one);
  assert.equal(await world.heartbeat({ ...member, groupInstanceId: 'two' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(
    (await world.join('g', { groupInstanceId: 'two', memberId: member.memberId })).errorCode,
    E.UNKNOWN_MEMBER_ID.code,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { GroupWorld } from './group-world.ts';

const GRACE_MS = 200;

test('a dynamic member whose connection closed is dropped after the grace', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
  const alice = await world.lone('g', { connectionId: 7 });
  world.coordinator.connectionClosed(7);
  await world.time.run(GRACE_MS - 1);
  assert.equal(await world.stateOf('g'), 'Stable');
  await world.time.run(1);
  assert.equal(await world.stateOf('g'), 'Empty');
  assert.equal(await world.heartbeat(alice), E.UNKNOWN_MEMBER_ID.code);
});

test('any request of the member over another connection keeps it', async () => {
  const ways = {
    heartbeat: (world: GroupWorld, member: Awaited<ReturnType<GroupWorld['lone']>>) => world.heartbeat(member),
    sync: (world: GroupWorld, member: Awaited<ReturnType<GroupWorld['lone']>>) => world.sync(member),
    commit: (world: GroupWorld, member: Awaited<ReturnType<GroupWorld['lone']>>) => world.commit('g', 1, { member }),
    join: (world: GroupWorld, member: Awaited<ReturnType<GroupWorld['lone']>>) =>
      world.join('g', { memberId: member.memberId, connectionId: 8 }),
  };
  for (const [name, speak] of Object.entries(ways)) {
    const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
    const alice = await world.lone('g', { connectionId: 7 });
    world.coordinator.connectionClosed(7);
    await world.time.run(GRACE_MS - 1);
    await speak(world, { ...alice, connectionId: 8 });
    await world.time.run(GRACE_MS * 2);
    assert.equal((await world.describe('g')).members.length, 1, name);
  }
});

test('a connection that the member no longer speaks over does not count', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
  const alice = await world.lone('g', { connectionId: 7 });
  await world.heartbeat({ ...alice, connectionId: 8 });
  world.coordinator.connectionClosed(7);
  await world.time.run(GRACE_MS * 2);
  assert.equal(await world.stateOf('g'), 'Stable');
});

test('static members stay', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
  await world.lone('g', { connectionId: 7, groupInstanceId: 'one' });
  world.coordinator.connectionClosed(7);
  await world.time.run(GRACE_MS * 2);
  assert.equal(await world.stateOf('g'), 'Stable');
});

test('switched off, only the session counts, as in Kafka', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: -1 });
  await world.lone('g', { connectionId: 7 });
  world.coordinator.connectionClosed(7);
  await world.time.run(GRACE_MS * 2);
  assert.equal(await world.stateOf('g'), 'Stable');
});

test('the others take over at once: nobody waits for a member that is gone', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
  await world.lone('g', { connectionId: 7 });
  const bobJoins = world.enter('g', { connectionId: 8 });
  await world.settled(bobJoins);
  world.coordinator.connectionClosed(7);
  await world.time.run(GRACE_MS);
  assert.equal((await bobJoins).members.length, 1);
});

test('a member that is gone while it waits in a join is not waited for', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
  const alice = await world.lone('g', { connectionId: 7 });
  await world.enterAndForget('g', { connectionId: 8 });
  world.coordinator.connectionClosed(8);
  await world.time.run(GRACE_MS);
  assert.equal((await world.join('g', { memberId: alice.memberId, connectionId: 7 })).members.length, 1);
});

test('an id that was handed out over the connection goes too', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: GRACE_MS });
  const { memberId } = await world.join('g', { connectionId: 7 });
  world.coordinator.connectionClosed(7);
  await world.time.run(GRACE_MS);
  assert.equal((await world.join('g', { memberId })).errorCode, E.UNKNOWN_MEMBER_ID.code);
});

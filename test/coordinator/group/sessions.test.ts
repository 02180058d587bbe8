import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { GroupWorld, SESSION_MS } from './group-world.ts';

test('a member that is silent for its session is out', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  await world.time.run(SESSION_MS - 1);
  assert.equal(await world.heartbeat(alice), 0);
  await world.time.run(SESSION_MS - 1);
  assert.equal(await world.heartbeat(alice), 0);
  await world.time.run(SESSION_MS);
  assert.equal(await world.heartbeat(alice), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await world.stateOf('g'), 'Empty');
});

test('commits and syncs keep a session alive as heartbeats do', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  for (let round = 0; round < 3; round++) {
    await world.time.run(SESSION_MS - 1);
    assert.equal(await world.commit('g', round, { member: alice }), 0);
    await world.time.run(SESSION_MS - 1);
    assert.equal((await world.sync(alice)).errorCode, 0);
  }
});

test('a heartbeat names what is wrong with its sender', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  assert.equal(await world.heartbeat({ ...alice, groupId: '' }), E.INVALID_GROUP_ID.code);
  assert.equal(await world.heartbeat({ ...alice, groupId: 'other' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await world.heartbeat({ ...alice, memberId: 'other' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await world.heartbeat({ ...alice, generationId: 0 }), E.ILLEGAL_GENERATION.code);
  assert.equal(await world.heartbeat({ ...alice, generationId: 2 }), E.ILLEGAL_GENERATION.code);
});

test('a heartbeat between join and assignment is good', async () => {
  const world = new GroupWorld();
  const alice = world.member('g', await world.enter('g'));
  assert.equal(await world.heartbeat(alice), 0);
});

test('a member parked in a join or sync is not missed', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g', { sessionTimeoutMs: 50_000 });
  const bob = world.member('g', await enterSecond(world, alice.memberId));
  const parked = world.sync(bob);
  await world.time.run(SESSION_MS * 2);
  assert.equal(await world.settled(parked), false);
  const answered = await world.sync({ ...alice, generationId: 2 }, { [bob.memberId]: 'b' });
  assert.equal(answered.errorCode, 0);
  assert.equal((await parked).errorCode, 0);
});

test('the last member that is lost leaves an Empty group behind, which is recorded', async () => {
  const world = new GroupWorld();
  await world.lone('g');
  await world.time.run(SESSION_MS);
  world.restart();
  assert.deepEqual(await world.listed(), ['g consumer Empty']);
  assert.equal((await world.enter('g')).generationId, 3);
});

test('sessions go on after the coordinator has moved', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  world.restart();
  await world.time.run(SESSION_MS - 1);
  assert.equal(await world.heartbeat(alice), 0);
  await world.time.run(SESSION_MS);
  assert.equal(await world.heartbeat(alice), E.UNKNOWN_MEMBER_ID.code);
});

async function enterSecond(world: GroupWorld, leaderId: string) {
  const joins = world.enter('g');
  await world.settled(joins);
  await world.join('g', { memberId: leaderId, sessionTimeoutMs: 50_000 });
  return joins;
}

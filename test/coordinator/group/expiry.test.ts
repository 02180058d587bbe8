import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupWorld, SESSION_MS, type Membership } from './group-world.ts';

const DAY_MS = 24 * 3_600_000;

/** A world whose offsets last a day and are looked at every hour. */
function worldOfOneDay(): GroupWorld {
  return new GroupWorld({ offsetsRetentionMs: DAY_MS, offsetsRetentionCheckIntervalMs: 3_600_000 });
}

/** Lets `ms` pass while the member keeps its session. */
async function live(world: GroupWorld, member: Membership, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += SESSION_MS / 2) {
    world.time.advance(SESSION_MS / 2);
    assert.equal(await world.heartbeat(member), 0);
  }
}

test('without members ever, an offset lasts from its commit', async () => {
  const world = worldOfOneDay();
  await world.commit('g', 1);
  await world.time.run(DAY_MS / 2);
  await world.commit('g', 2, { partition: 1 });
  await world.time.run(DAY_MS / 2);
  assert.equal(await world.committed('g'), -1);
  assert.equal(await world.committed('g', 'orders', 1), 2);
  await world.time.run(DAY_MS / 2);
  assert.deepEqual(await world.listed(), [], 'and with the last offset the group goes');
  world.restart();
  assert.deepEqual(await world.listed(), []);
});

test('after members, all offsets last from when the group became Empty', async () => {
  const world = worldOfOneDay();
  const alice = await world.lone('g', { sessionTimeoutMs: SESSION_MS });
  await world.commit('g', 1, { member: alice });
  await live(world, alice, DAY_MS / 4);
  await world.leave('g', alice.memberId);
  await world.time.run(DAY_MS - 3_600_001);
  assert.equal(await world.committed('g'), 1);
  world.restart();
  await world.time.run(2 * 3_600_000);
  assert.deepEqual(await world.listed(), []);
});

test('while consumers read a topic its offsets stay; those of topics no longer read go', async () => {
  const world = new GroupWorld({ offsetsRetentionMs: 600_000, offsetsRetentionCheckIntervalMs: 60_000 });
  const alice = await world.lone('g');
  await world.commit('g', 1, { member: alice });
  await world.commit('g', 2, { member: alice, topic: 'shipping' });
  await live(world, alice, 700_000);
  assert.equal(await world.committed('g'), 1);
  assert.equal(await world.committed('g', 'shipping'), -1);
});

test('members whose metadata the broker cannot read keep all offsets', async () => {
  for (const wish of [
    { protocolType: 'connect' },
    { protocols: [{ name: 'range', metadata: Buffer.from('unreadable') }] },
  ]) {
    const world = new GroupWorld({ offsetsRetentionMs: 600_000, offsetsRetentionCheckIntervalMs: 60_000 });
    const alice = await world.lone('g', wish);
    await world.commit('g', 1, { member: alice });
    await live(world, alice, 700_000);
    assert.equal(await world.committed('g'), 1);
  }
});

test('an offset with a retention of its own goes by that', async () => {
  const world = worldOfOneDay();
  await world.commit('g', 1, { apiVersion: 4, retentionTimeMs: 3 * DAY_MS });
  await world.commit('g', 2, { apiVersion: 4, partition: 1 });
  await world.time.run(2 * DAY_MS);
  assert.equal(await world.committed('g'), 1);
  assert.equal(await world.committed('g', 'orders', 1), -1);
  world.restart();
  await world.time.run(DAY_MS + 3_600_000);
  assert.equal(await world.committed('g'), -1);
});

test('a group with neither members nor offsets goes; one that somebody is about to join stays', async () => {
  const world = new GroupWorld({ offsetsRetentionCheckIntervalMs: 60_000 });
  await world.join('waiting', { sessionTimeoutMs: 300_000 });
  const alice = await world.lone('left');
  await world.leave('left', alice.memberId);
  await world.time.run(60_000);
  assert.deepEqual(await world.listed(), ['waiting  Empty']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { ConsumerClient, describe, settle } from './consumer-client.ts';
import { GroupWorld } from './group-world.ts';

const MEMBERS = 100;

function clients(world: GroupWorld, count: number): ConsumerClient[] {
  return Array.from({ length: count }, (_, index) => new ConsumerClient(world, 'g', `member-${index}`));
}

function worldOf(partitions: number): GroupWorld {
  const world = new GroupWorld();
  world.topics.set('orders', { ...world.topics.get('orders')!, partitions });
  return world;
}

test('members that join at once are all in the first assignment, and have their part with the first answer', async () => {
  const world = worldOf(MEMBERS);
  const members = clients(world, MEMBERS);
  await Promise.all(members.map((member) => member.join()));
  assert.deepEqual(
    members.map(({ count }) => count),
    members.map(() => 1),
  );
  const { groupEpoch, assignmentEpoch, groupState } = await describe(world, 'g');
  assert.deepEqual({ assignmentEpoch, groupState }, { assignmentEpoch: groupEpoch, groupState: 'Stable' });
});

test('members that join a settled group at once wait for nothing but what is given back', async () => {
  const world = worldOf(4);
  const [first, ...others] = clients(world, 4) as [ConsumerClient, ...ConsumerClient[]];
  await first.join();
  await Promise.all(others.map((member) => member.join()));
  assert.equal((await first.confirm()).assigned?.length, 1);
  await settle(first, ...others);
  assert.deepEqual(
    [first, ...others].map(({ count }) => count),
    [1, 1, 1, 1],
  );
});

test('a member that goes while its heartbeat waits for the others is told that it is none', async () => {
  const world = worldOf(4);
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  const [news] = await Promise.all([
    member.beat({ subscribedTopicNames: ['orders', 'shipping'] }),
    member.beat({ memberEpoch: -1 }),
  ]);
  assert.equal(news.error, E.UNKNOWN_MEMBER_ID.code);
});

test('two heartbeats of one member that come at once do not both move it', async () => {
  const world = worldOf(2);
  const [first, second] = clients(world, 2) as [ConsumerClient, ConsumerClient];
  await first.join();
  const nothing = { topicPartitions: [] };
  const [, moved, late] = await Promise.all([second.join(), first.beat(nothing), first.beat({})]);
  assert.deepEqual([moved.error, moved.epoch], [0, 3]);
  assert.equal(late.error, E.FENCED_MEMBER_EPOCH.code);
});

test('a member that waits for partitions is told to ask again soon, the others are not', async () => {
  const world = worldOf(2);
  world.settings.changingHeartbeatIntervalMs = 200;
  const [first, second] = clients(world, 2) as [ConsumerClient, ConsumerClient];
  assert.equal((await first.join()).nextMs, 5_000);
  assert.equal((await second.join()).nextMs, 200);
  assert.equal((await first.beat()).nextMs, 5_000);
  assert.equal((await first.confirm()).nextMs, 5_000);
  assert.equal((await second.beat()).nextMs, 5_000);
  assert.equal(second.count, 1);
});

test('the longer a member waits, the less often it asks', async () => {
  const world = worldOf(2);
  world.settings.changingHeartbeatIntervalMs = 200;
  const [first, second] = clients(world, 2) as [ConsumerClient, ConsumerClient];
  await first.join();
  let { nextMs } = await second.join();
  const asked: number[] = [];
  for (let waitedMs = 0; waitedMs < 44_000; waitedMs += nextMs) {
    asked.push(nextMs);
    await world.time.run(nextMs);
    await first.beat();
    ({ nextMs } = await second.beat());
  }
  assert.ok(asked.length < 40, `${asked.length} heartbeats`);
  assert.ok(asked.at(-1)! > 4_000);
});

test('until a target assignment may be made, a member is told to come when it is due', async () => {
  const world = worldOf(2);
  world.settings.changingHeartbeatIntervalMs = 200;
  world.settings.consumerAssignmentIntervalMs = () => 1_000;
  const [first, second] = clients(world, 2) as [ConsumerClient, ConsumerClient];
  await first.join();
  await world.time.run(300);
  assert.equal((await second.join()).nextMs, 700);
  await world.time.run(600);
  assert.equal((await second.beat()).nextMs, 200);
});

test('large groups are told to ask less often', async () => {
  const world = worldOf(1_000);
  world.settings.changingHeartbeatIntervalMs = 200;
  const [first, ...others] = clients(world, 1_000) as [ConsumerClient, ...ConsumerClient[]];
  await first.join();
  const heard = await Promise.all(others.map((member) => member.join()));
  assert.ok(heard.every(({ nextMs }) => nextMs === 1_000));
});

test('with 0 every member is told the interval of the group, as in Kafka', async () => {
  const world = worldOf(2);
  const [first, second] = clients(world, 2) as [ConsumerClient, ConsumerClient];
  await first.join();
  assert.equal((await second.join()).nextMs, 5_000);
});

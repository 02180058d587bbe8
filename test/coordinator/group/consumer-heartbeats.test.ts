import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { ConsumerClient, describe, settle } from './consumer-client.ts';
import { context, GroupWorld } from './group-world.ts';

test('the first member gets everything with its first heartbeat', async () => {
  const member = new ConsumerClient(new GroupWorld(), 'g', 'a');
  assert.deepEqual(await member.join(), {
    error: 0,
    message: null,
    epoch: 2,
    assigned: ['orders: 0 1 2'],
    nextMs: 5_000,
  });
  assert.equal((await member.beat()).assigned, undefined, 'nothing new is not told');
});

test('what is moved is given back before it is given on', async () => {
  const world = new GroupWorld();
  const [first, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await first.join();
  assert.deepEqual((await second.join()).assigned, [], 'the first one has it still');
  const told = await first.beat();
  assert.equal(told.epoch, 2);
  assert.equal(first.count, 2);
  assert.equal((await second.beat()).assigned, undefined);
  assert.equal((await first.confirm()).epoch, 3);
  assert.equal((await second.beat()).assigned?.length, 1);
  assert.equal((await describe(world, 'g')).groupState, 'Stable');
});

test('a member id is made for one that has none, before version 1', async () => {
  const member = new ConsumerClient(new GroupWorld(), 'g', '');
  assert.equal((await member.join(['orders'], { apiVersion: 1 })).error, E.INVALID_REQUEST.code);
  await member.join(['orders'], { apiVersion: 0 });
  assert.match(member.memberId, /^[A-Za-z0-9_-]{22}$/);
});

test('group.consumer.max.size refuses one more, but not those who are in', async () => {
  const world = new GroupWorld({ consumerGroupMaxSize: 1 });
  const first = new ConsumerClient(world, 'g', 'a');
  await first.join();
  const second = await new ConsumerClient(world, 'g', 'b').join();
  assert.equal(second.error, E.GROUP_MAX_SIZE_REACHED.code);
  assert.equal((await first.beat()).error, 0);
});

test('nothing of a refused heartbeat is recorded', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  const end = world.log.endOffset(0);
  assert.equal((await member.join(null, { subscribedTopicRegex: '(' })).error, E.INVALID_REGULAR_EXPRESSION.code);
  assert.equal((await member.beat({ memberEpoch: 9 })).error, E.FENCED_MEMBER_EPOCH.code);
  assert.equal((await new ConsumerClient(world, 'new', 'b').join(null, { subscribedTopicRegex: '(' })).error, 128);
  assert.equal(world.log.endOffset(0), end);
  assert.deepEqual(await world.listed(), ['g consumer Stable']);
});

test('a heartbeat that says nothing new writes nothing', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  const end = world.log.endOffset(0);
  for (let beat = 0; beat < 3; beat++) await member.confirm();
  assert.equal(world.log.endOffset(0), end);
});

test('a silent member is removed after its session, and the others get what it had', async () => {
  const world = new GroupWorld({ consumerSessionTimeoutMs: () => 45_000 });
  const [first, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await first.join();
  await second.join();
  await settle(first, second);
  for (let passedMs = 0; passedMs < 50_000; passedMs += 5_000) {
    await world.time.run(5_000);
    await first.confirm();
  }
  assert.equal((await second.beat()).error, E.UNKNOWN_MEMBER_ID.code);
  await settle(first);
  assert.deepEqual(first.holds(), ['orders: 0 1 2']);
});

test('one that does not give back in its rebalance timeout is removed though it sends heartbeats', async () => {
  const world = new GroupWorld();
  const [slow, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await slow.join(['orders'], { rebalanceTimeoutMs: 20_000 });
  await second.join();
  const all = [...slow.held].map(([topicId, partitions]) => ({ topicId, partitions }));
  let error = 0;
  for (let passedMs = 0; passedMs < 30_000 && error === 0; passedMs += 1_000) {
    ({ error } = await slow.beat({ topicPartitions: all }));
    await second.beat();
    await world.time.run(1_000);
  }
  assert.equal(error, E.UNKNOWN_MEMBER_ID.code);
  await settle(second);
  assert.deepEqual(second.holds(), ['orders: 0 1 2']);
});

test('giving back ends the deadline for it', async () => {
  const world = new GroupWorld();
  const [first, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await first.join(['orders'], { rebalanceTimeoutMs: 20_000 });
  await second.join();
  await settle(first, second);
  for (let passedMs = 0; passedMs < 60_000; passedMs += 5_000) {
    await world.time.run(5_000);
    assert.equal((await first.confirm()).error, 0);
    assert.equal((await second.confirm()).error, 0);
  }
});

test('a static member that is away for a while finds its partitions again, under another id', async () => {
  const world = new GroupWorld();
  const first = new ConsumerClient(world, 'g', 'a', { instanceId: 'one' });
  await first.join();
  const other = new ConsumerClient(world, 'g', 'b');
  await other.join();
  await settle(first, other);
  const held = first.holds();
  await first.leave(-2);
  await other.confirm();
  const next = new ConsumerClient(world, 'g', 'c', { instanceId: 'one' });
  assert.deepEqual((await next.join()).assigned, held);
  assert.equal((await first.beat({ memberEpoch: 3 })).error, E.FENCED_INSTANCE_ID.code);
  world.restart();
  assert.equal((await next.confirm()).error, 0);
});

test('a static member that stays away is removed when its session ends', async () => {
  const world = new GroupWorld();
  const away = new ConsumerClient(world, 'g', 'a', { instanceId: 'one' });
  await away.join();
  await away.leave(-2);
  await world.time.run(45_001);
  assert.equal((await describe(world, 'g')).groupState, 'Empty');
});

test('the development profile drops a dynamic member whose connection closed, and no static one', async () => {
  const world = new GroupWorld({ memberDisconnectGraceMs: 200 });
  const dynamic = new ConsumerClient(world, 'g', 'a', { connectionId: 7 });
  const fixed = new ConsumerClient(world, 'g', 'b', { connectionId: 7, instanceId: 'one' });
  const back = new ConsumerClient(world, 'g', 'c', { connectionId: 7 });
  for (const member of [dynamic, fixed, back]) await member.join();
  await settle(dynamic, fixed, back);
  world.coordinator.connectionClosed(7);
  Object.assign(back, { connectionId: 8 });
  await back.confirm();
  await world.time.run(201);
  const { members } = await describe(world, 'g');
  assert.deepEqual(members.map(({ memberId }) => memberId).toSorted(), ['b', 'c']);
});

test('between two assignments lies consumer.assignment.interval.ms', async () => {
  const world = new GroupWorld({ consumerAssignmentIntervalMs: () => 1_000 });
  const [first, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await first.join();
  await second.join();
  assert.equal((await describe(world, 'g')).groupState, 'Assigning');
  assert.equal((await first.beat()).assigned, undefined);
  await world.time.run(1_000);
  await first.beat();
  assert.equal(first.count, 2);
});

test('settings of a group count from the next heartbeat on', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  world.settings.consumerSessionTimeoutMs = () => 60_000;
  await member.beat();
  await world.time.run(59_000);
  assert.equal((await member.beat()).error, 0);
  world.settings.consumerHeartbeatIntervalMs = (groupId) => (groupId === 'g' ? 9_000 : 5_000);
  const request = { memberId: 'a', memberEpoch: 2, groupId: 'g', rebalanceTimeoutMs: -1 };
  const nothing = { instanceId: null, rackId: null, subscribedTopicNames: null, subscribedTopicRegex: null };
  const answer = await world.coordinator.consumerGroupHeartbeat(
    { ...request, ...nothing, serverAssignor: null, topicPartitions: null },
    context(1),
  );
  assert.equal(answer.heartbeatIntervalMs, 9_000);
});

test('an assignor that most members want is used', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join(['orders'], { serverAssignor: 'range' });
  assert.equal((await describe(world, 'g')).assignorName, 'range');
  assert.equal((await member.beat({ serverAssignor: 'nonsense' })).error, E.UNSUPPORTED_ASSIGNOR.code);
});

test('a restart changes nothing for members', async () => {
  const world = new GroupWorld();
  const [first, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await first.join(['orders', 'shipping']);
  await second.join();
  await first.beat();
  const before = await describe(world, 'g');
  world.restart();
  assert.deepEqual(await describe(world, 'g'), before);
  assert.equal((await first.confirm()).epoch, 3);
  await settle(first, second);
  assert.equal(first.count + second.count, 6);
});

test('after a restart sessions and deadlines run again', async () => {
  const world = new GroupWorld();
  const [slow, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await slow.join(['orders'], { rebalanceTimeoutMs: 20_000 });
  await second.join();
  await slow.beat();
  world.restart();
  await world.time.run(20_001);
  assert.equal((await slow.beat()).error, E.UNKNOWN_MEMBER_ID.code, 'it had to give back');
  await world.time.run(45_000);
  assert.equal((await describe(world, 'g')).groupState, 'Empty');
});

test('a failed append leaves the group as it was', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  world.log.nextAppendError = E.NOT_ENOUGH_REPLICAS;
  assert.equal((await new ConsumerClient(world, 'g', 'b').join()).error, E.COORDINATOR_NOT_AVAILABLE.code);
  await world.time.settle();
  assert.equal((await member.beat()).assigned, undefined);
  assert.deepEqual(member.holds(), ['orders: 0 1 2']);
});

test('a group ends with tombstones for all that it wrote', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  await member.leave();
  assert.deepEqual((await world.coordinator.deleteGroups({ groupsNames: ['g'] })).results, [
    { groupId: 'g', errorCode: 0 },
  ]);
  assert.equal((await describe(world, 'g')).errorCode, E.GROUP_ID_NOT_FOUND.code);
  world.restart();
  assert.deepEqual(await world.listed(), []);
});

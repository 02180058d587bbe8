import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { ConsumerClient, describe, settle } from './consumer-client.ts';
import { GroupWorld, NO_CHANGES, subscription, TOPICS } from './group-world.ts';

test('partitions that are added are assigned', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  world.topics.set('orders', { ...TOPICS.get('orders')!, partitions: 5 });
  assert.equal((await member.beat()).assigned, undefined, 'nobody has told of it');
  world.coordinator.topicsChanged({ ...NO_CHANGES, changed: ['orders'] });
  assert.deepEqual((await member.beat()).assigned, ['orders: 0 1 2 3 4']);
});

test('a topic that is created after members subscribed to it is assigned', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  assert.deepEqual((await member.join(['later'])).assigned, []);
  world.topics.set('later', { id: 'AAAAAAAAAAAAAAAAAAAAAw', partitions: 2 });
  world.coordinator.topicsChanged({ ...NO_CHANGES, created: ['later'] });
  assert.deepEqual((await member.beat()).assigned, ['later: 0 1']);
});

test('a deleted topic is taken away', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join(['orders', 'shipping']);
  const { id } = TOPICS.get('orders')!;
  world.topics.delete('orders');
  world.coordinator.topicsChanged({ ...NO_CHANGES, deleted: [{ name: 'orders', id }] });
  await member.beat();
  await settle(member);
  assert.deepEqual(member.holds(), ['shipping: 0 1 2']);
  assert.equal((await describe(world, 'g')).groupState, 'Stable');
});

test('a change of a topic that nobody reads, or of none that counts, begins no epoch', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join();
  world.topics.set('shipping', { ...TOPICS.get('shipping')!, partitions: 9 });
  world.coordinator.topicsChanged({ ...NO_CHANGES, changed: ['shipping', 'orders'] });
  await member.beat();
  assert.equal((await describe(world, 'g')).groupEpoch, 2);
});

test('a pattern gets the topics that it matches a moment later', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  assert.deepEqual((await member.join(null, { subscribedTopicRegex: 'ord.*' })).assigned, []);
  await world.time.run(1);
  assert.deepEqual((await member.beat()).assigned, ['orders: 0 1 2']);
});

test('new topics are matched with the next heartbeat, at most every ten seconds', async () => {
  const world = new GroupWorld();
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join(null, { subscribedTopicRegex: 'ord.*' });
  await world.time.run(1);
  await member.beat();
  world.topics.set('orders-2', { id: 'AAAAAAAAAAAAAAAAAAAAAw', partitions: 1 });
  world.revision++;
  world.coordinator.topicsChanged({ ...NO_CHANGES, created: ['orders-2'] });
  await member.beat();
  await world.time.run(1);
  assert.equal((await member.beat()).assigned, undefined, 'they were matched a moment ago');
  await world.time.run(10_000);
  await member.beat();
  await world.time.run(1);
  assert.deepEqual((await member.beat()).assigned, ['orders-2: 0', 'orders: 0 1 2']);
});

test('a pattern that is not changed is matched again after its refresh interval', async () => {
  const world = new GroupWorld({ consumerSessionTimeoutMs: () => 900_000 });
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join(null, { subscribedTopicRegex: '.*' });
  await world.time.run(1);
  await member.beat();
  world.topics.delete('shipping');
  await world.time.run(600_001);
  await member.beat();
  await world.time.run(1);
  await member.confirm();
  await settle(member);
  assert.deepEqual(member.holds(), ['orders: 0 1 2']);
});

test('many topics are matched piece by piece, and a restart remembers the outcome', async () => {
  const world = new GroupWorld();
  for (let index = 0; index < 4_500; index++) {
    world.topics.set(`many-${index}`, { id: `many${index}`.padEnd(22, 'A'), partitions: 1 });
  }
  const member = new ConsumerClient(world, 'g', 'a');
  await member.join(null, { subscribedTopicRegex: 'many-(7|8|4499)' });
  await world.time.run(5);
  await member.beat();
  assert.equal(member.count, 3);
  world.restart();
  await settle(member);
  assert.equal(member.count, 3);
});

test('a pattern that nobody has any more is forgotten', async () => {
  const world = new GroupWorld();
  const [first, second] = [new ConsumerClient(world, 'g', 'a'), new ConsumerClient(world, 'g', 'b')];
  await first.join(null, { subscribedTopicRegex: 'ship.*' });
  await second.join();
  await world.time.run(1);
  await settle(first, second);
  assert.deepEqual([first.holds(), second.holds()], [['shipping: 0 1 2'], ['orders: 0 1 2']]);
  await first.leave();
  world.restart();
  await settle(second);
  const { topics } = await world.coordinator.offsetDelete(
    { groupId: 'g', topics: [{ name: 'shipping', partitions: [{ partitionIndex: 0 }] }] },
    { apiVersion: 0, clientId: '', clientHost: '', connectionId: 1 },
  );
  assert.equal(topics[0]!.partitions[0]!.errorCode, 0, 'nobody reads it');
});

test('what is too large for a record of the log is refused, and a pattern that matches so much stays as it was', async () => {
  const world = new GroupWorld();
  world.log.bytesMax = 2_000;
  const member = new ConsumerClient(world, 'g', 'a');
  const names = Array.from({ length: 200 }, (_, index) => `topic-${index}`);
  assert.equal((await member.join(names)).error, E.UNKNOWN_SERVER_ERROR.code);
  assert.deepEqual(await world.listed(), []);
  for (const name of names) world.topics.set(name, { id: name.padEnd(22, 'A'), partitions: 1 });
  await member.join(null, { subscribedTopicRegex: 'topic-.*' });
  await world.time.run(1);
  assert.equal((await member.beat()).error, 0);
  assert.equal(member.count, 0);
  assert.equal(world.log.failedAppends, 0);
  const classic = { name: 'range', metadata: Buffer.concat([subscription('orders'), Buffer.alloc(3_000)]) };
  assert.equal((await world.enter('g', { protocols: [classic] })).errorCode, E.UNKNOWN_SERVER_ERROR.code);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeAssignor } from '../../../../src/coordinator/group/assignor/range-assignor.ts';
import { AssignorWorld } from './assignor-world.ts';

test('members take runs of each topic, the first members the longer ones', () => {
  const world = new AssignorWorld(rangeAssignor, { orders: 5 }).put('a').put('b').put('c');
  world.assign();
  assert.deepEqual(world.partitionsOf('a'), ['orders-0', 'orders-1']);
  assert.deepEqual(world.partitionsOf('b'), ['orders-2', 'orders-3']);
  assert.deepEqual(world.partitionsOf('c'), ['orders-4']);
});

test('topics with equally many partitions are divided alike', () => {
  const world = new AssignorWorld(rangeAssignor, { orders: 5, shipping: 5 }).put('a').put('b').put('c');
  world.assign();
  for (const { assignment } of world.members) assert.deepEqual(assignment.get('orders'), assignment.get('shipping'));
});

test('only those who read a topic have a part of it', () => {
  const world = new AssignorWorld(rangeAssignor, { orders: 4, shipping: 2 })
    .put('a', { topicIds: ['orders'] })
    .put('b');
  world.assign();
  assert.deepEqual(world.partitionsOf('a'), ['orders-0', 'orders-1']);
  assert.deepEqual(world.partitionsOf('b'), ['orders-2', 'orders-3', 'shipping-0', 'shipping-1']);
});

test('static members come first and keep their runs under a new member id', () => {
  const world = new AssignorWorld(rangeAssignor, { orders: 4 })
    .put('a')
    .put('y', { instanceId: 'second' })
    .put('z', { instanceId: 'first' });
  world.assign();
  assert.deepEqual(world.partitionsOf('z'), ['orders-0', 'orders-1']);
  assert.deepEqual(world.partitionsOf('y'), ['orders-2']);
  assert.deepEqual(world.partitionsOf('a'), ['orders-3']);
  world.remove('z').put('b', { instanceId: 'first' }).assign();
  assert.deepEqual(world.partitionsOf('b'), ['orders-0', 'orders-1']);
});

test('with more members than partitions the last go without', () => {
  const world = new AssignorWorld(rangeAssignor, { orders: 2 }).put('a').put('b').put('c');
  world.assign();
  assert.deepEqual(world.counts, [1, 1, 0]);
});

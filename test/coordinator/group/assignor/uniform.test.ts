import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { uniformAssignor } from '../../../../src/coordinator/group/assignor/uniform-assignor.ts';
import { AssignorWorld } from './assignor-world.ts';

const nearby = (_: string, partition: number): Set<string> => new Set([partition % 2 === 0 ? 'east' : 'west']);

test('one member that joins 99 others takes its part of 1,000 partitions and nothing else moves', () => {
  const world = crowd(99, 1_000);
  assert.equal(world.put('newcomer').assign(), 10);
  assert.equal(world.partitionsOf('newcomer').length, 10);
  assert.ok(world.counts.every((count) => count === 10));
});

test('when one of 100 members leaves, its partitions move and no others', () => {
  const world = crowd(100, 1_000);
  const orphans = world.partitionsOf('member-050').length;
  assert.equal(world.remove('member-050').assign(), orphans);
  assert.ok(Math.max(...world.counts) - Math.min(...world.counts) <= 1);
});

test('no fewer partitions could move for the same balance', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 8 }), fc.nat({ max: 3 }), (leaving, coming) => {
      const world = crowd(9, 50);
      for (const member of leaving) world.remove(`member-00${member}`);
      for (let index = 0; index < coming; index++) world.put(`newcomer-${index}`);
      if (world.members.length === 0) return;
      const share = Math.floor(50 / world.members.length);
      let larger = 50 - share * world.members.length;
      let kept = 0;
      for (const count of world.counts) {
        const isLarger = count > share && larger-- > 0;
        kept += Math.min(count, isLarger ? share + 1 : share);
      }
      assert.equal(world.assign(), 50 - kept);
    }),
  );
});

test('with different subscriptions no partition could move to a member that has two fewer', () => {
  const topics = { orders: 6, shipping: 9, audit: 2, payments: 5 };
  const subscription = fc.subarray(Object.keys(topics));
  fc.assert(
    fc.property(
      fc.array(subscription, { minLength: 2, maxLength: 9 }),
      fc.nat({ max: 8 }),
      (subscriptions, leaving) => {
        const world = new AssignorWorld(uniformAssignor, topics);
        for (const [index, topicIds] of subscriptions.entries()) world.put(`member-${index}`, { topicIds });
        world.assign();
        expectNoBetterMove(world);
        world.remove(`member-${leaving}`).put('newcomer').assign();
        expectNoBetterMove(world);
      },
    ),
  );
});

test('a topic that a member no longer reads goes to those who do', () => {
  const world = new AssignorWorld(uniformAssignor, { orders: 4, shipping: 4 }).put('a').put('b');
  world.assign();
  world.put('b', { topicIds: ['orders'] }).assign();
  assert.deepEqual(world.counts, [4, 4]);
  assert.ok(world.partitionsOf('b').every((partition) => partition.startsWith('orders')));
});

test('a member without any topic gets nothing and disturbs nobody', () => {
  const world = new AssignorWorld(uniformAssignor, { orders: 3 }).put('a').put('idle', { topicIds: [] });
  world.assign();
  assert.deepEqual(world.counts, [3, 0]);
});

test('what is given out anyway goes to members in the rack of a replica', () => {
  const world = new AssignorWorld(uniformAssignor, { orders: 8 }, nearby)
    .put('a', { rackId: 'west' })
    .put('b', { rackId: 'east' });
  world.assign();
  assert.deepEqual(world.partitionsOf('a'), ['orders-1', 'orders-3', 'orders-5', 'orders-7']);
  assert.deepEqual(world.partitionsOf('b'), ['orders-0', 'orders-2', 'orders-4', 'orders-6']);
});

test('neither balance nor what members have is given up for a rack', () => {
  const world = new AssignorWorld(uniformAssignor, { orders: 8 }, nearby).put('a').put('b');
  world.assign();
  world.put('a', { rackId: 'west' }).put('b', { rackId: 'west' });
  assert.equal(world.assign(), 0);
  world.put('c', { rackId: 'south' }).assign();
  assert.deepEqual(world.counts, [3, 3, 2]);
});

for (const isEqual of [true, false]) {
  test(`2,000 members and 10,000 partitions take no noticeable time, ${isEqual ? 'equal' : 'different'} subscriptions`, () => {
    const topics = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`topic-${index}`, 100]));
    const world = new AssignorWorld(uniformAssignor, topics);
    const names = Object.keys(topics);
    for (let index = 0; index < 2_000; index++) {
      world.put(`member-${index}`, { topicIds: isEqual ? names : names.filter((_, at) => (at + index) % 3 !== 0) });
    }
    world.assign();
    world.remove('member-7').put('newcomer');
    const { members, topics: described } = world;
    const startedAt = process.cpuUsage();
    uniformAssignor.assign(members, described);
    const { user, system } = process.cpuUsage(startedAt);
    assert.ok((user + system) / 1000 < 1_000, `${(user + system) / 1000} ms of processor time`);
  });
}

/** Members that have divided one topic. */
function crowd(members: number, partitions: number): AssignorWorld {
  const world = new AssignorWorld(uniformAssignor, { orders: partitions });
  for (let index = 0; index < members; index++) world.put(`member-${String(index).padStart(3, '0')}`);
  world.assign();
  return world;
}

function expectNoBetterMove({ members, counts }: AssignorWorld): void {
  for (const [giver, { assignment }] of members.entries()) {
    for (const [receiver, { topicIds }] of members.entries()) {
      const couldMove = [...assignment.keys()].some((topicId) => topicIds.has(topicId));
      assert.ok(!couldMove || counts[giver]! - counts[receiver]! <= 1);
    }
  }
}

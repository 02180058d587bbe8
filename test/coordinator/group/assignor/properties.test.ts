import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { AssignedMember } from '../../../../src/coordinator/group/assignor/partition-assignor.ts';
import { rangeAssignor } from '../../../../src/coordinator/group/assignor/range-assignor.ts';
import { uniformAssignor } from '../../../../src/coordinator/group/assignor/uniform-assignor.ts';
import { AssignorWorld, flat } from './assignor-world.ts';

const TOPICS = { orders: 7, shipping: 7, audit: 3, single: 1, gone: 0 };
const ids = Object.keys(TOPICS);

/** A member joins, changes its subscription or rack, or leaves. */
const change = fc.record({
  member: fc.nat({ max: 7 }),
  leaves: fc.boolean(),
  topicIds: fc.oneof({ weight: 2, arbitrary: fc.constant(ids) }, { weight: 1, arbitrary: fc.subarray(ids) }),
  rackId: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
  instanceId: fc.option(fc.constantFrom('i', 'j', 'k'), { nil: undefined }),
});

for (const assignor of [rangeAssignor, uniformAssignor]) {
  test(`${assignor.name}: each partition has one owner, who subscribes to it, whatever changes`, () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const world = new AssignorWorld(assignor, TOPICS, (_, partition) => new Set([partition % 2 === 0 ? 'a' : 'b']));
        for (const { member, leaves, topicIds, rackId, instanceId } of changes) {
          const memberId = `member-${member}`;
          if (leaves) world.remove(memberId);
          else world.put(memberId, { topicIds, ...(rackId && { rackId }), ...(instanceId && { instanceId }) });
          world.assign();
          expectEachOnce(world);
          const again = assignor.assign(world.members, world.topics);
          for (const { memberId: id, assignment } of world.members) {
            assert.deepEqual(flat(again.get(id)!), flat(assignment), 'nothing changed, so nothing moves');
          }
        }
      }),
    );
  });

  test(`${assignor.name}: equal subscribers of one topic differ by one partition at most`, () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 15 }), (partitions, members) => {
        const world = new AssignorWorld(assignor, { orders: partitions });
        for (let index = 0; index < members; index++) world.put(`member-${index}`);
        world.assign();
        assert.ok(Math.max(...world.counts) - Math.min(...world.counts) <= 1);
      }),
    );
  });

  test(`${assignor.name}: the order in which subscriptions and old assignments list topics does not count`, () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ids, { minLength: ids.length }), (order) => {
        const world = new AssignorWorld(assignor, TOPICS)
          .put('a')
          .put('b')
          .put('c', { topicIds: ['orders'] });
        world.assign();
        const shuffled = world.members.map((member): AssignedMember => {
          const topicIds = new Set(order.filter((id) => member.topicIds.has(id)));
          const assignment = new Map(
            order.flatMap((id) => (member.assignment.has(id) ? [[id, member.assignment.get(id)!]] : [])),
          );
          return { ...member, topicIds, assignment };
        });
        assert.deepEqual(assignor.assign(shuffled, world.topics), assignor.assign(world.members, world.topics));
      }),
    );
  });
}

function expectEachOnce(world: AssignorWorld): void {
  const owned = world.members.flatMap(({ assignment }) => flat(assignment));
  const expected = Object.entries(TOPICS)
    .filter(([topicId]) => world.members.some(({ topicIds }) => topicIds.has(topicId)))
    .flatMap(([topicId, count]) => Array.from({ length: count }, (_, partition) => `${topicId}-${partition}`));
  assert.deepEqual(owned.toSorted(), expected.toSorted());
  for (const { topicIds, assignment } of world.members) {
    for (const [topicId, partitions] of assignment) {
      assert.ok(topicIds.has(topicId));
      assert.deepEqual(
        partitions,
        partitions.toSorted((a, b) => a - b),
      );
    }
  }
}

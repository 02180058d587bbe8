import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsumerClient, settle } from './consumer-client.ts';
import { GroupWorld } from './group-world.ts';

test('groups are counted by type and state, and so are their rebalances', async () => {
  const world = new GroupWorld();
  const [first, second] = [new ConsumerClient(world, 'a', 'one'), new ConsumerClient(world, 'a', 'two')];
  await first.join();
  await second.join();
  await world.lone('classic');
  await world.commit('simple', 1);
  assert.deepEqual(world.coordinator.groupCounts(), [
    { type: 'consumer', state: 'Reconciling', count: 1 },
    { type: 'classic', state: 'Stable', count: 1 },
    { type: 'classic', state: 'Empty', count: 1 },
  ]);
  await settle(first, second);
  assert.deepEqual(world.coordinator.groupCounts()[0], { type: 'consumer', state: 'Stable', count: 1 });
  const { classicRebalances, consumerRebalances } = world.coordinator.counters;
  assert.deepEqual([classicRebalances, consumerRebalances], [1, 2]);
});

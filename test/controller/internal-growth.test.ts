import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LEASE_TTL_MS } from '../../src/controller/broker-registration.ts';
import { GROWING_MAX } from '../../src/controller/internal-growth.ts';
import { internalTopic, type InternalTopic } from '../../src/controller/internal-topics.ts';
import { isReassigning } from '../../src/metadata/partition-transition.ts';
import { createTopic } from './cluster-fixture.ts';
import { Members } from './members-fixture.ts';

const PARTITIONS = 24;
const SETTINGS = {
  'offsets.topic.num.partitions': String(PARTITIONS),
  'transaction.state.log.num.partitions': '3',
};

async function create(cluster: Members, name: InternalTopic): Promise<void> {
  const { controller } = cluster.active;
  const wish = internalTopic({ image: cluster.image, config: cluster.config }, name);
  const created = await cluster.done(createTopic(controller, wish));
  assert.equal(created.error.name, 'NONE', String(created.message));
}

/** Lets followers catch up until nothing grows any more; returns how many partitions grew at a time, at most. */
async function catchUp(cluster: Members, topic: string): Promise<number> {
  let most = 0;
  for (;;) {
    await cluster.time.settle();
    const { partitions } = cluster.image.topics.get(topic)!;
    const growing = [...partitions.keys()].filter((index) => isReassigning(partitions[index]!));
    if (growing.length === 0) return most;
    most = Math.max(most, growing.length);
    for (const index of growing) await cluster.setInSync(partitions[index]!.replicas, { topic, index });
  }
}

function shape(cluster: Members, topic: string): { factors: Set<number>; firsts: number[] } {
  const lists = cluster.image.topics.get(topic)!.partitions.map(({ replicas }) => replicas);
  return {
    factors: new Set(lists.map(({ length }) => length)),
    firsts: [1, 2, 3].map((id) => lists.filter(([first]) => first === id).length),
  };
}

suite('internal topics that were made while few brokers ran', () => {
  test('get their replicas as brokers come, some partitions at a time, and spread over all of them', async () => {
    const cluster = await Members.start([1], SETTINGS);
    await create(cluster, '__consumer_offsets');
    assert.deepEqual(shape(cluster, '__consumer_offsets'), { factors: new Set([1]), firsts: [PARTITIONS, 0, 0] });
    await cluster.add(2, { rack: 'a' });
    assert.equal(await catchUp(cluster, '__consumer_offsets'), GROWING_MAX);
    assert.deepEqual(shape(cluster, '__consumer_offsets'), { factors: new Set([2]), firsts: [12, 12, 0] });
    await cluster.add(3, { rack: 'b' });
    assert.equal(await catchUp(cluster, '__consumer_offsets'), GROWING_MAX);
    assert.deepEqual(shape(cluster, '__consumer_offsets'), { factors: new Set([3]), firsts: [8, 8, 8] });
    await cluster.add(4);
    await cluster.run(10_000);
    assert.equal(cluster.image.brokers.size, 4);
    assert.equal(shape(cluster, '__consumer_offsets').factors.has(4), false, 'three is what the settings ask for');
    await cluster.close();
  });

  test('want as many in sync as the settings ask for once all have them, and not before', async () => {
    const cluster = await Members.start([1], SETTINGS);
    await create(cluster, '__transaction_state');
    const minIsr = (): string | undefined =>
      cluster.image.config({ type: 'topic', name: '__transaction_state' }).get('min.insync.replicas');
    assert.equal(minIsr(), '1');
    await cluster.add(2);
    await catchUp(cluster, '__transaction_state');
    assert.equal(minIsr(), '1', 'a third replica is still to come');
    await cluster.add(3);
    await cluster.time.settle();
    assert.equal(minIsr(), '1');
    await catchUp(cluster, '__transaction_state');
    assert.equal(minIsr(), '2');
    await cluster.close();
  });

  test('the next controller goes on where the former one was killed', async () => {
    const cluster = await Members.start([1], SETTINGS);
    await create(cluster, '__consumer_offsets');
    await cluster.add(2);
    await cluster.add(3);
    for (let index = 0; index < 5; index++) {
      const { replicas } = cluster.partition('__consumer_offsets', index);
      await cluster.setInSync(replicas, { topic: '__consumer_offsets', index });
    }
    // Broker 1 has all that there is: it comes back, from an orderly end, when another one is the controller.
    const { registration } = cluster.kill(1);
    await cluster.run(LEASE_TTL_MS + 100);
    assert.notEqual(cluster.active.id, 1);
    await cluster.add(1, { cleanEpoch: registration.brokerEpoch });
    await catchUp(cluster, '__consumer_offsets');
    assert.deepEqual(shape(cluster, '__consumer_offsets').factors, new Set([3]));
    await cluster.close();
  });
});

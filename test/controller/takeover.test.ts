import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LEASE_TTL_MS, SHUTDOWN_MS } from '../../src/controller/broker-registration.ts';
import { GRACE_MS } from '../../src/controller/controller-duties.ts';
import { ElectionType } from '../../src/controller/elections.ts';
import { storeKeys } from '../../src/metadata/store-keys.ts';
import { createTopic, topic as aTopic } from './cluster-fixture.ts';
import { Members } from './members-fixture.ts';

const THREE = [1, 2, 3];

/** Everything that the store holds, but for who is the controller and what revisions say. */
async function stored(cluster: Members): Promise<Record<string, unknown>> {
  const { entries } = await cluster.done(cluster.store.range('p/'));
  return Object.fromEntries(entries.map(({ key, value }) => [key.slice(-2), JSON.parse(value) as unknown]));
}

suite('a controller that is killed', () => {
  test('between any two of its transactions: the next one finishes what it began', async () => {
    let steps = 0;
    for (let txns = 0; txns < 12; txns++) {
      const cluster = await Members.start([1, 2, 3, 4]);
      const assignments = Array.from({ length: 150 }, (_, index) => [2 + (index % 3), 2 + ((index + 1) % 3)]);
      await cluster.create('t', assignments, 1);
      assert.equal(cluster.active.id, 1);
      const controller = cluster.members.get(1)!;
      // Broker 3 dies and is back from a crash, while 2 is told to stop, and a topic is created.
      cluster.kill(3);
      controller.connection.txnsLeft = txns;
      const returning = cluster.begin(3);
      returning.catch(() => {});
      const leaving = cluster.members.get(2)!.registration.beginShutdown();
      const creating = controller.controller.createTopics({
        topics: [{ name: 'n', numPartitions: 300, replicationFactor: 1, assignments: [], configs: [] }],
        validateOnly: false,
      });
      creating.catch(() => {});
      await cluster.run(2 * LEASE_TTL_MS + GRACE_MS);
      await leaving;
      const isKilled = controller.connection.isDead;
      if (isKilled) steps++;
      assert.deepEqual(cluster.live, isKilled ? [2, 3, 4] : [1, 2, 3, 4]);
      const topic = cluster.image.topics.get('t')!;
      for (const { leader, isr, elr, replicas } of topic.partitions) {
        const able = replicas.filter((id) => isr.includes(id));
        assert.ok(able.includes(leader), `leader ${leader} of ${isr.join()}`);
        if (able.some((id) => id === 4)) assert.notEqual(leader, 2);
        assert.deepEqual(elr, []);
      }
      const known = [topic.id, cluster.image.topics.get('n')?.id];
      const { entries } = await cluster.done(cluster.store.range('p/'));
      for (const { key } of entries) assert.ok(known.includes(key.split('/')[1]), `${key} is left behind`);
      await cluster.close();
    }
    assert.ok(steps > 3, `killed at ${steps} steps`);
  });

  test('one that is deposed and does not know it changes nothing more', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('t', [[1, 2, 3]]);
    const zombie = cluster.active;
    // Somebody else takes the office; the zombie's image is frozen.
    zombie.view.close();
    const office = storeKeys.controller;
    await cluster.done(
      cluster.store.txn({
        compares: [],
        onSuccess: [{ type: 'delete', key: office }],
      }),
    );
    await cluster.time.settle();
    assert.equal(zombie.controller.isActive, true, 'as far as it knows');
    const before = await stored(cluster);
    const refused = await cluster.done(
      zombie.controller.alterPartitionReassignments([{ topic: 't', partition: 0, replicas: [3, 2, 1] }]),
    );
    assert.equal(refused[0]!.error.name, 'NOT_CONTROLLER');
    const created = await cluster.done(createTopic(zombie.controller, aTopic('z')));
    assert.equal(created.error.name, 'NOT_CONTROLLER');
    assert.deepEqual(await stored(cluster), before);
  });
});

suite('a broker that stops in order', () => {
  test('is relieved of its leaderships, and leaves the set in sync where it can be spared', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('spared', [[2, 1, 3]], 2);
    await cluster.create('needed', [[2, 1]], 2);
    await cluster.create('alone', [[2]], 1);
    const { registration } = cluster.members.get(2)!;
    await cluster.done(registration.beginShutdown());
    assert.deepEqual([cluster.partition('spared').leader, cluster.partition('spared').isr], [1, [1, 3]]);
    assert.deepEqual([cluster.partition('needed').leader, cluster.partition('needed').isr], [1, [2, 1]]);
    assert.deepEqual([cluster.partition('alone').leader, cluster.partition('alone').isr], [2, [2]]);
    const epoch = registration.brokerEpoch;
    await cluster.done(registration.close());
    assert.deepEqual(cluster.live, [1, 3]);
    assert.deepEqual([cluster.partition('needed').isr, cluster.partition('needed').elr], [[1], [2]]);
    cluster.kill(2);
    await cluster.add(2, { cleanEpoch: epoch });
    assert.deepEqual(cluster.live, THREE);
    assert.equal(cluster.partition('alone').leader, 2);
    assert.deepEqual(cluster.partition('needed').elr, [2], 'it has everything, and may say so');
  });

  test('each in turn, controller included, time and again: every partition is led by somebody in sync', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('t', [
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ]);
    for (let round = 0; round < 2; round++) {
      for (const id of THREE) {
        const member = cluster.members.get(id)!;
        await cluster.done(member.registration.beginShutdown());
        for (const index of [0, 1, 2]) assert.notEqual(cluster.partition('t', index).leader, id);
        await cluster.done(member.registration.close());
        cluster.kill(id);
        await cluster.add(id, { cleanEpoch: member.registration.brokerEpoch });
        assert.deepEqual(cluster.live, THREE);
        for (const index of [0, 1, 2]) await cluster.setInSync(cluster.partition('t', index).replicas, { index });
      }
    }
  });

  test('alone it does not wait, and writes nothing; without a controller it waits only so long', async () => {
    const cluster = await Members.start([1]);
    const { revision } = cluster.store;
    await cluster.done(cluster.members.get(1)!.registration.beginShutdown());
    assert.equal(cluster.store.revision, revision);
    await cluster.add(2);
    await cluster.create('t', [[1, 2]]);
    // The controller is there and does nothing.
    cluster.active.duties.close();
    let isOver = false;
    const waiting = cluster.active.registration.beginShutdown().then(() => (isOver = true));
    await cluster.run(SHUTDOWN_MS - 1);
    assert.equal(isOver, false);
    await cluster.run(1);
    await waiting;
  });
});

suite('reassignments', () => {
  test('grow, are completed by the controller when the new replicas are in sync, and survive it', async () => {
    const cluster = await Members.start([1, 2, 3, 4]);
    await cluster.create('t', [[2, 3]], 2);
    const move = cluster.active.controller.alterPartitionReassignments([
      { topic: 't', partition: 0, replicas: [4, 3] },
    ]);
    assert.equal((await cluster.done(move))[0]!.error.name, 'NONE');
    assert.deepEqual(cluster.partition().replicas, [4, 3, 2]);
    cluster.kill(cluster.active.id);
    await cluster.run(LEASE_TTL_MS + 100);
    await cluster.setInSync([2, 3, 4], { minIsr: 2 });
    const { replicas, isr, adding, removing, leader } = cluster.partition();
    assert.deepEqual([replicas, isr, adding, removing, leader], [[4, 3], [3, 4], [], [], 4]);
  });
});

suite('leaderships', () => {
  test('go back to the first replica once in a while, unless that is turned off', async () => {
    for (const isOn of [true, false]) {
      const cluster = await Members.start(THREE, { 'auto.leader.rebalance.enable': String(isOn) });
      await cluster.create('t', [[2, 1, 3]]);
      cluster.kill(2);
      await cluster.run(LEASE_TTL_MS + 100);
      await cluster.add(2);
      await cluster.setInSync([1, 2, 3]);
      assert.equal(cluster.partition().leader, 1);
      await cluster.run(301_000);
      assert.equal(cluster.partition().leader, isOn ? 2 : 1);
    }
  });

  test('are given by request to the preferred replica, in spite of what leaders write meanwhile', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('t', [[2, 1, 3]]);
    await cluster.done(cluster.members.get(2)!.registration.beginShutdown());
    await cluster.done(cluster.members.get(2)!.registration.close());
    cluster.kill(2);
    await cluster.add(2);
    await cluster.setInSync([1, 2, 3]);
    const electing = cluster.active.controller.electLeaders(ElectionType.preferred, [{ topic: 't', partitions: [0] }]);
    const shrinking = cluster.setInSync([1, 2]);
    const [elected] = await cluster.done(electing);
    await shrinking;
    assert.equal(elected!.error.name, 'NONE');
    const { leader, isr } = cluster.partition();
    assert.deepEqual([leader, isr], [2, [1, 2]]);
  });
});

suite('a deleted topic', () => {
  test('is remembered until the last broker has deleted its files, one that is down included', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('t', [[1, 2, 3]]);
    const { id } = cluster.image.topics.get('t')!;
    cluster.kill(3);
    await cluster.run(LEASE_TTL_MS + 100);
    const { controller } = cluster.active;
    await cluster.done(controller.deleteTopics([{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }]));
    for (const member of cluster.members.values()) await cluster.done(member.controller.forgetTopic(id));
    assert.deepEqual(cluster.image.deletedTopics.get(id)?.brokers, [3]);
    const back = await cluster.add(3);
    await cluster.done(back.controller.tidyUp());
    assert.equal(cluster.image.deletedTopics.size, 0);
    assert.equal((await cluster.done(cluster.store.range('p/'))).entries.length, 0);
  });

  test('waits for nobody who was unregistered', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('t', [[1, 3]]);
    const { id } = cluster.image.topics.get('t')!;
    cluster.kill(3);
    await cluster.run(LEASE_TTL_MS + 100);
    const { controller } = cluster.active;
    await cluster.done(controller.deleteTopics([{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }]));
    await cluster.done(cluster.members.get(1)!.controller.forgetTopic(id));
    assert.deepEqual(cluster.image.deletedTopics.get(id)?.brokers, [3]);
    await cluster.done(controller.unregisterBroker(3));
    assert.equal(cluster.image.deletedTopics.size, 0);
  });
});

suite('registrations of one id', () => {
  test('a former life on the same machine and directories is ended at once', async () => {
    const cluster = await Members.start(THREE);
    cluster.kill(2);
    const nowMs = cluster.time.monotonicMs();
    await cluster.add(2);
    assert.deepEqual([cluster.live, cluster.time.monotonicMs()], [THREE, nowMs]);
  });

  test('one that may be alive is waited for, and succeeds a dead one', async () => {
    const cluster = await Members.start(THREE);
    cluster.kill(2);
    let isIn = false;
    const moved = cluster.begin(2, { machine: 'elsewhere' }).then(() => (isIn = true));
    await cluster.run(LEASE_TTL_MS / 2);
    assert.equal(isIn, false);
    await cluster.run(LEASE_TTL_MS);
    await moved;
    assert.deepEqual(cluster.live, THREE);
  });
});

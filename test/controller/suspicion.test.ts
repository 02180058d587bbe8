import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LEASE_TTL_MS } from '../../src/controller/broker-registration.ts';
import { Members, type Member } from './members-fixture.ts';

const THREE = [1, 2, 3];

function suspect(by: Member, target: number): void {
  by.watch.suspect(target, by.view.image.brokers.get(target)!.epoch);
}

suite('a broker whose process is gone', () => {
  for (const id of THREE) {
    test(`broker ${id} is expelled as soon as one other finds its connections refused`, async () => {
      const cluster = await Members.start(THREE);
      await cluster.create('t', [
        [1, 2, 3],
        [2, 3, 1],
        [3, 1, 2],
      ]);
      const nowMs = cluster.time.monotonicMs();
      cluster.kill(id);
      const [witness] = cluster.members.values();
      suspect(witness!, id);
      await cluster.time.settle();
      assert.equal(cluster.time.monotonicMs(), nowMs);
      const rest = THREE.filter((each) => each !== id);
      assert.deepEqual(cluster.live, rest);
      for (const index of [0, 1, 2]) assert.ok(rest.includes(cluster.partition('t', index).leader));
      assert.ok(rest.includes(cluster.active.id));
      await cluster.run(LEASE_TTL_MS);
      assert.equal((await cluster.done(cluster.store.range('sus/'))).entries.length, 0, 'reports are taken back');
    });
  }

  test('of two brokers the other one is enough', async () => {
    const cluster = await Members.start([1, 2]);
    cluster.kill(1);
    suspect(cluster.members.get(2)!, 1);
    await cluster.time.settle();
    assert.deepEqual(cluster.live, [2]);
    assert.equal(cluster.active.id, 2);
  });
});

suite('a broker that runs', () => {
  test('stays when it answers, whoever suspects it', async () => {
    const cluster = await Members.start(THREE);
    const { revision } = cluster.store;
    for (const member of cluster.members.values()) {
      for (const target of THREE) suspect(member, target);
    }
    await cluster.run(LEASE_TTL_MS);
    assert.equal(cluster.store.revision, revision);
    assert.deepEqual(cluster.live, THREE);
  });

  test('is back at once under a new epoch when it was expelled, and nothing was elected twice', async () => {
    const cluster = await Members.start(THREE);
    await cluster.create('t', [[3, 1, 2]]);
    const { epoch } = cluster.image.brokers.get(3)!;
    cluster.unreachable.add(3);
    suspect(cluster.members.get(1)!, 3);
    await cluster.time.settle();
    assert.deepEqual(cluster.live, THREE);
    assert.ok(cluster.image.brokers.get(3)!.epoch > epoch);
  });

  test('no more than a part of the brokers is expelled in the time of a lease', async () => {
    const cluster = await Members.start(THREE);
    const epochs = THREE.map((id) => cluster.image.brokers.get(id)!.epoch);
    for (const id of THREE) cluster.unreachable.add(id);
    for (let round = 0; round < 5; round++) {
      for (const member of cluster.members.values()) {
        for (const target of THREE) suspect(member, target);
      }
      await cluster.run(LEASE_TTL_MS / 10);
    }
    const expelled = THREE.filter((id, index) => cluster.image.brokers.get(id)!.epoch !== epochs[index]);
    assert.equal(expelled.length, 1);
  });

  test('a suspicion of its former life does not count', async () => {
    const cluster = await Members.start(THREE);
    const { epoch } = cluster.image.brokers.get(3)!;
    cluster.kill(3);
    await cluster.add(3);
    cluster.unreachable.add(3);
    const { revision } = cluster.store;
    cluster.members.get(1)!.watch.suspect(3, epoch);
    await cluster.time.settle();
    assert.equal(cluster.store.revision, revision);
  });
});

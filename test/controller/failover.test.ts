import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LEASE_TTL_MS } from '../../src/controller/broker-registration.ts';
import { GRACE_MS } from '../../src/controller/controller-duties.ts';
import { Members } from './members-fixture.ts';

const THREE = [1, 2, 3];

async function threeBrokers(): Promise<Members> {
  const cluster = await Members.start(THREE);
  assert.deepEqual(cluster.live, THREE);
  return cluster;
}

suite('a broker that comes', () => {
  test('is fenced until it is ready, and then let in by the controller', async () => {
    const cluster = await Members.start([1, 2]);
    const third = await cluster.add(3, { isReady: false });
    assert.deepEqual(cluster.live, [1, 2]);
    assert.equal(cluster.image.brokers.get(3)?.isPresent, true);
    await cluster.done(third.registration.announceReady([]));
    assert.deepEqual(cluster.live, THREE);
    assert.notEqual(cluster.image.brokers.get(3)?.liveRevision, 0);
    assert.equal(cluster.image.brokers.get(3)?.state?.epoch, third.registration.brokerEpoch);
    await cluster.close();
    assert.equal(cluster.time.pending, 0);
  });

  test('nothing more is written while nothing changes', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[1, 2, 3]]);
    const { revision } = cluster.store;
    await cluster.run(3_600_000);
    assert.equal(cluster.store.revision, revision);
  });
});

suite('a broker that is killed', () => {
  for (const id of THREE) {
    test(`broker ${id}: its partitions have other leaders when its lease has run out`, async () => {
      const cluster = await threeBrokers();
      await cluster.create('t', [
        [1, 2, 3],
        [2, 3, 1],
        [3, 1, 2],
      ]);
      const before = [0, 1, 2].map((index) => cluster.partition('t', index));
      cluster.kill(id);
      await cluster.run(LEASE_TTL_MS + 100);
      const rest = THREE.filter((each) => each !== id);
      assert.deepEqual(cluster.live, rest);
      for (const [index, { leader, leaderEpoch, isr, elr }] of [0, 1, 2]
        .map((each) => cluster.partition('t', each))
        .entries()) {
        assert.ok(rest.includes(leader));
        assert.deepEqual(
          isr.toSorted((left, right) => left - right),
          rest,
        );
        assert.deepEqual(elr, [], 'one in sync is enough for this topic');
        const isMoved = before[index]!.leader === id;
        assert.equal(leaderEpoch, before[index]!.leaderEpoch + (isMoved ? 1 : 0));
      }
      assert.ok(rest.includes(cluster.active.id));
    });
  }

  test('where too few stay in sync it remains eligible, unless it comes back from a crash', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[1, 2]], 2);
    cluster.kill(2);
    await cluster.run(LEASE_TTL_MS + 100);
    assert.deepEqual([cluster.partition().isr, cluster.partition().elr], [[1], [2]]);
    await cluster.add(2, { cleanEpoch: -1 });
    assert.deepEqual(cluster.live, THREE);
    assert.deepEqual([cluster.partition().isr, cluster.partition().elr], [[1], []]);
  });

  test('the last one in sync leaves the partition without a leader; back without a crash it leads again', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[2, 3]], 1);
    await cluster.setInSync([2]);
    const { registration } = cluster.kill(2);
    await cluster.run(LEASE_TTL_MS + 100);
    const gone = cluster.partition();
    assert.deepEqual([gone.leader, gone.isr, gone.elr, gone.lastKnownElr], [-1, [], [2], [2]]);
    await cluster.add(2, { cleanEpoch: registration.brokerEpoch });
    const back = cluster.partition();
    assert.deepEqual([back.leader, back.isr, back.elr, back.lastKnownElr, back.recovering], [2, [2], [], [], false]);
    assert.equal(back.leaderEpoch, gone.leaderEpoch + 1);
  });

  test('the last one in sync that comes back from a crash leads as the last known, which is told', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[2, 3]], 1);
    await cluster.setInSync([2]);
    cluster.kill(2);
    await cluster.run(LEASE_TTL_MS + 100);
    await cluster.add(2, { cleanEpoch: -1 });
    const back = cluster.partition();
    assert.deepEqual([back.leader, back.isr, back.elr, back.recovering], [2, [2], [], true]);
    assert.equal(cluster.active.duties.uncleanElections, 1);
  });

  test('without eligible replicas the last one in sync stays so, and leads when it is back, whatever became of its log', async () => {
    for (const isClean of [true, false]) {
      const cluster = await threeBrokers();
      const updates = [{ feature: 'eligible.leader.replicas.version', maxVersionLevel: 0, upgradeType: 2 }];
      await cluster.done(cluster.active.controller.updateFeatures({ updates, validateOnly: false }));
      await cluster.create('t', [[2, 3]], 2);
      await cluster.setInSync([2], { minIsr: 2, isElrEnabled: false });
      assert.deepEqual(cluster.partition().elr, []);
      const { registration } = cluster.kill(2);
      await cluster.run(LEASE_TTL_MS + 100);
      const gone = cluster.partition();
      assert.deepEqual([gone.leader, gone.isr, gone.elr], [-1, [2], []]);
      await cluster.add(2, { cleanEpoch: isClean ? registration.brokerEpoch : -1 });
      const back = cluster.partition();
      assert.deepEqual([back.leader, back.isr, back.leaderEpoch], [2, [2], gone.leaderEpoch + 1]);
      await cluster.close();
    }
  });

  test('back before its lease ran out, from a crash, it has lost its place in sync all the same', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[2, 3, 1]], 2);
    cluster.kill(2);
    await cluster.add(2, { cleanEpoch: -1 });
    assert.deepEqual(cluster.live, THREE);
    const { leader, isr, elr } = cluster.partition();
    assert.deepEqual([leader, isr, elr], [3, [3, 1], []]);
  });
});

suite('many brokers gone at once', () => {
  test('all leases revoked: everyone is back where it was, without an election', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ]);
    const before = [0, 1, 2].map((index) => cluster.partition('t', index));
    const leases = [...cluster.image.brokers.values()].map(({ lease }) => lease!);
    const revoked = Promise.all(leases.map((lease) => cluster.store.revoke(lease)));
    await cluster.done(revoked);
    assert.deepEqual(cluster.live, THREE);
    await cluster.run(60_000);
    assert.deepEqual(
      [0, 1, 2].map((index) => cluster.partition('t', index)),
      before,
    );
  });

  test('two of three killed: after the lease and a moment of grace the third goes on alone', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[1, 2, 3]], 2);
    cluster.kill(1);
    cluster.kill(2);
    await cluster.run(LEASE_TTL_MS + 100);
    assert.deepEqual(
      cluster.partition().isr,
      [2, 3],
      'one may go at any time, another right after it may be back soon',
    );
    await cluster.run(GRACE_MS);
    const { leader, isr, elr } = cluster.partition();
    assert.deepEqual([leader, isr, elr], [3, [3], [2]]);
  });

  test('all killed and started anew: led by those who have everything that was committed', async () => {
    const cluster = await threeBrokers();
    await cluster.create('t', [[1, 2, 3]], 2);
    await cluster.create('lone', [[1], [2], [3]]);
    for (const id of THREE) cluster.kill(id);
    for (const id of THREE) void cluster.begin(id).catch(() => {});
    await cluster.run(2 * LEASE_TTL_MS);
    assert.deepEqual(cluster.live, THREE);
    assert.ok(cluster.partition().leader > 0);
    for (const index of [0, 1, 2]) assert.equal(cluster.partition('lone', index).leader, index + 1);
  });
});

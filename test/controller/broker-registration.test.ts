import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { BrokerIdInUse, BrokerRegistration } from '../../src/controller/broker-registration.ts';
import { StoreUnavailable } from '../../src/metadata/metadata-store.ts';
import { silent } from '../runtime/silent-logger.ts';
import { BROKER_ID, Cluster, done, newDisk, topic } from './cluster-fixture.ts';

function register(cluster: Cluster, brokerId: number): Promise<BrokerRegistration> {
  const { store, view, time } = cluster;
  const starting = BrokerRegistration.start({
    store,
    view,
    brokerId,
    clusterId: undefined,
    endpoints: [],
    rack: 'r',
    logDirs: [],
    machine: 'm',
    cleanEpoch: -1,
    clock: time,
    timers: time,
    random: new SeededRandom(brokerId + 100),
    logger: silent,
  });
  return done(time, starting);
}

suite('broker registration', () => {
  test('the first start makes the cluster; one transaction does it all', async () => {
    const cluster = await Cluster.start();
    const { image } = cluster;
    assert.match(image.clusterId!, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    assert.equal(image.revision, 1);
    assert.deepEqual(image.controller, { brokerId: BROKER_ID, epoch: 1 });
    const broker = image.brokers.get(BROKER_ID)!;
    assert.deepEqual([broker.epoch, broker.fenced, broker.endpoints[0]?.port], [1, false, 9092]);
    assert.deepEqual(image.liveBrokers(), [broker]);
    assert.equal(cluster.controller.isActive, true);
    assert.equal(cluster.registration.brokerEpoch, 1);
  });

  test('the cluster may be given its id; later starts keep what there is', async () => {
    const cluster = await Cluster.start({ clusterId: 'given-id-of-22-chars-x' });
    assert.equal(cluster.image.clusterId, 'given-id-of-22-chars-x');
    await cluster.close();
    const again = await Cluster.start({ disk: cluster.disk, clusterId: 'another-id-of-22-chars' });
    assert.equal(again.image.clusterId, 'given-id-of-22-chars-x');
  });

  test('each start has a greater broker epoch and controller epoch, after a close or a crash', async () => {
    let disk = newDisk();
    let epochs = [0, 0];
    for (let round = 0; round < 4; round++) {
      const cluster = await Cluster.start({ disk });
      const now = [cluster.image.brokers.get(BROKER_ID)!.epoch, cluster.image.controller!.epoch];
      assert.ok(now[0]! > epochs[0]! && now[1]! > epochs[1]!, `${now.join()} after ${epochs.join()}`);
      epochs = now;
      if (round % 2 === 0) await cluster.close();
      disk = round % 2 === 0 ? cluster.disk : cluster.disk.kill();
    }
  });

  test('a running broker stays, whatever time passes', async () => {
    const cluster = await Cluster.start();
    const { revision } = cluster.image;
    await cluster.time.run(3_600_000);
    assert.equal(cluster.image.revision, revision);
    assert.equal(cluster.image.liveBrokers().length, 1);
  });

  test('closing takes the broker out of the cluster and leaves no timer', async () => {
    const cluster = await Cluster.start();
    await cluster.done(cluster.registration.close());
    const known = cluster.image.brokers.get(BROKER_ID)!;
    assert.deepEqual([known.isPresent, known.fenced, known.epoch], [false, true, 1]);
    assert.equal(cluster.image.controller, undefined);
    assert.notEqual(cluster.image.clusterId, undefined);
    assert.equal(cluster.registration.brokerEpoch, 1);
    await cluster.close();
    assert.equal(cluster.time.pending, 0);
  });

  test('two brokers of one id cannot be', async () => {
    const cluster = await Cluster.start();
    const second = register(cluster, BROKER_ID);
    second.catch(() => {});
    await cluster.time.run(10_000);
    await assert.rejects(second, BrokerIdInUse);
    assert.equal(cluster.image.liveBrokers().length, 1);
  });

  test('when the controller leaves, another broker takes over', async () => {
    const cluster = await Cluster.start();
    await register(cluster, 2);
    assert.equal(cluster.image.brokers.get(2)?.fenced, true, 'who lets it in is the controller');
    assert.equal(cluster.image.controller?.brokerId, BROKER_ID);
    await cluster.done(cluster.registration.close());
    assert.equal(cluster.image.controller?.brokerId, 2);
    assert.equal(cluster.controller.isActive, false);
  });

  test('a broker that lost its lease registers anew and decides again', async () => {
    const cluster = await Cluster.start();
    const { entries } = await cluster.done(cluster.store.range('b/'));
    await cluster.done(cluster.store.revoke(entries[0]!.lease!));
    await cluster.time.settle();
    assert.equal(cluster.image.liveBrokers().length, 1);
    assert.ok(cluster.image.brokers.get(BROKER_ID)!.epoch > 1);
    assert.equal(cluster.registration.brokerEpoch, cluster.image.brokers.get(BROKER_ID)!.epoch);
    await cluster.create(topic('t'));
  });

  test('a broker whose new registration was not answered goes by its epoch', async () => {
    const cluster = await Cluster.start();
    const { store } = cluster;
    const txn = store.txn.bind(store);
    let isAnswered = true;
    store.txn = async (asked) => {
      const result = await txn(asked);
      const isRegistration = asked.onSuccess.some(({ type, key }) => type === 'put' && key.startsWith('b/'));
      if (!isRegistration || isAnswered) return result;
      isAnswered = true;
      throw new StoreUnavailable('no answer');
    };
    const { entries } = await cluster.done(store.range('b/'));
    isAnswered = false;
    await cluster.done(store.revoke(entries[0]!.lease!));
    await cluster.time.run(10_000);
    const { epoch, isPresent } = cluster.image.brokers.get(BROKER_ID)!;
    assert.deepEqual([isPresent, isAnswered], [true, true]);
    assert.equal(cluster.registration.brokerEpoch, epoch);
  });

  test('a broker whose new registration was never written registers again, though its lease lives', async () => {
    const cluster = await Cluster.start();
    const { store } = cluster;
    const txn = store.txn.bind(store);
    let lost = 0;
    store.txn = (asked) => {
      const isRegistration = asked.onSuccess.some(({ type, key }) => type === 'put' && key.startsWith('b/'));
      if (!isRegistration || lost > 0) return txn(asked);
      lost++;
      return Promise.reject(new StoreUnavailable('no answer'));
    };
    const { entries } = await cluster.done(store.range('b/'));
    await cluster.done(store.revoke(entries[0]!.lease!));
    await cluster.time.run(10_000);
    const { epoch, isPresent } = cluster.image.brokers.get(BROKER_ID)!;
    assert.deepEqual([isPresent, lost], [true, 1]);
    assert.equal(cluster.registration.brokerEpoch, epoch);
  });

  test('only a broker that is gone can be unregistered', async () => {
    const cluster = await Cluster.start();
    const unregister = async (id: number): Promise<(string | null)[]> => {
      const { error, message } = await cluster.done(cluster.controller.unregisterBroker(id));
      return [error.name, message];
    };
    assert.deepEqual(await unregister(77), ['BROKER_ID_NOT_REGISTERED', 'Broker ID 77 is not currently registered']);
    assert.equal((await unregister(BROKER_ID))[0], 'INVALID_REQUEST');
    const other = await register(cluster, 2);
    cluster.startDuties();
    await cluster.done(other.announceReady([]));
    assert.equal((await unregister(2))[0], 'INVALID_REQUEST');
    await cluster.done(other.close());
    assert.equal(cluster.image.brokers.get(2)?.isPresent, false, 'gone, and known');
    assert.deepEqual(await unregister(2), ['NONE', null]);
    assert.equal(cluster.image.brokers.size, 1);
  });

  test('a store that fails at the registration fails the start', async () => {
    const disk = newDisk();
    disk.fail({ call: 'sync', code: 'EIO', path: 'wal-' });
    await assert.rejects(Cluster.start({ disk }), StoreUnavailable);
  });
});

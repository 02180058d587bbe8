import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import { Producer } from '../../../src/client/producer/producer.ts';
import { string } from '../../../src/client/serializers.ts';
import { writeFile } from '../../log/kafka-directory.ts';
import { BrokerFixture } from '../../broker/broker-fixture.ts';
import { silent } from '../../runtime/silent-logger.ts';
import { FaultyNetwork } from './faulty-network.ts';

const STEP_MS = 50;
const TOPIC = 'orders';

async function world(seed: number, options = {}, capacityBytes?: number) {
  const fixture = await BrokerFixture.start(capacityBytes === undefined ? {} : { capacityBytes });
  await fixture.createTopic(TOPIC, { partitions: 2 });
  const random = new SeededRandom(seed);
  const network = new FaultyNetwork(fixture.network, random);
  const { time } = fixture;
  const runtime = { clock: time, timers: time, random, network, logger: silent };
  const cluster = new Cluster(runtime, { bootstrapServers: '127.0.0.1:9092', requestTimeoutMs: 500 });
  const producer = new Producer(cluster, { valueSerializer: string, batchSize: 300, ...options });
  return { fixture, random, network, producer };
}

/** Lets time pass until `promise` is settled. */
async function within<T>(fixture: BrokerFixture, promise: Promise<T>, ms: number): Promise<T> {
  for (let passed = 0; passed < ms && !(await fixture.isDone(promise)); passed += STEP_MS)
    await fixture.time.run(STEP_MS);
  assert.ok(await fixture.isDone(promise), `not settled within ${ms} ms`);
  return promise;
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`cut, deaf and killed: nothing is lost, repeated or out of order (seed ${seed})`, async () => {
    const { fixture, random, network, producer } = await world(seed);
    const sent: Promise<unknown>[] = [];
    const wanted: string[][] = [[], []];
    for (let round = 0; round < 120; round++) {
      network.faults = round % 3 === 0 ? { cut: 0, deafen: 0 } : { cut: 0.15, deafen: 0.1 };
      for (let count = 0; count < 12; count++) {
        const partition = random.next() < 0.5 ? 0 : 1;
        const value = `${round}-${count}`;
        wanted[partition]!.push(value);
        sent.push(producer.send({ topic: TOPIC, value, partition }));
      }
      await fixture.time.run(200 * random.next());
      if (round % 40 === 20) {
        await fixture.kill();
        await fixture.time.run(300);
        await fixture.start();
      }
    }
    network.faults = { cut: 0, deafen: 0 };
    await within(fixture, Promise.all(sent), 60_000);
    await within(fixture, producer.close(), 10_000);
    assert.ok(network.cuts + network.deafened > 5);
    assert.deepEqual(await fixture.values(TOPIC, 0), wanted[0]);
    assert.deepEqual(await fixture.values(TOPIC, 1), wanted[1]);
    await fixture.close();
  });
}

test('without a broker records wait for their time, then fail; what comes after goes through', async () => {
  const { fixture, producer } = await world(1, { deliveryTimeoutMs: 2000 });
  await within(fixture, producer.send({ topic: TOPIC, value: 'before', partition: 0 }), 1000);
  await fixture.kill();
  const lost = producer.send({ topic: TOPIC, value: 'lost', partition: 0 });
  const refused = assert.rejects(lost, { code: 'TIMED_OUT', message: /partition 0 of orders/ });
  await fixture.time.run(1900);
  assert.equal(await fixture.isDone(refused), false);
  await within(fixture, refused, 200);
  await fixture.start();
  await within(fixture, producer.send({ topic: TOPIC, value: 'after', partition: 0 }), 5000);
  await within(fixture, producer.close(), 1000);
  assert.deepEqual(await fixture.values(TOPIC, 0), ['before', 'after']);
  await fixture.close();
});

test('a record given up in doubt costs no order: those after it go under a new epoch', async () => {
  const { fixture, network, producer } = await world(1, { deliveryTimeoutMs: 2000 });
  await within(fixture, producer.send({ topic: TOPIC, value: 'a', partition: 0 }), 1000);
  network.faults = { cut: 1, deafen: 0 };
  const refused = assert.rejects(producer.send({ topic: TOPIC, value: 'b', partition: 0 }), { code: 'TIMED_OUT' });
  await within(fixture, refused, 3000);
  network.faults = { cut: 0, deafen: 0 };
  const after = ['c', 'd', 'e'].map((value) => producer.send({ topic: TOPIC, value, partition: 0 }));
  await within(fixture, Promise.all(after), 5000);
  await within(fixture, producer.close(), 1000);
  assert.deepEqual(
    (await fixture.values(TOPIC, 0)).filter((value) => value !== 'b'),
    ['a', 'c', 'd', 'e'],
  );
  await fixture.close();
});

test('in a transaction a record given up costs those after it, and each is told why', async () => {
  const options = { deliveryTimeoutMs: 2000, transactionalId: 'till', lingerMs: 0 };
  const { fixture, producer } = await world(1, options, 200 * 1024 * 1024);
  await within(fixture, producer.begin(), 5000);
  await within(fixture, producer.send({ topic: TOPIC, value: 'a', partition: 0 }), 1000);
  const { freeBytes } = fixture.disk.space('/');
  writeFile(fixture.disk, '/ballast', Buffer.alloc(freeBytes));
  // Both are refused for want of space, again and again, until the time of the first is up.
  const first = assert.rejects(producer.send({ topic: TOPIC, value: 'b', partition: 0 }), { code: 'TIMED_OUT' });
  await fixture.time.run(1500);
  const second = assert.rejects(producer.send({ topic: TOPIC, value: 'c', partition: 0 }), {
    code: 'TIMED_OUT',
    message: /abort it/,
  });
  await within(fixture, first, 1000);
  fixture.disk.remove('/ballast');
  await within(fixture, second, 5000);
  await within(fixture, producer.abort(), 5000);
  await within(fixture, producer.close(), 1000);
  await fixture.time.run(1000);
  await fixture.close();
});

test('a full buffer makes send wait, then refuse; a signal ends the wait', async () => {
  const { fixture, producer } = await world(1, { bufferBytes: 1000, maxBlockMs: 3000 });
  await within(fixture, producer.send({ topic: TOPIC, value: 'first', partition: 0 }), 1000);
  await fixture.kill();
  const value = 'x'.repeat(400);
  const held = [1, 2].map(() => producer.send({ topic: TOPIC, value, partition: 0 }));
  const refused = assert.rejects(producer.send({ topic: TOPIC, value, partition: 0 }), {
    code: 'TIMED_OUT',
    message: /no room/,
  });
  const stop = new AbortController();
  const aborted = assert.rejects(producer.send({ topic: TOPIC, value, partition: 0 }, { signal: stop.signal }), {
    code: 'ABORTED',
  });
  stop.abort();
  await fixture.done(aborted);
  await within(fixture, refused, 3050);
  const patient = producer.send({ topic: TOPIC, value: 'patient'.padEnd(400), partition: 0 });
  await fixture.start();
  await within(fixture, Promise.all([...held, patient]), 5000);
  await within(fixture, producer.close(), 1000);
  assert.equal((await fixture.values(TOPIC, 0)).length, 4);
  await fixture.close();
});

test('a batch that is not full lingers, a full one and a flush do not wait', async () => {
  const { fixture, producer } = await world(1, { lingerMs: 1000 });
  await within(fixture, producer.send({ topic: TOPIC, value: 'warm', partition: 0 }), 2000);
  const lingering = producer.send({ topic: TOPIC, value: 'x', partition: 0 });
  await fixture.time.run(990);
  assert.equal(await fixture.isDone(lingering), false);
  await fixture.time.run(20);
  assert.equal(await fixture.isDone(lingering), true);
  const full = [1, 2, 3, 4].map(() => producer.send({ topic: TOPIC, value: 'x'.repeat(150), partition: 0 }));
  assert.equal(await fixture.isDone(full[0]!), true);
  await fixture.done(producer.flush());
  assert.equal(await fixture.isDone(Promise.all(full)), true);
  await within(fixture, producer.close(), 1000);
  await fixture.close();
});

test('a producer that is closed in haste tells of what was not written, and leaves nothing behind', async () => {
  const { fixture, producer } = await world(1);
  await within(fixture, producer.send({ topic: TOPIC, value: 'x', partition: 0 }), 1000);
  await fixture.kill();
  const lost = assert.rejects(producer.send({ topic: TOPIC, value: 'y', partition: 0 }), { code: 'CLOSED' });
  await within(fixture, producer.close({ timeoutMs: 500 }), 1000);
  await lost;
  await fixture.start();
  await fixture.time.run(2000);
  await fixture.close();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import { Producer } from '../../../src/client/producer/producer.ts';
import { string } from '../../../src/client/serializers.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { silent } from '../../runtime/silent-logger.ts';
import { ScriptedBrokers, TOPIC_ID } from './scripted-brokers.ts';

async function world(prepare: (brokers: ScriptedBrokers) => void = () => {}) {
  const time = new VirtualTime();
  const brokers = new ScriptedBrokers(time);
  prepare(brokers);
  await brokers.listen();
  const runtime = { clock: time, timers: time, random: new SeededRandom(3), network: brokers.network, logger: silent };
  const cluster = new Cluster(runtime, { bootstrapServers: 'broker:9002,broker:9003', retryBackoffMs: 1000 });
  const producer = new Producer(cluster, { valueSerializer: string, lingerMs: 0 });
  const send = async (value: string, ms: number): Promise<number> => {
    let offset: number | undefined;
    const sent = producer.send({ topic: 'orders', value });
    const noted = sent.then((metadata) => (offset = metadata.offset));
    await time.run(ms);
    assert.ok(offset !== undefined, `${value} is not written within ${ms} ms`);
    await noted;
    return offset;
  };
  return { time, brokers, producer, send };
}

test('a leader that moved is followed at once when the old one says where to (KIP-951)', async () => {
  const { brokers, send } = await world();
  assert.equal(await send('a', 10), 0);
  const { metadataAsked } = brokers;
  Object.assign(brokers, { leader: 2, leaderEpoch: 2 });
  assert.equal(await send('b', 10), 1);
  assert.deepEqual(
    brokers.produced.map(({ node, values }) => [node, ...values]),
    [
      [1, 'a'],
      [1, 'b'],
      [2, 'b'],
    ],
  );
  assert.ok(brokers.metadataAsked <= metadataAsked + 1);
});

test('a leader that moved is asked for when the old one does not say, after a pause', async () => {
  const { brokers, send } = await world((scripted) => {
    scripted.tellsLeader = false;
  });
  await send('a', 10);
  const { metadataAsked } = brokers;
  Object.assign(brokers, { leader: 2, leaderEpoch: 2 });
  assert.equal(await send('b', 1500), 1);
  assert.ok(brokers.metadataAsked > metadataAsked);
  const [, refused, written] = brokers.produced;
  assert.deepEqual([refused?.node, written?.node], [1, 2]);
  assert.ok(written!.atMs - refused!.atMs >= 800);
});

for (const version of [3, 7, 8, 9, 11, 12, 13]) {
  test(`Produce ${version} is spoken where the broker has no newer`, async () => {
    const { brokers, send } = await world((scripted) => {
      scripted.produceMax = version;
    });
    assert.equal(await send('a', 10), 0);
    assert.equal(brokers.produced[0]?.version, version);
    assert.equal(brokers.produced[0].topicId === TOPIC_ID, version === 13);
  });
}

test('a broker that throttles gets nothing until it has had its pause', async () => {
  const { brokers, send } = await world();
  brokers.throttleMs = 700;
  await send('a', 10);
  brokers.throttleMs = 0;
  await send('b', 800);
  const [first, second] = brokers.produced;
  assert.ok(second!.atMs - first!.atMs >= 700);
});

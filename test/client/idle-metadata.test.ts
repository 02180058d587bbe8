import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { Cluster } from '../../src/client/cluster.ts';
import { IdleMap } from '../../src/client/idle-map.ts';
import { Producer } from '../../src/client/producer/producer.ts';
import { string } from '../../src/client/serializers.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import { producerEpoch, baseSequence } from '../../src/records/batch.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';
import { ScriptedCluster } from './scripted-cluster.ts';

const IDLE_MS = 10_000;

function topicId(number: number): string {
  return `AAAAAAAAAAAAAAAAAAAA${String.fromCharCode(65 + number)}Q`;
}

async function world() {
  const time = new VirtualTime();
  const brokers = await new ScriptedCluster(time).listen();
  const runtime = { clock: time, timers: time, random: new SeededRandom(3), network: brokers.network, logger: silent };
  const options = { bootstrapServers: brokers.bootstrapServers, metadataMaxIdleMs: IDLE_MS, retryBackoffMs: 1 };
  const cluster = new Cluster(runtime, options);
  for (const number of [0, 1, 2, 3]) {
    brokers.topics.set(`t${number}`, { topicId: topicId(number), leader: 1, leaderEpoch: 1 });
  }
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    await time.run(100);
    return promise;
  };
  return { time, brokers, cluster, settled };
}

test('an idle map forgets what was not used for so long, and nothing else', () => {
  const map = new IdleMap<number>(10);
  map.set('a', 1, 0);
  map.set('b', 2, 0);
  assert.equal(map.get('a', 5), 1);
  assert.equal(map.get('b'), 2, 'a look without a time is no use');
  map.sweep(12);
  assert.deepEqual([map.get('a'), map.get('b'), map.size], [1, undefined, 1]);
  map.sweep(15);
  assert.equal(map.size, 0);
});

test('topics that nobody asks for are forgotten with the next metadata; those in use stay', async () => {
  const { time, cluster, settled } = await world();
  await settled(cluster.topic('t0'));
  await settled(cluster.topic('t1'));
  cluster.keepTopics(() => ['t0']);
  assert.equal(cluster.metrics().topicsKnown, 2);
  await time.run(IDLE_MS);
  await settled(cluster.refresh(['t2']));
  assert.deepEqual([...cluster.view.topics.keys()], ['t0', 't2']);
});

test('a list of all topics holds what is there now, and no more', async () => {
  const { brokers, cluster, settled } = await world();
  await settled(cluster.refresh(null));
  assert.equal(cluster.view.topics.size, 4);
  brokers.topics.delete('t1');
  await settled(cluster.refresh(null));
  assert.deepEqual([...cluster.view.topics.keys()], ['t0', 't2', 't3']);
});

test('coordinators that nobody needs are looked up anew', async () => {
  const { time, brokers, cluster, settled } = await world();
  brokers.on(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, ...brokers.endpointOf(1), errorCode: 0, errorMessage: null })),
    errorCode: 0,
    errorMessage: null,
    nodeId: 0,
    host: '',
    port: 0,
  }));
  const lookUps = (): number => brokers.asked.filter((name) => name === findCoordinator.name).length;
  await settled(cluster.coordinator('group', 'a'));
  await settled(cluster.coordinator('group', 'a'));
  assert.equal(lookUps(), 1);
  await time.run(IDLE_MS);
  await settled(cluster.coordinator('group', 'b'));
  await settled(cluster.coordinator('group', 'a'));
  assert.equal(lookUps(), 3);
});

test('a producer lets go of topics that it no longer writes to, and meets them again under a new epoch', async () => {
  const { time, brokers, cluster, settled } = await world();
  const stamps: string[] = [];
  brokers.on(initProducerId, () => ({ errorCode: 0, producerId: 5, producerEpoch: 0 }));
  brokers.on(produce, ({ topicData }) => ({
    responses: topicData.map(({ name, topicId: id, partitionData }) => {
      const bytes = Buffer.from(partitionData[0]!.records!);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const topic = [...brokers.topics].find(([, known]) => known.topicId === id)?.[0] ?? '';
      stamps.push(`${topic} epoch ${producerEpoch(view, 0)} sequence ${baseSequence(view, 0)}`);
      return { name, topicId: id, partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 0, recordErrors: [] }] };
    }),
    throttleTimeMs: 0,
  }));
  const producer = new Producer(cluster, { valueSerializer: string, lingerMs: 0 });
  const send = (topic: string): Promise<unknown> => settled(producer.send({ topic, value: 'x' }));
  await send('t0');
  await send('t0');
  await send('t1');
  brokers.topics.delete('t0');
  await time.run(IDLE_MS);
  await send('t1');
  assert.deepEqual([...cluster.view.topics.keys()], ['t0', 't1'], 'no metadata came meanwhile');
  await send('t2');
  assert.deepEqual([...cluster.view.topics.keys()], ['t1', 't2'], 'the deleted one is gone');
  brokers.topics.set('t0', { topicId: topicId(7), leader: 1, leaderEpoch: 1 });
  await send('t0');
  await send('t1');
  assert.deepEqual(stamps, [
    't0 epoch 0 sequence 0',
    't0 epoch 0 sequence 1',
    't1 epoch 0 sequence 0',
    't1 epoch 0 sequence 1',
    't2 epoch 1 sequence 0',
    't0 epoch 1 sequence 0',
    't1 epoch 1 sequence 0',
  ]);
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { incrementalAlterConfigs } from '../../src/protocol/messages/044-incremental-alter-configs.ts';
import { alterPartitionReassignments } from '../../src/protocol/messages/045-alter-partition-reassignments.ts';
import { produceOf } from './broker-fixture.ts';
import { ClusterFixture } from './cluster-fixture.ts';

const TOPIC = 2;
const BROKER = 4;
const SET = 0;
const DELETE = 1;
const RATE = 100_000;
const RECORDS = 20;
const RECORD_BYTES = 100_000;
/** What a rate of {@link RATE} makes of all records. */
const THROTTLED_MS = (RECORDS * RECORD_BYTES * 1000) / RATE;

/** Two brokers, and a topic of two megabytes that broker 1 has alone. */
async function lonelyTopic(): Promise<ClusterFixture> {
  const cluster = await ClusterFixture.start(2, { 'replica.fetch.max.bytes': 100, 'min.insync.replicas': 1 });
  await cluster.createTopic('orders', { replicas: 1 });
  await move(cluster, [1]);
  await cluster.until('it is on broker 1', async () => (await cluster.partition('orders')).leaderId === 1);
  const value = 'x'.repeat(RECORD_BYTES);
  for (let sent = 0; sent < RECORDS; sent++) await send(cluster, [value]);
  return cluster;
}

async function send(cluster: ClusterFixture, values: readonly string[]): Promise<void> {
  const { responses } = await cluster.call(1, produce, 12, produceOf('orders', values, { timeoutMs: 5000 }));
  assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0);
}

async function move(cluster: ClusterFixture, replicas: number[]): Promise<void> {
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, replicas }] }];
  const { responses } = await cluster.call(1, alterPartitionReassignments, 0, { timeoutMs: 1000, topics });
  assert.equal(responses[0]!.partitions[0]!.errorCode, 0);
}

/** `null` takes a setting away. */
async function set(cluster: ClusterFixture, type: number, name: string, settings: Record<string, string | null>) {
  const configs = Object.entries(settings).map(([key, value]) => ({
    name: key,
    configOperation: value === null ? DELETE : SET,
    value,
  }));
  const { responses } = await cluster.call(1, incrementalAlterConfigs, 1, {
    resources: [{ resourceType: type, resourceName: name, configs }],
    validateOnly: false,
  });
  assert.equal(responses[0]!.errorCode, 0, String(responses[0]!.errorMessage));
}

/** Milliseconds until broker 2 has everything. */
async function catchUp(cluster: ClusterFixture): Promise<number> {
  const startMs = cluster.time.monotonicMs();
  await move(cluster, [1, 2]);
  await cluster.until('broker 2 is in sync', async () => {
    await cluster.time.run(100);
    return (await cluster.partition('orders')).isrNodes.includes(2);
  });
  return cluster.time.monotonicMs() - startMs;
}

suite('throttled replication', () => {
  test('without a throttle a new replica has everything at once', async () => {
    const cluster = await lonelyTopic();
    const tookMs = await catchUp(cluster);
    assert.ok(tookMs < 3000, `${tookMs} ms`);
    await cluster.close();
  });

  for (const [side, named] of [
    ['leader', '0:1'],
    ['follower', '0:2'],
    ['leader', '*'],
    ['follower', '*'],
  ] as const) {
    test(`a ${side} that is throttled as ${named} keeps to the rate, and goes on at full speed once it is taken away`, async () => {
      const cluster = await lonelyTopic();
      const rate = `${side}.replication.throttled.rate`;
      const replicas = `${side}.replication.throttled.replicas`;
      for (const id of ['1', '2']) await set(cluster, BROKER, id, { [rate]: String(RATE) });
      await set(cluster, TOPIC, 'orders', { [replicas]: named });
      const tookMs = await catchUp(cluster);
      assert.ok(tookMs > THROTTLED_MS * 0.9 && tookMs < THROTTLED_MS * 1.15, `${tookMs} ms`);
      await move(cluster, [1]);
      await cluster.time.run(1000);
      await set(cluster, TOPIC, 'orders', { [replicas]: null });
      for (const id of ['1', '2']) await set(cluster, BROKER, id, { [rate]: null });
      const untouchedMs = await catchUp(cluster);
      assert.ok(untouchedMs < 3000, `${untouchedMs} ms`);
      await cluster.close();
    });
  }

  test('a replica that the topic does not name is none of it', async () => {
    const cluster = await lonelyTopic();
    for (const id of ['1', '2']) {
      await set(cluster, BROKER, id, {
        'leader.replication.throttled.rate': '1',
        'follower.replication.throttled.rate': '1',
      });
    }
    await set(cluster, TOPIC, 'orders', {
      'leader.replication.throttled.replicas': '0:2,1:1',
      'follower.replication.throttled.replicas': '0:1,1:2',
    });
    const tookMs = await catchUp(cluster);
    assert.ok(tookMs < 3000, `${tookMs} ms`);
    await cluster.close();
  });

  test('who is in sync is not held back, however small the rate', async () => {
    const cluster = await lonelyTopic();
    await catchUp(cluster);
    for (const id of ['1', '2']) {
      await set(cluster, BROKER, id, {
        'leader.replication.throttled.rate': '1',
        'follower.replication.throttled.rate': '1',
      });
    }
    await set(cluster, TOPIC, 'orders', {
      'leader.replication.throttled.replicas': '*',
      'follower.replication.throttled.replicas': '*',
    });
    for (let sent = 0; sent < 5; sent++) {
      const startMs = cluster.time.monotonicMs();
      await send(cluster, ['y'.repeat(1000)]);
      const tookMs = cluster.time.monotonicMs() - startMs;
      assert.ok(tookMs < 1500, `acks=all after ${tookMs} ms`);
    }
    assert.deepEqual(
      (await cluster.partition('orders')).isrNodes.toSorted((left, right) => left - right),
      [1, 2],
    );
    await cluster.close();
  });
});

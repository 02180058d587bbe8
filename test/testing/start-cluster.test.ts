import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, string, valuesOf } from '../../src/client/index.ts';
import { startCluster, WrongMemberState } from '../../src/testing/index.ts';

const RECORDS = 300;

test('three brokers in this process: one is paused, one killed, one stopped, and everything sent is there once', async () => {
  const cluster = await startCluster();
  const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers });
  const admin = kafka.admin();
  valuesOf(
    await admin.createTopics([
      { name: 'orders', partitions: 3, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } },
    ]),
  );
  const producer = kafka.producer({ keySerializer: string, valueSerializer: string });
  const sent: Promise<unknown>[] = [];
  const faults: Readonly<Record<number, () => unknown>> = {
    50: () => cluster.pause(2),
    100: () => cluster.resume(2),
    150: () => cluster.kill(3),
    200: () => cluster.start(3),
    250: () => cluster.stop(1),
  };
  for (let index = 0; index < RECORDS; index++) {
    sent.push(producer.send({ topic: 'orders', key: String(index), value: String(index) }));
    await faults[index]?.();
    if (index % 10 === 0) await pause(5);
  }
  await Promise.all(sent);
  assert.deepEqual(
    cluster.ids.map((id) => cluster.stateOf(id)),
    ['stopped', 'running', 'running'],
  );
  const consumer = kafka.consumer();
  const ends = await consumer.endOffsets([0, 1, 2].map((partition) => ({ topic: 'orders', partition })));
  await consumer.close();
  assert.equal(
    ends.reduce((sum, { offset }) => sum + offset, 0),
    RECORDS,
  );
  assert.throws(() => cluster.kill(1), WrongMemberState);
  assert.throws(() => cluster.stateOf(4), /there is no broker 4; the cluster has 1, 2, 3/);
  await producer.close();
  admin.close();
  await cluster.close();
});

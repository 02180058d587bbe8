import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';

import { deleteRecords } from '../../src/protocol/messages/021-delete-records.ts';
import { deleteTopics } from '../../src/protocol/messages/020-delete-topics.ts';
import { alterReplicaLogDirs } from '../../src/protocol/messages/034-alter-replica-log-dirs.ts';
import { describeLogDirs } from '../../src/protocol/messages/035-describe-log-dirs.ts';
import { incrementalAlterConfigs } from '../../src/protocol/messages/044-incremental-alter-configs.ts';
import { writeFile } from '../log/kafka-directory.ts';
import { BrokerFixture, produceOf } from './broker-fixture.ts';

const BOTH = { 'log.dirs': '/data,/more' };
const BROKER = 4;

async function append(fixture: BrokerFixture, values: readonly string[], partition = 0): Promise<number> {
  const { responses } = await fixture.call(produce, 12, produceOf('orders', values, { partition }));
  return responses[0]!.partitionResponses[0]!.errorCode;
}

async function move(fixture: BrokerFixture, path: string, partitions = [0], topic = 'orders'): Promise<number[]> {
  const dirs = [{ path, topics: [{ name: topic, partitions }] }];
  const { results } = await fixture.call(alterReplicaLogDirs, 2, { dirs });
  return results.flatMap((each) => each.partitions.map(({ errorCode }) => errorCode));
}

/** Where the topic's partitions are: `index directory`, and behind a copy its lag. */
async function places(fixture: BrokerFixture): Promise<string[]> {
  const { results } = await fixture.call(describeLogDirs, 5, { topics: null });
  return results
    .flatMap(({ logDir, topics }) =>
      topics
        .filter(({ name }) => name === 'orders')
        .flatMap(({ partitions }) =>
          partitions.map(
            ({ partitionIndex, isFutureKey, offsetLag }) =>
              `${partitionIndex} ${logDir}${isFutureKey ? ` future ${offsetLag}` : ''}`,
          ),
        ),
    )
    .toSorted();
}

async function configure(fixture: BrokerFixture, name: string, value: string | null): Promise<void> {
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
  const resources = [{ resourceType: BROKER, resourceName: '1', configs }];
  const { responses } = await fixture.call(incrementalAlterConfigs, 1, { resources, validateOnly: false });
  assert.equal(responses[0]!.errorCode, 0, String(responses[0]!.errorMessage));
}

const values = Array.from({ length: 40 }, (_, index) => `v${index}`);

async function started(configs: Record<string, string> = {}): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ settings: BOTH });
  await fixture.createTopic('orders', { configs });
  assert.equal(await append(fixture, ['first']), 0);
  assert.deepEqual(await places(fixture), ['0 /data']);
  for (const value of values) assert.equal(await append(fixture, [value]), 0);
  return fixture;
}

test('a partition is moved with all it has, takes records meanwhile, and stays over a restart', async () => {
  const fixture = await started({ 'segment.bytes': '1048576' });
  assert.deepEqual(await move(fixture, '/more'), [0]);
  assert.deepEqual(await places(fixture), ['0 /data', '0 /more future 41']);
  assert.equal(await append(fixture, ['meanwhile']), 0);
  await fixture.time.run(100);
  assert.deepEqual(await places(fixture), ['0 /more']);
  assert.equal(await append(fixture, ['after']), 0);
  const expected = ['first', ...values, 'meanwhile', 'after'];
  assert.deepEqual(await fixture.values('orders'), expected);
  assert.equal(fixture.disk.exists('/data/orders-0'), false);
  assert.equal(fixture.disk.exists('/more/orders-0/.moving'), false);
  await fixture.kill();
  await fixture.start();
  assert.deepEqual(await places(fixture), ['0 /more']);
  assert.deepEqual(await fixture.values('orders'), expected);
  await fixture.close();
});

test('the start of the log moves with it, also one within a batch', async () => {
  const fixture = await started();
  assert.equal(await append(fixture, ['a', 'b', 'c']), 0);
  const partitions = [{ partitionIndex: 0, offset: 42 }];
  const topics = [{ name: 'orders', partitions }];
  await fixture.call(deleteRecords, 2, { topics, timeoutMs: 1000 });
  await move(fixture, '/more');
  await fixture.time.run(100);
  assert.deepEqual(await places(fixture), ['0 /more']);
  assert.equal(await fixture.offset('orders', -2), 42);
  await fixture.kill();
  await fixture.start();
  assert.equal(await fixture.offset('orders', -2), 42);
  assert.equal(await fixture.offset('orders', -1), 44);
  await fixture.close();
});

test('a move to where the partition is ends another one; the same move twice is one', async () => {
  const fixture = await started();
  await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', '0');
  assert.deepEqual(await move(fixture, '/more'), [0]);
  assert.deepEqual(await move(fixture, '/more'), [0]);
  await fixture.time.run(5000);
  assert.deepEqual(await places(fixture), ['0 /data', '0 /more future 41']);
  assert.deepEqual(await move(fixture, '/data'), [0]);
  assert.deepEqual(await places(fixture), ['0 /data']);
  assert.deepEqual(
    fixture.disk.list('/more').filter(({ name }) => name.startsWith('orders')),
    [],
  );
  await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', null);
  await fixture.time.run(5000);
  assert.deepEqual(await places(fixture), ['0 /data']);
  await fixture.close();
});

test('a rate holds the copy back', async () => {
  const fixture = await started();
  await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', '100');
  await move(fixture, '/more');
  await fixture.time.run(5000);
  const [, copy] = await places(fixture);
  const lag = Number(copy?.split(' ').at(-1));
  assert.ok(lag > 25 && lag < 41, String(copy));
  await fixture.time.run(60_000);
  assert.deepEqual(await places(fixture), ['0 /more']);
  await fixture.close();
});

test('what cannot be done has the error that Kafka has for it', async () => {
  const fixture = await started();
  assert.deepEqual(await move(fixture, '/none'), [E.LOG_DIR_NOT_FOUND.code]);
  assert.deepEqual(await move(fixture, '/more/'), [E.LOG_DIR_NOT_FOUND.code]);
  assert.deepEqual(await move(fixture, '/more', [7]), [E.UNKNOWN_TOPIC_OR_PARTITION.code]);
  assert.deepEqual(await move(fixture, '/more', [0], 'none'), [E.UNKNOWN_TOPIC_OR_PARTITION.code]);
  assert.deepEqual(await move(fixture, '/more', [0], 'x'.repeat(230)), [E.INVALID_TOPIC_EXCEPTION.code]);
  await configure(fixture, 'cordoned.log.dirs', '/more');
  assert.deepEqual(await move(fixture, '/more'), [E.INVALID_REPLICA_ASSIGNMENT.code]);
  await configure(fixture, 'cordoned.log.dirs', '');
  fixture.disk.fail({ call: 'open', code: 'EIO', path: '/more/orders-0', times: 5 });
  assert.deepEqual(await move(fixture, '/more'), [E.KAFKA_STORAGE_ERROR.code]);
  await fixture.close();
});

test('new partitions stay out of a cordoned directory as long as there is another', async () => {
  const fixture = await BrokerFixture.start({ settings: BOTH });
  await configure(fixture, 'cordoned.log.dirs', '/data');
  await fixture.createTopic('orders', { partitions: 4 });
  for (let index = 0; index < 4; index++) assert.equal(await append(fixture, ['a'], index), 0);
  assert.deepEqual(await places(fixture), ['0 /more', '1 /more', '2 /more', '3 /more']);
  await fixture.close();
});

test('a failing directory ends the move and leaves the original at work', async () => {
  const fixture = await started();
  await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', '0');
  await move(fixture, '/more');
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '-future' });
  await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', null);
  await fixture.time.run(2000);
  assert.deepEqual(await places(fixture), ['0 /data']);
  assert.equal(await append(fixture, ['after']), 0);
  assert.deepEqual(await fixture.values('orders'), ['first', ...values, 'after']);
  assert.equal(fixture.broker.dataDirectories.length, 2);
  await fixture.close();
});

test('a topic deleted while a partition is moved takes the copy with it', async () => {
  const fixture = await started();
  await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', '0');
  await move(fixture, '/more');
  await fixture.call(deleteTopics, 5, { topics: [], topicNames: ['orders'], timeoutMs: 1000 });
  await fixture.time.run(120_000);
  for (const path of ['/data', '/more']) {
    assert.deepEqual(
      fixture.disk.list(path).filter(({ name }) => name.startsWith('orders')),
      [],
    );
  }
  await fixture.close();
});

for (const unsynced of ['dropped', 'kept', 'mixed'] as const) {
  test(`a move begun before a crash (${unsynced}) begins anew and comes to its end`, async () => {
    const fixture = await started({ 'posthorn.flush.policy': 'group' });
    await configure(fixture, 'replica.alter.log.dirs.io.max.bytes.per.second', '1000');
    await move(fixture, '/more');
    await fixture.time.run(1500);
    await fixture.crash(unsynced, 3);
    await fixture.start();
    await fixture.time.run(60_000);
    const expected = ['first', ...values];
    assert.deepEqual(await fixture.values('orders'), expected);
    await move(fixture, '/more');
    await fixture.time.run(60_000);
    assert.deepEqual(await places(fixture), ['0 /more']);
    assert.deepEqual(await fixture.values('orders'), expected);
    await fixture.close();
  });
}

test('a copy waits for room in its directory, as producers do', async () => {
  const fixture = await BrokerFixture.start({ settings: BOTH, capacityBytes: 200 * 1024 * 1024 });
  await fixture.createTopic('orders');
  assert.equal(await append(fixture, ['first']), 0);
  const { freeBytes } = fixture.disk.space('/');
  writeFile(fixture.disk, '/ballast', Buffer.alloc(freeBytes - 60 * 1024 * 1024));
  await move(fixture, '/more');
  await fixture.time.run(5000);
  assert.deepEqual(await places(fixture), ['0 /data', '0 /more future 1']);
  fixture.disk.remove('/ballast');
  await fixture.time.run(5000);
  assert.deepEqual(await places(fixture), ['0 /more']);
  await fixture.close();
});

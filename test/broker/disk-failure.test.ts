import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { E } from '../../src/protocol/errors.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { offsetCommit } from '../../src/protocol/messages/008-offset-commit.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { describeLogDirs } from '../../src/protocol/messages/035-describe-log-dirs.ts';
import { writeFile } from '../log/kafka-directory.ts';
import { BrokerFixture, fetchOf, produceOf } from './broker-fixture.ts';

const TWO_DIRECTORIES = { 'log.dirs': '/data,/more' };
const GROUP = { 'posthorn.flush.policy': 'group' };

async function errorOfProduce(fixture: BrokerFixture, value: string, partition = 0): Promise<number> {
  const { responses } = await fixture.call(produce, 12, produceOf('orders', [value], { partition }));
  return responses[0]!.partitionResponses[0]!.errorCode;
}

async function errorOfCommit(fixture: BrokerFixture, committedOffset: number): Promise<number> {
  const partition = { partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: '' };
  const { topics } = await fixture.call(offsetCommit, 8, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: 'orders', topicId: ZERO_UUID, partitions: [partition] }],
  });
  return topics[0]!.partitions[0]!.errorCode;
}

async function errorsOfDirectories(fixture: BrokerFixture): Promise<number[]> {
  const { results } = await fixture.call(describeLogDirs, 4, { topics: null });
  return results.map(({ errorCode }) => errorCode);
}

/** The partition of two in `directory`: logs go where the fewest are. */
function partitionIn(fixture: BrokerFixture, directory: string): number {
  return fixture.disk.exists(`${directory}/orders-0`) ? 0 : 1;
}

test('a failed write fails the produce, takes its directory offline, and leaves the other one at work', async () => {
  const fixture = await BrokerFixture.start({ settings: TWO_DIRECTORIES });
  await fixture.createTopic('orders', { partitions: 2 });
  const bad = partitionIn(fixture, '/more');
  assert.equal(await errorOfProduce(fixture, 'kept', 1 - bad), 0);
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '/more/orders' });
  assert.equal(await errorOfProduce(fixture, 'lost', bad), E.KAFKA_STORAGE_ERROR.code);
  assert.equal(await errorOfProduce(fixture, 'lost too', bad), E.KAFKA_STORAGE_ERROR.code);
  assert.deepEqual(await errorsOfDirectories(fixture), [0, E.KAFKA_STORAGE_ERROR.code]);
  assert.equal(await errorOfProduce(fixture, 'kept too', 1 - bad), 0);
  assert.deepEqual(await fixture.values('orders', 1 - bad), ['kept', 'kept too']);
  await fixture.close();
  await fixture.start();
  assert.deepEqual(await fixture.values('orders', bad), []);
  assert.equal(await errorOfProduce(fixture, 'again', bad), 0);
  await fixture.close();
});

test('a failed read takes its directory offline, and leaves the other one at work', async () => {
  const fixture = await BrokerFixture.start({ settings: TWO_DIRECTORIES });
  await fixture.createTopic('orders', { partitions: 2 });
  const bad = partitionIn(fixture, '/more');
  for (const partition of [0, 1]) assert.equal(await errorOfProduce(fixture, 'a', partition), 0);
  fixture.disk.fail({ call: 'read', code: 'EIO', path: '/more/orders' });
  const { responses } = await fixture.call(fetch, 12, fetchOf('orders', { partition: bad, maxWaitMs: 0 }));
  assert.equal(responses[0]!.partitions[0]!.errorCode, E.KAFKA_STORAGE_ERROR.code);
  assert.deepEqual(await errorsOfDirectories(fixture), [0, E.KAFKA_STORAGE_ERROR.code]);
  assert.deepEqual(await fixture.values('orders', 1 - bad), ['a']);
  assert.deepEqual(fixture.failures, []);
  await fixture.close();
});

test('a failed sync fails everyone who waits for it, and the fetches that are parked there', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', { configs: GROUP });
  assert.equal(await errorOfProduce(fixture, 'a'), 0);
  const reader = await fixture.connect();
  const parked = reader.send(fetch, 12, fetchOf('orders', { offset: 1, maxWaitMs: 60_000 }));
  fixture.held.hold('orders-0');
  const writer = await fixture.connect();
  const waiting = [1, -1].map((acks) => writer.send(produce, 12, produceOf('orders', ['b'], { acks })));
  await fixture.time.settle();
  fixture.disk.fail({ call: 'sync', code: 'EIO', path: 'orders-0' });
  fixture.held.release();
  for (const { response } of waiting) {
    const { responses } = await fixture.done(response);
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, E.KAFKA_STORAGE_ERROR.code);
  }
  const { responses } = await fixture.done(parked.response);
  assert.equal(responses[0]!.partitions[0]!.errorCode, E.KAFKA_STORAGE_ERROR.code);
  assert.equal(await errorOfProduce(fixture, 'c'), E.KAFKA_STORAGE_ERROR.code);
  await fixture.close();
});

test('a failed sync is never taken for a good one: what it was to keep is not acknowledged after power loss', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', { configs: GROUP });
  assert.equal(await errorOfProduce(fixture, 'a'), 0);
  fixture.disk.fail({ call: 'sync', code: 'EIO', path: 'orders-0' });
  assert.equal(await errorOfProduce(fixture, 'b'), E.KAFKA_STORAGE_ERROR.code);
  await fixture.crash('dropped');
  await fixture.start();
  assert.deepEqual(await fixture.values('orders'), ['a']);
  await fixture.close();
});

test('a write that finds no space is taken back: refused with KAFKA_STORAGE_ERROR, and all goes on without a restart', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  const acknowledged: string[] = [];
  fixture.disk.fail({ call: 'write', nth: 4, times: 1, code: 'ENOSPC', path: 'orders-0', writtenBytes: 30 });
  for (let index = 0; index < 8; index++) {
    const error = await errorOfProduce(fixture, `v${index}`);
    if (error === 0) acknowledged.push(`v${index}`);
    else assert.equal(error, E.KAFKA_STORAGE_ERROR.code);
  }
  assert.equal(acknowledged.length, 7);
  assert.deepEqual(await errorsOfDirectories(fixture), [0]);
  assert.deepEqual(await fixture.values('orders'), acknowledged);
  await fixture.kill();
  await fixture.start();
  assert.deepEqual(await fixture.values('orders'), acknowledged);
  assert.equal(await errorOfProduce(fixture, 'more'), 0);
  await fixture.close();
});

test('a disk that somebody else fills: producers are refused and go on by themselves, readers never notice', async () => {
  const capacityBytes = 200 * 1024 * 1024;
  const fixture = await BrokerFixture.start({ capacityBytes });
  await fixture.createTopic('orders');
  for (let left = 10; left > 0; left--) {
    const { coordinators } = await fixture.call(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] });
    if (coordinators[0]!.errorCode === 0) break;
  }
  assert.equal(await errorOfProduce(fixture, 'a'), 0);
  assert.equal(await errorOfCommit(fixture, 1), 0);
  const { freeBytes } = fixture.disk.space('/');
  writeFile(fixture.disk, '/ballast', Buffer.alloc(freeBytes));
  for (let round = 0; round < 3; round++) {
    assert.equal(await errorOfProduce(fixture, 'lost'), E.KAFKA_STORAGE_ERROR.code);
    assert.notEqual(await errorOfCommit(fixture, 2), 0);
    assert.deepEqual(await fixture.values('orders'), ['a']);
    // Checkpoints, syncs and retention come to their time.
    await fixture.time.run(400_000);
  }
  assert.deepEqual(await errorsOfDirectories(fixture), [0]);
  fixture.disk.remove('/ballast');
  await fixture.time.run(2000);
  assert.equal(await errorOfProduce(fixture, 'b'), 0);
  assert.equal(await errorOfCommit(fixture, 2), 0);
  assert.deepEqual(await fixture.values('orders'), ['a', 'b']);
  await fixture.kill();
  await fixture.start();
  assert.deepEqual(await fixture.values('orders'), ['a', 'b']);
  await fixture.close();
});

test('a topic made after every directory failed is said to be offline in a sentence', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  fixture.disk.fail({ call: 'write', code: 'EIO', path: 'orders-0' });
  assert.equal(await errorOfProduce(fixture, 'lost'), E.KAFKA_STORAGE_ERROR.code);
  await fixture.createTopic('more');
  const offline = fixture.logger.lines.find(({ message }) => message.startsWith('partition is offline'));
  assert.deepEqual(offline?.facts, { topic: 'more', partition: 0, reason: 'every log directory has failed' });
  await fixture.close();
});

test('metadata that cannot be written refuses changes, while records go on', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  fixture.disk.fail({ call: 'sync', times: 100, code: 'EIO', path: 'posthorn-metadata' });
  const { topics } = await fixture.call(createTopics, 7, {
    topics: [{ name: 'more', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 1000,
    validateOnly: false,
  });
  assert.notEqual(topics[0]!.errorCode, 0);
  assert.equal(await errorOfProduce(fixture, 'a'), 0);
  await fixture.time.run(60_000);
  assert.equal(await errorOfProduce(fixture, 'b'), 0);
  assert.deepEqual(await fixture.values('orders'), ['a', 'b']);
  await fixture.close();
});

test('commits of offsets fail and do not hang when the directory of their log is offline', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  for (let left = 10; left > 0; left--) {
    const { coordinators } = await fixture.call(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] });
    if (coordinators[0]!.errorCode === 0) break;
  }
  assert.equal(await errorOfCommit(fixture, 1), 0);
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '__consumer_offsets' });
  assert.notEqual(await errorOfCommit(fixture, 2), 0);
  assert.notEqual(await errorOfCommit(fixture, 3), 0);
  await fixture.kill();
  await fixture.start();
  assert.equal(await errorOfCommit(fixture, 4), 0);
  await fixture.close();
});

test('a broker closes in order though a directory cannot be synced any more', async () => {
  const fixture = await BrokerFixture.start({ settings: TWO_DIRECTORIES });
  await fixture.createTopic('orders', { partitions: 2 });
  const bad = partitionIn(fixture, '/more');
  for (const partition of [0, 1]) assert.equal(await errorOfProduce(fixture, 'a', partition), 0);
  fixture.disk.fail({ call: 'sync', times: 100, code: 'EIO', path: '/more/orders' });
  await fixture.close();
  await fixture.start();
  assert.deepEqual(await fixture.values('orders', 1 - bad), ['a']);
  await fixture.close();
});

test('a start that fails leaves nothing open: the next one finds its locks free', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  await fixture.close();
  await assert.rejects(fixture.start({ listeners: 'PLAINTEXT://127.0.0.1:9092,OTHER://127.0.0.1:9093' }), /OTHER/);
  const taken = await fixture.network.listen({ host: '127.0.0.1', port: 9092 }, () => undefined);
  await assert.rejects(fixture.start({ listeners: 'PLAINTEXT://127.0.0.1:9092' }), /port is in use/);
  assert.equal(fixture.time.pending, 0);
  await taken.close();
  await fixture.start();
  assert.equal(await errorOfProduce(fixture, 'a'), 0);
  await fixture.close();
});

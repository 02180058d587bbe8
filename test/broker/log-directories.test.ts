import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { E } from '../../src/protocol/errors.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { deleteTopics } from '../../src/protocol/messages/020-delete-topics.ts';
import { describeLogDirs } from '../../src/protocol/messages/035-describe-log-dirs.ts';
import { readFile, writeFile } from '../log/kafka-directory.ts';
import { BrokerFixture, produceOf } from './broker-fixture.ts';

const BOTH = { 'log.dirs': '/data,/more' };
const META = '/more/meta.properties';

async function errorOfProduce(fixture: BrokerFixture, value: string, partition: number): Promise<number> {
  const { responses } = await fixture.call(produce, 12, produceOf('orders', [value], { partition }));
  return responses[0]!.partitionResponses[0]!.errorCode;
}

/** Error, leader, in-sync and offline replicas of each partition. */
async function leadership(fixture: BrokerFixture): Promise<unknown[]> {
  const { topics } = await fixture.call(metadata, 12, {
    topics: [{ name: 'orders', topicId: ZERO_UUID }],
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: false,
    includeClusterAuthorizedOperations: false,
  });
  return topics[0]!.partitions.map((partition) => [
    partition.errorCode,
    partition.leaderId,
    partition.isrNodes,
    partition.offlineReplicas,
  ]);
}

const SERVED = [0, 1, [1], []];
const OFFLINE = [E.LEADER_NOT_AVAILABLE.code, -1, [], [1]];

async function directories(fixture: BrokerFixture): Promise<Record<string, unknown>> {
  const { results } = await fixture.call(describeLogDirs, 5, { topics: null });
  return Object.fromEntries(
    results.map(({ logDir, errorCode, topics }) => [
      logDir,
      errorCode === 0
        ? topics.flatMap(({ partitions }) => partitions).length
        : E.KAFKA_STORAGE_ERROR.code === errorCode,
    ]),
  );
}

/** A broker on two directories with one record in each of two partitions; `inMore` is the one in the second directory. */
async function started(): Promise<{ fixture: BrokerFixture; inMore: number }> {
  const fixture = await BrokerFixture.start({ settings: BOTH });
  await fixture.createTopic('orders', { partitions: 2 });
  for (const partition of [0, 1]) assert.equal(await errorOfProduce(fixture, `of ${partition}`, partition), 0);
  return { fixture, inMore: fixture.disk.exists('/more/orders-0') ? 0 : 1 };
}

async function expectLost(fixture: BrokerFixture, inMore: number): Promise<void> {
  const expected = [0, 1].map((partition) => (partition === inMore ? OFFLINE : SERVED));
  assert.deepEqual(await leadership(fixture), expected);
  assert.equal(await errorOfProduce(fixture, 'lost', inMore), E.KAFKA_STORAGE_ERROR.code);
  assert.deepEqual(await fixture.values('orders', 1 - inMore), [`of ${1 - inMore}`]);
}

for (const end of ['close', 'kill'] as const) {
  test(`after ${end}, a directory that cannot be read keeps its partitions offline and no others; repaired, all is there`, async () => {
    const { fixture, inMore } = await started();
    await fixture[end]();
    const identity = readFile(fixture.disk, META);
    writeFile(fixture.disk, META, Buffer.from('version=1\nnode.id=x\n'));
    await fixture.start();
    await expectLost(fixture, inMore);
    assert.deepEqual(await directories(fixture), { '/data': 1, '/more': true });
    const said = fixture.logger.lines.find(({ message }) => message.startsWith('partitions are offline'));
    assert.deepEqual(said?.facts['partitions'], [`orders-${inMore}`]);
    await fixture.close();
    writeFile(fixture.disk, META, identity);
    await fixture.start();
    assert.deepEqual(await leadership(fixture), [SERVED, SERVED]);
    assert.deepEqual(await fixture.values('orders', inMore), [`of ${inMore}`]);
    await fixture.close();
  });
}

test('a failing disk at start counts as a directory that cannot be read', async () => {
  const { fixture, inMore } = await started();
  await fixture.kill();
  fixture.disk.fail({ call: 'list', code: 'EIO', path: `/more/orders-${inMore}`, times: 1000 });
  await fixture.start();
  await expectLost(fixture, inMore);
  await fixture.close();
});

test('partitions of a directory that was taken out of log.dirs are not made anew, empty', async () => {
  const { fixture, inMore } = await started();
  await fixture.close();
  await fixture.start({ 'log.dirs': '/data' });
  await expectLost(fixture, inMore);
  await fixture.createTopic('later', { partitions: 2 });
  await fixture.kill();
  await fixture.start();
  await expectLost(fixture, inMore);
  assert.deepEqual(await fixture.values('later', 0), [], 'made since: it lies in no directory that is missing');
  await fixture.close();
  await fixture.start(BOTH);
  assert.deepEqual(await leadership(fixture), [SERVED, SERVED]);
  assert.deepEqual(await fixture.values('orders', inMore), [`of ${inMore}`]);
  await fixture.close();
});

test('an empty disk in the place of a lost one changes nothing; the topic deleted and made anew is served', async () => {
  const { fixture, inMore } = await started();
  await fixture.close();
  fixture.disk.remove('/more');
  await fixture.start();
  await expectLost(fixture, inMore);
  await fixture.call(deleteTopics, 5, { topics: [], topicNames: ['orders'], timeoutMs: 1000 });
  await fixture.createTopic('orders', { partitions: 2 });
  assert.deepEqual(await leadership(fixture), [SERVED, SERVED]);
  assert.equal(await errorOfProduce(fixture, 'anew', inMore), 0);
  await fixture.close();
  await fixture.start();
  assert.deepEqual(await fixture.values('orders', inMore), ['anew']);
  await fixture.close();
});

test('a broker whose last directory fails says so once, after those who wait have their answer', async () => {
  const { fixture, inMore } = await started();
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '/more/orders' });
  assert.equal(await errorOfProduce(fixture, 'x', inMore), E.KAFKA_STORAGE_ERROR.code);
  assert.deepEqual(fixture.failures, []);
  assert.deepEqual(await leadership(fixture), inMore === 1 ? [SERVED, OFFLINE] : [OFFLINE, SERVED]);
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '/data/orders' });
  assert.equal(await errorOfProduce(fixture, 'x', 1 - inMore), E.KAFKA_STORAGE_ERROR.code);
  await fixture.time.settle();
  assert.equal(fixture.failures.length, 1);
  assert.match(fixture.failures[0]!, /^every log directory has failed, the last one was \/data: EIO/);
  await fixture.close();
});

test('no start without a directory that can be used; without the metadata, which lie in the first, none either', async () => {
  const { fixture } = await started();
  await fixture.close();
  const paths = ['/data/meta.properties', META];
  const identities = paths.map((path) => readFile(fixture.disk, path));
  for (const path of paths) writeFile(fixture.disk, path, Buffer.from('version=2\n'));
  await assert.rejects(fixture.start(), {
    name: 'BrokerStartError',
    message: /data cannot be used: .*version 2.*; .*more/,
  });
  writeFile(fixture.disk, META, identities[1]!);
  writeFile(fixture.disk, '/data/meta.properties', identities[0]!);
  fixture.disk.fail({ call: 'list', code: 'EIO', path: 'posthorn-metadata' });
  await assert.rejects(fixture.start(), {
    name: 'BrokerStartError',
    message: /^the data directory \/data cannot be used: EIO.*; the cluster's metadata lies there/,
  });
  await fixture.start();
  assert.deepEqual(await leadership(fixture), [SERVED, SERVED]);
  await fixture.close();
});

test('metadata go on when the first directory fails for logs: topics are made in the other one', async () => {
  const { fixture, inMore } = await started();
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '/data/orders' });
  assert.equal(await errorOfProduce(fixture, 'x', 1 - inMore), E.KAFKA_STORAGE_ERROR.code);
  await fixture.createTopic('later');
  assert.deepEqual(await fixture.values('later', 0), []);
  assert.ok(fixture.disk.exists('/more/later-0'));
  assert.deepEqual(await fixture.values('orders', inMore), [`of ${inMore}`]);
  await fixture.close();
});

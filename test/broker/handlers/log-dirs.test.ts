import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { alterReplicaLogDirs } from '../../../src/protocol/messages/034-alter-replica-log-dirs.ts';
import { describeLogDirs } from '../../../src/protocol/messages/035-describe-log-dirs.ts';
import { BrokerFixture, produceOf } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

async function started(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('a', { partitions: 2 });
  await fixture.createTopic('b');
  await fixture.call(produce, 12, produceOf('a', ['x'], { partition: 1 }));
  return fixture;
}

async function describe(
  fixture: BrokerFixture,
  version: number,
  topics: { topic: string; partitions: number[] }[] | null,
) {
  const answer = await fixture.call(describeLogDirs, version, requestOf(describeLogDirs, { topics }));
  assert.equal(answer.results.length, 1);
  const [directory] = answer.results;
  const sizes = directory!.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, partitionSize }) => [`${name}${partitionIndex}`, partitionSize > 0]),
  );
  return { directory: directory!, sizes: Object.fromEntries(sizes) as Record<string, boolean> };
}

test('all partitions of a topic made just now are there, however many', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('large', { partitions: 100 });
  assert.equal(Object.keys((await describe(fixture, 4, null)).sizes).length, 100);
  await fixture.close();
});

test('a directory shows its partitions with their sizes, all or those asked for', async () => {
  const fixture = await started();
  const { directory, sizes } = await describe(fixture, 4, null);
  assert.deepEqual([directory.errorCode, directory.logDir], [E.NONE.code, '/data']);
  assert.deepEqual(sizes, { a0: false, a1: true, b0: false });
  assert.deepEqual((await describe(fixture, 4, [{ topic: 'a', partitions: [1, 9] }])).sizes, { a1: true });
  assert.deepEqual((await describe(fixture, 4, [{ topic: 'none', partitions: [0] }])).sizes, {});
  assert.deepEqual((await describe(fixture, 4, [])).sizes, {});
  await fixture.close();
});

test('from version 4 on a directory shows how large its disk is and what is free', async () => {
  const fixture = await started();
  const { totalBytes, usableBytes } = (await describe(fixture, 4, null)).directory;
  assert.equal(totalBytes, fixture.disk.space('/data').totalBytes);
  assert.ok(usableBytes > 0 && usableBytes < totalBytes);
  const old = (await describe(fixture, 3, null)).directory;
  assert.deepEqual([old.totalBytes, old.usableBytes], [-1, -1]);
  await fixture.close();
});

test('a replica stays in the directory it is in', async () => {
  const fixture = await started();
  const move = async (path: string, name: string, index: number) => {
    const dirs = [{ path, topics: [{ name, partitions: [index] }] }];
    const { results } = await fixture.call(alterReplicaLogDirs, 2, requestOf(alterReplicaLogDirs, { dirs }));
    return results[0]!.partitions[0]!.errorCode;
  };
  assert.equal(await move('/data', 'a', 0), E.NONE.code);
  assert.equal(await move('/elsewhere', 'a', 0), E.LOG_DIR_NOT_FOUND.code);
  assert.equal(await move('/data', 'none', 0), E.UNKNOWN_TOPIC_OR_PARTITION.code);
  await fixture.close();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { offsetCommit } from '../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { describeConfigs } from '../../src/protocol/messages/032-describe-configs.ts';
import type { Unsynced } from '../../src/runtime/memory-disk.ts';
import { batchOf } from '../log/log-fixture.ts';
import { BrokerFixture, produceOf } from './broker-fixture.ts';

const POLICIES = ['os', 'group'] as const;

function idempotentBatch(): Buffer {
  return batchOf(['a', 'b'], { producerId: 4711, producerEpoch: 0, baseSequence: 0 });
}

function flushBy(policy: 'os' | 'group') {
  return { configs: { 'posthorn.flush.policy': policy } };
}

async function produceOne(fixture: BrokerFixture, value: string, acks = -1): Promise<number> {
  const { responses } = await fixture.call(produce, 12, produceOf('orders', [value], { acks }));
  const answer = responses[0]!.partitionResponses[0]!;
  assert.equal(answer.errorCode, 0);
  return answer.baseOffset;
}

for (const policy of POLICIES) {
  test(`after kill -9 under the flush policy ${policy} the watermark is at the log end at once`, async () => {
    const fixture = await BrokerFixture.start();
    await fixture.createTopic('orders', flushBy(policy));
    for (const value of ['a', 'b', 'c']) await produceOne(fixture, value);
    await fixture.kill();
    await fixture.start();
    assert.equal(await fixture.offset('orders'), 3);
    assert.deepEqual(await fixture.values('orders'), ['a', 'b', 'c']);
    assert.equal(await produceOne(fixture, 'd'), 3);
    await fixture.close();
  });

  test(`kill -9 under the flush policy ${policy}, again and again, loses nothing acknowledged`, async () => {
    const random = new SeededRandom(5);
    const fixture = await BrokerFixture.start();
    await fixture.createTopic('orders', flushBy(policy));
    const acknowledged: string[] = [];
    for (let life = 0; life < 8; life++) {
      for (let count = random.below(6); count > 0; count--) {
        const value = `${life}/${count}`;
        await produceOne(fixture, value, count % 2 === 0 ? 1 : -1);
        acknowledged.push(value);
      }
      await fixture.time.run(random.below(3000));
      await fixture.kill();
      await fixture.start();
      assert.deepEqual(await fixture.values('orders'), acknowledged);
      assert.equal(await fixture.offset('orders'), acknowledged.length);
    }
    await fixture.close();
  });
}

test('after kill -9 under the flush policy group nobody is served until what was found is synced', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', flushBy('group'));
  await produceOne(fixture, 'a');
  await fixture.kill();
  fixture.held.hold('orders-0');
  const starting = fixture.start();
  assert.equal(await fixture.isDone(starting), false);
  await assert.rejects(fixture.connect(), { code: 'ECONNREFUSED' });
  fixture.held.release();
  await fixture.done(starting);
  assert.equal(await fixture.offset('orders'), 1);
  await fixture.close();
});

for (const unsynced of ['dropped', 'torn', 'mixed'] as const satisfies Unsynced[]) {
  test(`power loss (${unsynced}) under the flush policy group loses nothing acknowledged`, async () => {
    const fixture = await BrokerFixture.start();
    await fixture.createTopic('orders', flushBy('group'));
    const acknowledged: string[] = [];
    for (let life = 0; life < 6; life++) {
      for (const index of [0, 1, 2]) {
        await produceOne(fixture, `${life}/${index}`, index === 1 ? 1 : -1);
        acknowledged.push(`${life}/${index}`);
      }
      // Written, not synced, not acknowledged: may be there afterwards or not.
      fixture.held.hold('orders-0');
      const client = await fixture.connect();
      client.send(produce, 12, produceOf('orders', ['unsure']));
      await fixture.time.settle();
      await fixture.crash(unsynced, life);
      await fixture.start();
      const found = (await fixture.values('orders')).filter((value) => value !== 'unsure');
      assert.deepEqual(found, acknowledged);
    }
    await fixture.close();
  });
}

test('with flush.messages=1 power loss loses nothing acknowledged', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', { configs: { 'flush.messages': '1' } });
  for (const value of ['a', 'b', 'c']) await produceOne(fixture, value);
  await fixture.crash('dropped');
  await fixture.start();
  assert.deepEqual(await fixture.values('orders'), ['a', 'b', 'c']);
  await fixture.close();
});

test('power loss under the flush policy os leaves a whole log', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', flushBy('os'));
  for (const value of ['a', 'b', 'c']) await produceOne(fixture, value);
  await fixture.crash('dropped');
  await fixture.start();
  const found = await fixture.values('orders');
  assert.deepEqual(found, ['a', 'b', 'c'].slice(0, found.length));
  assert.equal(await produceOne(fixture, 'd'), found.length);
  await fixture.close();
});

for (const ending of ['kill', 'close'] as const) {
  test(`topics, settings, offsets of groups and producers survive: ${ending}`, async () => {
    const fixture = await BrokerFixture.start();
    await fixture.createTopic('orders', { partitions: 3, configs: { 'retention.ms': '12345678' } });
    await produceOne(fixture, 'first');
    await fixture.call(produce, 12, produceOf('orders', [], { batch: idempotentBatch() }));
    await commit(fixture, 2);
    await fixture[ending]();
    await fixture.start();
    assert.equal(await committed(fixture), 2);
    const again = await fixture.call(produce, 12, produceOf('orders', [], { batch: idempotentBatch() }));
    const answer = again.responses[0]!.partitionResponses[0]!;
    assert.deepEqual([answer.errorCode, answer.baseOffset], [0, 1], 'a duplicate is answered with its first offset');
    assert.equal(await fixture.offset('orders'), 3);
    assert.equal(await fixture.offset('orders', -1, 2), 0);
    assert.equal(await retention(fixture), '12345678');
    await fixture.close();
  });
}

test('a topic created just before kill -9 has its partitions after it, though their logs were not made yet', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders', { partitions: 50 });
  await fixture.kill();
  await fixture.start();
  assert.equal(await fixture.offset('orders', -1, 49), 0);
  await fixture.close();
});

async function commit(fixture: BrokerFixture, offset: number): Promise<void> {
  // The first request for a coordinator has the offsets topic made.
  for (let left = 10; left > 0; left--) {
    const { coordinators } = await fixture.call(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] });
    if (coordinators[0]!.errorCode === 0) break;
  }
  const { topics } = await fixture.call(offsetCommit, 8, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [
      {
        name: 'orders',
        topicId: '',
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' }],
      },
    ],
  });
  assert.equal(topics[0]!.partitions[0]!.errorCode, 0);
}

async function committed(fixture: BrokerFixture): Promise<number> {
  const { groups } = await fixture.call(offsetFetch, 8, {
    groupId: '',
    topics: [],
    groups: [{ groupId: 'g', topics: [{ name: 'orders', topicId: '', partitionIndexes: [0] }] }],
    requireStable: false,
  });
  assert.equal(groups[0]!.errorCode, 0);
  return groups[0]!.topics[0]!.partitions[0]!.committedOffset;
}

async function retention(fixture: BrokerFixture): Promise<string | null | undefined> {
  const { results } = await fixture.call(describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] }],
    includeSynonyms: false,
    includeDocumentation: false,
  });
  return results[0]!.configs[0]!.value;
}

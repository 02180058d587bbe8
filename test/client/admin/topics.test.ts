import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../../../src/client/client-error.ts';
import { partitionValuesOf, valuesOf } from '../../../src/client/admin/results.ts';
import { adminFor, codeOf, valueOf } from './admin-world.ts';

test('topics are created with counts, assignments and configuration, each with its own outcome', async (context) => {
  const { admin } = await adminFor(context);
  const results = await admin.createTopics([
    { name: 'orders', partitions: 3, configs: { 'retention.ms': '60000' } },
    { name: 'placed', assignments: [[1], [1]] },
    { name: 'plain' },
    { name: 'not a name' },
    { name: 'far', partitions: 1, replicationFactor: 3 },
  ]);
  const orders = valueOf(results.get('orders'));
  assert.equal(orders.partitions, 3);
  assert.equal(orders.configs.find(({ name }) => name === 'retention.ms')?.value, '60000');
  assert.equal(valueOf(results.get('placed')).partitions, 2);
  assert.equal(valueOf(results.get('plain')).partitions, 1);
  assert.equal(codeOf(results.get('not a name')), 'INVALID_TOPIC_EXCEPTION');
  assert.equal(codeOf(results.get('far')), 'INVALID_REPLICATION_FACTOR');
  assert.throws(() => valuesOf(results), { code: 'INVALID_TOPIC_EXCEPTION' });
  const again = await admin.createTopics([{ name: 'orders' }]);
  assert.equal(codeOf(again.get('orders')), 'TOPIC_ALREADY_EXISTS');
  assert.throws(() => valuesOf(again), /Topic 'orders' already exists/);
});

test('validateOnly creates nothing', async (context) => {
  const { admin } = await adminFor(context);
  const results = await admin.createTopics([{ name: 'maybe', partitions: 2 }], { validateOnly: true });
  assert.equal(valueOf(results.get('maybe')).partitions, 2);
  assert.equal((await admin.listTopics()).size, 0);
});

test('topics are listed, described by name, by id and in pages', async (context) => {
  const { admin } = await adminFor(context);
  const created = valuesOf(
    await admin.createTopics([
      { name: 'a', partitions: 5 },
      { name: 'b', partitions: 2 },
    ]),
  );
  const listed = await admin.listTopics();
  assert.deepEqual(new Set(listed.keys()), new Set(['a', 'b']));
  assert.equal(listed.get('a')?.topicId, created.get('a')?.topicId);
  const whole = await admin.describeTopics(['a', 'b', 'none']);
  const paged = await admin.describeTopics(['a', 'b', 'none'], { pagePartitions: 2 });
  assert.deepEqual(paged.get('a'), whole.get('a'));
  assert.deepEqual(paged.get('b'), whole.get('b'));
  assert.deepEqual(
    valueOf(paged.get('a')).partitions.map(({ partition, leaderId }) => [partition, leaderId]),
    [0, 1, 2, 3, 4].map((index) => [index, 1]),
  );
  assert.equal(codeOf(whole.get('none')), 'UNKNOWN_TOPIC_OR_PARTITION');
  const id = created.get('b')?.topicId ?? '';
  const byId = await admin.describeTopicsById([id]);
  assert.equal(valueOf(byId.get(id)).name, 'b');
  assert.equal(valueOf(byId.get(id)).partitions.length, 2);
});

test('topics are deleted by name and by id', async (context) => {
  const { admin } = await adminFor(context);
  const created = valuesOf(await admin.createTopics([{ name: 'a' }, { name: 'b' }, { name: 'c' }]));
  const byName = await admin.deleteTopics(['a', 'none']);
  assert.deepEqual([codeOf(byName.get('a')), codeOf(byName.get('none'))], ['ok', 'UNKNOWN_TOPIC_OR_PARTITION']);
  const id = created.get('b')?.topicId ?? '';
  const wrong = 'AAAAAAAAAAAAAAAAAAAAAQ';
  const byId = await admin.deleteTopicsById([id, wrong]);
  assert.deepEqual([codeOf(byId.get(id)), codeOf(byId.get(wrong))], ['ok', 'UNKNOWN_TOPIC_ID']);
  assert.deepEqual([...(await admin.listTopics()).keys()], ['c']);
});

test('partitions are added up to a total', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a' }, { name: 'b', partitions: 2 }]));
  const results = await admin.createPartitions([
    { name: 'a', total: 3, assignments: [[1], [1]] },
    { name: 'b', total: 1 },
    { name: 'none', total: 2 },
  ]);
  assert.deepEqual(
    ['a', 'b', 'none'].map((name) => codeOf(results.get(name))),
    ['ok', 'INVALID_PARTITIONS', 'UNKNOWN_TOPIC_OR_PARTITION'],
  );
  assert.equal(valueOf((await admin.describeTopics(['a'])).get('a')).partitions.length, 3);
});

test('offsets of an empty topic are told by name and by time; records are deleted', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a', partitions: 6 }]));
  const specs = ['earliest', 'latest', 'max-timestamp', 'earliest-local', 'latest-tiered', 1000] as const;
  const listed = partitionValuesOf(
    await admin.listOffsets(specs.map((at, partition) => ({ topic: 'a', partition, at }))),
  );
  assert.deepEqual(
    specs.map((_, partition) => listed.get('a')?.get(partition)?.offset),
    [0, 0, -1, 0, -1, -1],
  );
  const deleted = await admin.deleteRecords([
    { topic: 'a', partition: 0, before: 'latest' },
    { topic: 'a', partition: 1, before: 5 },
  ]);
  assert.equal(valueOf(deleted.get('a')?.get(0)), 0);
  assert.equal(codeOf(deleted.get('a')?.get(1)), 'OFFSET_OUT_OF_RANGE');
});

test('what no broker would take is refused before anything is sent', async (context) => {
  const { admin } = await adminFor(context);
  const faults: [() => Promise<unknown>, RegExp][] = [
    [() => admin.createTopics([{ name: '' }]), /topic is ""/],
    [() => admin.createTopics([{ name: 'a' }, { name: 'a' }]), /a is named twice/],
    [() => admin.createTopics([{ name: 'a', partitions: 0 }]), /partitions of a is 0/],
    [() => admin.createTopics([{ name: 'a', partitions: 1, assignments: [[1]] }]), /assignments and counts/],
    [() => admin.listOffsets([{ topic: 'a', partition: -1, at: 'latest' }]), /partition of a is -1/],
    [() => admin.listOffsets([{ topic: 'a', partition: 0, at: -1 }]), /time for a-0 is -1/],
    [() => admin.deleteRecords([{ topic: 'a', partition: 0, before: 0.5 }]), /before of a-0 is 0.5/],
    [() => admin.describeTopics(['a'], { pagePartitions: 0 }), /pagePartitions is 0/],
  ];
  for (const [fault, message] of faults) {
    await assert.rejects(fault, (error: unknown) => {
      assert.ok(error instanceof KafkaError);
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.match(error.message, message);
      return true;
    });
  }
});

test('nothing asked is nothing answered', async (context) => {
  const { admin } = await adminFor(context);
  assert.equal((await admin.createTopics([])).size, 0);
  assert.equal((await admin.describeTopics([])).size, 0);
  assert.equal((await admin.listOffsets([])).size, 0);
});

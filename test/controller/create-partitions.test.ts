import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PartitionIncrease } from '../../src/controller/create-partitions.ts';
import { answers, Cluster, topic } from './cluster-fixture.ts';

const grow = (name: string, count: number, assignments: number[][] | null = null): PartitionIncrease => ({
  name,
  count,
  assignments: assignments && assignments.map((brokerIds) => ({ brokerIds })),
});

async function withTopic(): Promise<Cluster> {
  const cluster = await Cluster.start();
  await cluster.create(topic('t', { numPartitions: 3 }), topic('u'));
  return cluster;
}

suite('createPartitions', () => {
  test('a topic grows; what it had stays as it was', async () => {
    const cluster = await withTopic();
    const before = cluster.image.topics.get('t')!;
    const results = await cluster.done(
      cluster.controller.createPartitions({ topics: [grow('t', 200), grow('u', 2, [[1]])], validateOnly: false }),
    );
    assert.deepEqual(answers(results), [
      ['NONE', null],
      ['NONE', null],
    ]);
    const after = cluster.image.topics.get('t')!;
    assert.equal(after.id, before.id);
    assert.equal(after.partitions.length, 200);
    assert.deepEqual(after.partitions.slice(0, 3), before.partitions);
    assert.equal(cluster.image.topics.get('u')!.partitions.length, 2);
  });

  const refusals: [string, PartitionIncrease[], (string | null)[]][] = [
    ['an unknown topic', [grow('none', 3)], ['UNKNOWN_TOPIC_OR_PARTITION', null]],
    ['the count it has', [grow('t', 3)], ['INVALID_PARTITIONS', 'Topic already has 3 partition(s).']],
    [
      'fewer',
      [grow('t', 2)],
      ['INVALID_PARTITIONS', 'The topic t currently has 3 partition(s); 2 would not be an increase.'],
    ],
    ['a name twice', [grow('t', 5), grow('t', 6)], ['INVALID_REQUEST', 'Duplicate topic name.']],
    [
      'too few assignments',
      [grow('t', 5, [[1]])],
      [
        'INVALID_REPLICA_ASSIGNMENT',
        'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
      ],
    ],
    [
      'no assignments',
      [grow('t', 4, [])],
      [
        'INVALID_REPLICA_ASSIGNMENT',
        'Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified.',
      ],
    ],
    [
      'an unknown broker',
      [grow('t', 4, [[99]])],
      [
        'INVALID_REPLICA_ASSIGNMENT',
        'The manual partition assignment includes broker 99, but no such broker is registered.',
      ],
    ],
    [
      'a broker twice',
      [grow('t', 5, [[1], [1, 1]])],
      ['INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes the broker 1 more than once.'],
    ],
    [
      'no broker',
      [grow('t', 4, [[]])],
      ['INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes an empty replica list.'],
    ],
    ['too many', [grow('t', 10_004)], ['POLICY_VIOLATION', 'Excessively large number of partitions per request.']],
  ];
  for (const [title, topics, expected] of refusals) {
    test(`${title}: refused, also by validateOnly`, async () => {
      const cluster = await withTopic();
      const before = cluster.image;
      for (const validateOnly of [true, false]) {
        const results = await cluster.done(cluster.controller.createPartitions({ topics, validateOnly }));
        assert.deepEqual(answers(results), [expected]);
      }
      assert.equal(cluster.image, before);
    });
  }

  test('validateOnly changes nothing', async () => {
    const cluster = await withTopic();
    const before = cluster.image;
    const results = await cluster.done(
      cluster.controller.createPartitions({ topics: [grow('t', 4)], validateOnly: true }),
    );
    assert.deepEqual(answers(results), [['NONE', null]]);
    assert.equal(cluster.image, before);
  });
});

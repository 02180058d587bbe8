import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import type { NewTopic } from '../../src/controller/create-topics.ts';
import { TXN_OPS_MAX } from '../../src/metadata/metadata-store.ts';
import { E } from '../../src/protocol/errors.ts';
import { internalTopic } from '../../src/controller/internal-topics.ts';
import { answers, BROKER_ID, Cluster, createTopic, topic } from './cluster-fixture.ts';

const manual = (name: string, ...assignments: [number, number[]][]): NewTopic =>
  topic(name, {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
  });
const withConfigs = (name: string, ...configs: [string, string | null][]): NewTopic =>
  topic(name, { configs: configs.map(([key, value]) => ({ name: key, value })) });

/** Asks by validateOnly, which runs every check and changes nothing. */
async function ask(cluster: Cluster, ...topics: NewTopic[]): Promise<(string | null)[][]> {
  const before = cluster.image;
  const results = await cluster.done(cluster.controller.createTopics({ topics, validateOnly: true }));
  assert.equal(cluster.image, before);
  return answers(results);
}

const unknown = (id: number): string =>
  `The manual partition assignment includes broker ${id}, but no such broker is registered.`;

suite('createTopics', () => {
  test('a topic has the counts it was asked for, an id, and a leader on each partition', async () => {
    const cluster = await Cluster.start();
    const [result] = await cluster.done(
      cluster.controller.createTopics({ topics: [topic('orders', { numPartitions: 3 })], validateOnly: false }),
    );
    assert.equal(result!.error, E.NONE);
    assert.equal(result!.numPartitions, 3);
    assert.equal(result!.replicationFactor, 1);
    const created = cluster.image.topics.get('orders');
    assert.ok(created !== undefined);
    assert.equal(created.id, result!.topicId);
    assert.equal(cluster.image.topicById(result!.topicId), created);
    assert.equal(created.partitions.length, 3);
    for (const partition of created.partitions) {
      assert.equal(partition.leader, BROKER_ID);
      assert.equal(partition.leaderEpoch, 0);
      assert.deepEqual(partition.isr, [BROKER_ID]);
      assert.deepEqual(partition.replicas, [BROKER_ID]);
    }
  });

  test('-1 means the defaults of the broker', async () => {
    const cluster = await Cluster.start({ settings: { 'num.partitions': '4', 'default.replication.factor': '1' } });
    const results = await cluster.done(
      cluster.controller.createTopics({
        topics: [topic('defaults', { numPartitions: -1, replicationFactor: -1 })],
        validateOnly: false,
      }),
    );
    assert.deepEqual([results[0]!.numPartitions, results[0]!.replicationFactor], [4, 1]);
  });

  test('settings given with a topic are its own from the start', async () => {
    const cluster = await Cluster.start();
    await cluster.create(withConfigs('compacted', ['cleanup.policy', 'compact'], ['segment.bytes', '1048576']));
    assert.deepEqual(
      [...cluster.image.config({ type: 'topic', name: 'compacted' })],
      [
        ['cleanup.policy', 'compact'],
        ['segment.bytes', '1048576'],
      ],
    );
  });

  test('illegal names are refused in the words of Kafka', async () => {
    const cluster = await Cluster.start();
    const long = 'x'.repeat(250);
    const wrong = "contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'";
    assert.deepEqual(
      await ask(cluster, ...['', '.', '..', 'a b', 'ctl/x', 'é', long, 'x'.repeat(249)].map((name) => topic(name))),
      [
        ['INVALID_TOPIC_EXCEPTION', 'Topic name is invalid: the empty string is not allowed'],
        ['INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '.' is not allowed"],
        ['INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '..' is not allowed"],
        ['INVALID_TOPIC_EXCEPTION', `Topic name is invalid: 'a b' ${wrong}`],
        ['INVALID_TOPIC_EXCEPTION', `Topic name is invalid: 'ctl/x' ${wrong}`],
        ['INVALID_TOPIC_EXCEPTION', `Topic name is invalid: 'é' ${wrong}`],
        [
          'INVALID_TOPIC_EXCEPTION',
          `Topic name is invalid: the length of '${long}' is longer than the max allowed length 249`,
        ],
        ['NONE', null],
      ],
    );
  });

  test('names that exist, or differ from one only by dots and underscores, are refused', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('a_b.c'), topic('plain'));
    assert.deepEqual(
      await ask(cluster, topic('a_b.c'), topic('a.b.c'), topic('a_b_c'), topic('plain'), topic('a-b.c')),
      [
        ['TOPIC_ALREADY_EXISTS', "Topic 'a_b.c' already exists."],
        ['INVALID_TOPIC_EXCEPTION', "Topic 'a.b.c' collides with existing topic: a_b.c"],
        ['INVALID_TOPIC_EXCEPTION', "Topic 'a_b_c' collides with existing topic: a_b.c"],
        ['TOPIC_ALREADY_EXISTS', "Topic 'plain' already exists."],
        ['NONE', null],
      ],
    );
    await cluster.done(cluster.controller.deleteTopics([{ name: 'a_b.c', topicId: ZERO_UUID }]));
    assert.deepEqual(await ask(cluster, topic('a.b.c')), [['NONE', null]], 'the name is free again');
  });

  test('a name given twice is refused once, the others are not', async () => {
    const cluster = await Cluster.start();
    const results = await cluster.done(
      cluster.controller.createTopics({ topics: [topic('twice'), topic('once'), topic('twice')], validateOnly: true }),
    );
    assert.deepEqual(
      results.map(({ name, error, message }) => [name, error.name, message]),
      [
        ['once', 'NONE', null],
        ['twice', 'INVALID_REQUEST', 'Duplicate topic name.'],
      ],
    );
  });

  test('counts that cannot be are refused, the replication factor first', async () => {
    const cluster = await Cluster.start();
    const replication = 'Replication factor must be larger than 0, or -1 to use the default value.';
    const partitions = 'Number of partitions was set to an invalid non-positive value.';
    assert.deepEqual(
      await ask(
        cluster,
        topic('a', { numPartitions: 0 }),
        topic('b', { numPartitions: -2 }),
        topic('c', { replicationFactor: 0 }),
        topic('d', { replicationFactor: -2, numPartitions: 0 }),
        topic('e', { replicationFactor: 3 }),
      ),
      [
        ['INVALID_PARTITIONS', partitions],
        ['INVALID_PARTITIONS', partitions],
        ['INVALID_REPLICATION_FACTOR', replication],
        ['INVALID_REPLICATION_FACTOR', replication],
        [
          'INVALID_REPLICATION_FACTOR',
          'Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.',
        ],
      ],
    );
  });

  test('manual assignments are checked as Kafka checks them', async () => {
    const cluster = await Cluster.start();
    const consecutive = 'partitions should be a consecutive 0-based integer sequence';
    assert.deepEqual(
      await ask(
        cluster,
        manual('ok', [1, [1]], [0, [1]]),
        manual('repeated', [0, [1]], [0, [1]]),
        manual('gap', [0, [1]], [2, [1]]),
        manual('late', [1, [1]]),
        manual('empty', [0, []]),
        manual('unknown', [0, [99, 98]]),
        manual('twice', [0, [1, 1]]),
        { ...manual('partitions', [0, [1]]), numPartitions: 1 },
        { ...manual('replicas', [0, [1]]), replicationFactor: 1 },
      ),
      [
        ['NONE', null],
        ['INVALID_REPLICA_ASSIGNMENT', 'Found multiple manual partition assignments for partition 0'],
        ['INVALID_REPLICA_ASSIGNMENT', consecutive],
        ['INVALID_REPLICA_ASSIGNMENT', consecutive],
        ['INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes an empty replica list.'],
        ['INVALID_REPLICA_ASSIGNMENT', unknown(98)],
        ['INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes the broker 1 more than once.'],
        ['INVALID_REQUEST', 'A manual partition assignment was specified, but numPartitions was not set to -1.'],
        ['INVALID_REQUEST', 'A manual partition assignment was specified, but replication factor was not set to -1.'],
      ],
    );
  });

  test('settings are checked as Kafka checks them', async () => {
    const cluster = await Cluster.start();
    assert.deepEqual(
      await ask(
        cluster,
        withConfigs('ok', ['retention.ms', '1'], ['retention.ms', '2']),
        withConfigs('unknown', ['nope', '1']),
        withConfigs('value', ['retention.ms', 'abc']),
        withConfigs('null', ['retention.ms', null], ['segment.ms', null]),
        withConfigs('bounds', ['segment.bytes', '1']),
        withConfigs('together', ['min.compaction.lag.ms', '10'], ['max.compaction.lag.ms', '5']),
      ),
      [
        ['NONE', null],
        ['INVALID_CONFIG', 'Unknown topic config name: nope'],
        ['INVALID_CONFIG', 'Invalid value abc for configuration retention.ms: Not a number of type LONG'],
        ['INVALID_CONFIG', 'Null value not supported for topic configs: retention.ms,segment.ms'],
        ['INVALID_CONFIG', 'Invalid value 1 for configuration segment.bytes: Value must be at least 1048576'],
        ['INVALID_CONFIG', 'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)'],
      ],
    );
  });

  test('too many partitions in one request refuse all of it', async () => {
    const cluster = await Cluster.start();
    const many = ['POLICY_VIOLATION', 'Excessively large number of partitions per request.'];
    assert.deepEqual(
      await ask(cluster, topic('a', { numPartitions: 6000 }), topic('b', { numPartitions: 4001 }), topic('c')),
      [many, many, many],
    );
    assert.deepEqual(await ask(cluster, topic('a', { numPartitions: 10_000 })), [
      ['POLICY_VIOLATION', 'Unable to perform excessively large batch operation.'],
    ]);
    assert.deepEqual(await ask(cluster, topic('a', { numPartitions: 9999 })), [['NONE', null]]);
  });

  test("Kafka's metadata topic cannot be created", async () => {
    const cluster = await Cluster.start();
    assert.deepEqual(await ask(cluster, topic('__cluster_metadata')), [
      ['INVALID_REQUEST', 'Creation of internal topic __cluster_metadata is prohibited.'],
    ]);
  });

  test('a topic of more partitions than a transaction holds comes to be as a whole', async () => {
    const cluster = await Cluster.start();
    const seen = new Set<number | undefined>();
    cluster.view.subscribe((image) => seen.add(image.topics.get('large')?.partitions.length));
    await cluster.create(topic('large', { numPartitions: 1000 }));
    assert.equal(cluster.image.topics.get('large')?.partitions.length, 1000);
    assert.deepEqual(
      [...seen].filter((count) => count !== undefined),
      [1000],
    );
  });

  test('requests at once take turns: of two for one name, one wins', async () => {
    const cluster = await Cluster.start();
    const asked = Array.from({ length: 5 }, () => createTopic(cluster.controller, topic('wanted')));
    const results = await cluster.done(Promise.all(asked));
    assert.deepEqual(
      results.map(({ error }) => error.name),
      ['NONE', ...Array.from({ length: 4 }, () => 'TOPIC_ALREADY_EXISTS')],
    );
  });
});

suite('internal topics', () => {
  test('have the settings that Kafka gives them, and no more replicas than there are brokers', async () => {
    const cluster = await Cluster.start();
    for (const name of ['__consumer_offsets', '__transaction_state', '__share_group_state'] as const) {
      const result = await cluster.done(createTopic(cluster.controller, internalTopic(cluster, name)));
      assert.deepEqual([result.error.name, result.numPartitions, result.replicationFactor], ['NONE', 50, 1]);
    }
    const settings = (name: string): object => Object.fromEntries(cluster.image.config({ type: 'topic', name }));
    assert.deepEqual(settings('__consumer_offsets'), {
      'cleanup.policy': 'compact',
      'compression.type': 'producer',
      'segment.bytes': '104857600',
    });
    assert.deepEqual(settings('__transaction_state'), {
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      'unclean.leader.election.enable': 'false',
      'segment.bytes': '104857600',
      'min.insync.replicas': '1',
    });
    assert.deepEqual(settings('__share_group_state'), {
      'cleanup.policy': 'delete',
      'compression.type': 'producer',
      'retention.ms': '-1',
      'segment.bytes': '104857600',
      'min.insync.replicas': '1',
    });
  });
});

suite('many topics at once', () => {
  test('a thousand are a few transactions', async () => {
    const cluster = await Cluster.start();
    const before = cluster.image.revision;
    await cluster.create(...Array.from({ length: 1000 }, (_, index) => topic(`topic-${index}`, { numPartitions: 1 })));
    assert.equal(cluster.image.topics.size, 1000);
    assert.equal(cluster.image.revision - before, Math.ceil(2000 / TXN_OPS_MAX));
  });

  test('one that no transaction holds is refused, and those beside it are made', async () => {
    const cluster = await Cluster.start();
    const huge = withConfigs('huge', ['leader.replication.throttled.replicas', '1:1,'.repeat(400_000) + '1:1']);
    const topics = [topic('before'), huge, topic('after')];
    const results = await cluster.done(cluster.controller.createTopics({ topics, validateOnly: false }));
    assert.deepEqual(
      results.map(({ name, error }) => [name, error.name]),
      [
        ['before', 'NONE'],
        ['huge', 'INVALID_REQUEST'],
        ['after', 'NONE'],
      ],
    );
    assert.deepEqual([...cluster.image.topics.keys()].toSorted(), ['after', 'before']);
  });
});

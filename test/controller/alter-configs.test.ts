import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { IncrementalResource, ReplacedResource } from '../../src/controller/alter-configs.ts';
import { answers, Cluster, topic } from './cluster-fixture.ts';

const TOPIC = 2;
const BROKER = 4;
const CLIENT_METRICS = 16;
const GROUP = 32;
const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

const change = (
  resourceType: number,
  resourceName: string,
  ...configs: [string, number, string | null][]
): IncrementalResource => ({
  resourceType,
  resourceName,
  configs: configs.map(([name, configOperation, value]) => ({ name, configOperation, value })),
});
const replace = (
  resourceType: number,
  resourceName: string,
  ...configs: [string, string | null][]
): ReplacedResource => ({
  resourceType,
  resourceName,
  configs: configs.map(([name, value]) => ({ name, value })),
});

async function alter(cluster: Cluster, ...resources: IncrementalResource[]): Promise<(string | null)[][]> {
  return answers(await cluster.done(cluster.controller.incrementalAlterConfigs({ resources, validateOnly: false })));
}

async function withTopic(): Promise<Cluster> {
  const cluster = await Cluster.start();
  await cluster.create(topic('t'));
  return cluster;
}

const settingsOf = (cluster: Cluster, name = 't'): object =>
  Object.fromEntries(cluster.image.config({ type: 'topic', name }));
const OK = ['NONE', null];

/** A long list for the settings of throttled replicas. */
const throttled = (from: number): string => Array.from({ length: 4000 }, (_, index) => `${from + index}:1`).join(',');

suite('incrementalAlterConfigs', () => {
  test('sets, appends, subtracts and deletes', async () => {
    const cluster = await withTopic();
    assert.deepEqual(await alter(cluster, change(TOPIC, 't', ['retention.ms', SET, '5000'])), [OK]);
    assert.deepEqual(await alter(cluster, change(TOPIC, 't', ['cleanup.policy', APPEND, 'compact'])), [OK]);
    assert.deepEqual(settingsOf(cluster), { 'retention.ms': '5000', 'cleanup.policy': 'delete,compact' });
    assert.deepEqual(await alter(cluster, change(TOPIC, 't', ['cleanup.policy', SUBTRACT, 'delete'])), [OK]);
    assert.deepEqual(settingsOf(cluster), { 'retention.ms': '5000', 'cleanup.policy': 'compact' });
    const reset = change(TOPIC, 't', ['cleanup.policy', DELETE, null], ['retention.ms', DELETE, '']);
    assert.deepEqual(await alter(cluster, reset), [OK]);
    assert.equal(cluster.image.configs.size, 0, 'nothing is left of it');
  });

  test('a change is told to who follows the image', async () => {
    const cluster = await withTopic();
    const told: string[] = [];
    cluster.view.subscribe((_, { configsChanged }) =>
      told.push(...configsChanged.map(({ type, name }) => `${type}/${name}`)),
    );
    await alter(
      cluster,
      change(TOPIC, 't', ['retention.ms', SET, '5000']),
      change(BROKER, '', ['log.retention.ms', SET, '6000000']),
      change(BROKER, '1', ['log.retention.ms', SET, '6000000']),
      change(GROUP, 'g/1', ['consumer.session.timeout.ms', SET, '50000']),
      change(CLIENT_METRICS, 'm', ['interval.ms', SET, '50000']),
    );
    assert.deepEqual(told, ['topic/t', 'broker/', 'broker/1', 'group/g/1', 'client-metrics/m']);
    const { revision } = cluster.image;
    await alter(cluster, change(TOPIC, 't', ['retention.ms', SET, '5000']));
    assert.equal(cluster.image.revision, revision, 'the same again is no change');
  });

  const refusals: [string, IncrementalResource[], (string | null)[][]][] = [
    [
      'resources that are not there or cannot be',
      [
        change(TOPIC, 'none', ['retention.ms', SET, '5']),
        change(TOPIC, 'a b', ['retention.ms', SET, '5']),
        change(TOPIC, '', ['retention.ms', SET, '5']),
        change(GROUP, '', ['consumer.session.timeout.ms', SET, '50000']),
        change(BROKER, '99', ['log.retention.ms', SET, '6']),
        change(BROKER, 'abc', ['log.retention.ms', SET, '6']),
        change(CLIENT_METRICS, '', ['interval.ms', SET, '50000']),
        change(3, 'x', ['a', SET, '5']),
      ],
      [
        ['UNKNOWN_TOPIC_OR_PARTITION', "The topic 'none' does not exist."],
        [
          'INVALID_TOPIC_EXCEPTION',
          "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ],
        ['INVALID_REQUEST', 'Default topic resources are not allowed.'],
        ['INVALID_REQUEST', 'Default group resources are not allowed.'],
        ['INVALID_REQUEST', 'Unexpected broker id, expected 1, but received 99'],
        ['INVALID_REQUEST', 'Node id must be an integer, but it is: abc'],
        ['INVALID_REQUEST', "Subscription name can't be empty"],
        ['INVALID_REQUEST', 'Unknown resource type 3'],
      ],
    ],
    [
      'a setting is judged before the topic is looked for',
      [change(TOPIC, 'none', ['zork', SET, 'x'])],
      [['INVALID_CONFIG', 'Unknown topic config name: zork']],
    ],
    [
      'a null to set or append',
      [change(TOPIC, 't', ['retention.ms', SET, null]), change(BROKER, '', ['log.cleanup.policy', APPEND, null])],
      [
        ['INVALID_REQUEST', 'Null value not supported for : retention.ms'],
        ['INVALID_REQUEST', 'Null value not supported for : log.cleanup.policy'],
      ],
    ],
    [
      'an append to what is no list',
      [change(TOPIC, 't', ['retention.ms', APPEND, '5'])],
      [['INVALID_CONFIG', "Can't APPEND to key retention.ms because its type is not LIST."]],
    ],
    ['an unknown operation', [change(TOPIC, 't', ['retention.ms', 9, '5'])], [['UNKNOWN_SERVER_ERROR', null]]],
    [
      'a key twice',
      [change(TOPIC, 't', ['retention.ms', SET, '5'], ['retention.ms', SET, '6'])],
      [['INVALID_REQUEST', 'Error due to duplicate config keys']],
    ],
    [
      'a resource twice',
      [change(TOPIC, 't', ['retention.ms', SET, '5']), change(TOPIC, 't', ['retention.bytes', SET, '5'])],
      [
        ['INVALID_REQUEST', 'Each resource must appear at most once.'],
        ['INVALID_REQUEST', 'Each resource must appear at most once.'],
      ],
    ],
    [
      'settings of a broker that only a start takes',
      [change(BROKER, '1', ['log.dirs', SET, '/x'])],
      [['INVALID_REQUEST', 'Cannot update these configs dynamically: [log.dirs]']],
    ],
  ];
  for (const [title, resources, expected] of refusals) {
    test(`refused: ${title}`, async () => {
      const cluster = await withTopic();
      const before = cluster.image;
      assert.deepEqual(await alter(cluster, ...resources), expected);
      assert.equal(cluster.image, before);
    });
  }

  test('a refused resource does not hold up the others', async () => {
    const cluster = await withTopic();
    const results = await alter(
      cluster,
      change(TOPIC, 'none', ['retention.ms', SET, '5']),
      change(TOPIC, 't', ['retention.ms', SET, '5']),
    );
    assert.deepEqual(
      results.map(([name]) => name),
      ['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
    );
    assert.deepEqual(settingsOf(cluster), { 'retention.ms': '5' });
  });

  test('a value that no answer could carry is refused, and so is a name that no store holds', async () => {
    const cluster = await withTopic();
    const key = 'leader.replication.throttled.replicas';
    assert.deepEqual(await alter(cluster, change(TOPIC, 't', [key, SET, throttled(0)])), [OK]);
    assert.deepEqual(await alter(cluster, change(TOPIC, 't', [key, APPEND, throttled(9000)])), [
      [
        'INVALID_CONFIG',
        'The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.',
      ],
    ]);
    const [[error] = []] = await alter(
      cluster,
      change(GROUP, 'g'.repeat(30_000), ['consumer.session.timeout.ms', SET, '50000']),
    );
    assert.equal(error, 'INVALID_REQUEST');
    assert.deepEqual(settingsOf(cluster), { [key]: throttled(0) });
  });

  test('validateOnly changes nothing', async () => {
    const cluster = await withTopic();
    const before = cluster.image;
    const resources = [change(TOPIC, 't', ['retention.ms', SET, '5'])];
    await cluster.done(cluster.controller.incrementalAlterConfigs({ resources, validateOnly: true }));
    assert.equal(cluster.image, before);
  });
});

suite('alterConfigs', () => {
  test('what is not named is reset', async () => {
    const cluster = await withTopic();
    const alterConfigs = async (...resources: ReplacedResource[]): Promise<(string | null)[][]> =>
      answers(await cluster.done(cluster.controller.alterConfigs({ resources, validateOnly: false })));
    assert.deepEqual(await alterConfigs(replace(TOPIC, 't', ['retention.ms', '5'], ['segment.ms', '7'])), [OK]);
    assert.deepEqual(await alterConfigs(replace(TOPIC, 't', ['segment.ms', '8'])), [OK]);
    assert.deepEqual(settingsOf(cluster), { 'segment.ms': '8' });
    assert.deepEqual(await alterConfigs(replace(TOPIC, 't', ['retention.ms', 'x'])), [
      ['INVALID_CONFIG', 'Invalid value x for configuration retention.ms: Not a number of type LONG'],
    ]);
    assert.deepEqual(await alterConfigs(replace(TOPIC, 't', ['retention.ms', '1'], ['retention.ms', '2'])), [
      ['INVALID_REQUEST', 'Error due to duplicate config keys'],
    ]);
    assert.deepEqual(settingsOf(cluster), { 'segment.ms': '8' });
    assert.deepEqual(await alterConfigs(replace(TOPIC, 't')), [OK]);
    assert.deepEqual(settingsOf(cluster), {});
  });
});

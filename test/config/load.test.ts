import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidConfiguration } from '../../src/config/invalid-configuration.ts';
import { loadConfig } from '../../src/config/load.ts';
import { resolveTopicConfig } from '../../src/config/topic-config.ts';

function problemsOf(sources: Parameters<typeof loadConfig>[0]): readonly string[] {
  try {
    loadConfig(sources);
  } catch (error) {
    assert.ok(error instanceof InvalidConfiguration);
    return error.problems;
  }
  return [];
}

describe('loading the configuration', () => {
  it('takes the development profile when nothing is configured', () => {
    const { config, profile } = loadConfig({});
    assert.equal(profile, 'development');
    assert.deepEqual(config.get('listeners'), ['PLAINTEXT://localhost:9092']);
    assert.equal(config.get('group.initial.rebalance.delay.ms'), 0);
    assert.equal(config.get('posthorn.group.disconnect.grace.ms'), 200);
    assert.equal(config.get('node.id'), 1);
  });

  it("gives Kafka's own behaviour in the production profile, or where a key is set", () => {
    const { config } = loadConfig({ overrides: { profile: 'production' } });
    assert.deepEqual(config.get('listeners'), ['PLAINTEXT://:9092']);
    assert.equal(config.get('group.initial.rebalance.delay.ms'), 3000);
    assert.equal(config.get('posthorn.group.disconnect.grace.ms'), -1);
    const set = loadConfig({ overrides: { 'group.initial.rebalance.delay.ms': 3000 } });
    assert.equal(set.config.get('group.initial.rebalance.delay.ms'), 3000);
  });

  it('prefers overrides to the environment, that to the file, and that to the defaults', () => {
    const file = { name: 'server.properties', text: 'num.partitions=2\nlog.retention.hours=1\nnum.io.threads=3' };
    const environment = { KAFKA_NUM_PARTITIONS: '3', KAFKA_LOG_RETENTION_HOURS: '2', PATH: '/bin' };
    const { config } = loadConfig({ file, environment, overrides: { 'num.partitions': 4 } });
    assert.equal(config.get('num.partitions'), 4);
    assert.equal(config.get('log.retention.hours'), 2);
    assert.equal(config.get('num.io.threads'), 3);
    assert.equal(config.get('num.network.threads'), 3);
  });

  it('names key, value, origin and the nearest known name of an unknown setting', () => {
    const problems = problemsOf({ file: { name: 'server.properties', text: '\nlog.retention.houres=5' } });
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /server\.properties, line 2: there is no setting log\.retention\.houres \(value "5"\)/);
    assert.match(problems[0]!, /Did you mean log\.retention\.hours/);
  });

  it('names what is allowed where a value is bad, and all problems at once', () => {
    const problems = problemsOf({
      overrides: { 'num.partitions': 0, 'compression.type': 'rar', 'log.preallocate': 'si' },
    });
    assert.deepEqual(problems, [
      'override: num.partitions=0 is not valid. Allowed: a whole number, 1 to 2147483647.',
      'override: compression.type=rar is not valid. Allowed: one of uncompressed, zstd, lz4, snappy, gzip, producer.',
      'override: log.preallocate=si is not valid. Allowed: true or false.',
    ]);
  });

  it('refuses settings that contradict each other', () => {
    assert.deepEqual(problemsOf({ overrides: { 'node.id': 1, 'broker.id': 2 } }), [
      'You must set `node.id` to the same value as `broker.id`.',
    ]);
    assert.deepEqual(problemsOf({ overrides: { 'group.max.session.timeout.ms': 10, 'log.retention.ms': 0 } }), [
      'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
      'group.max.session.timeout.ms must be greater than or equal to group.min.session.timeout.ms',
    ]);
    assert.deepEqual(problemsOf({ overrides: { listeners: 'localhost:9092' } }), [
      'listeners: localhost:9092 is not NAME://host:port',
    ]);
  });

  it('names what is accepted without effect, and warns where that is dangerous', () => {
    const { withoutEffect, warnings } = loadConfig({
      overrides: {
        'num.partitions': 3,
        'num.io.threads': 4,
        'controller.quorum.voters': '1@localhost:9093',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin',
        'rsm.config.dir': '/x',
        'listener.name.inner.ssl.client.auth': 'required',
      },
    });
    assert.deepEqual(withoutEffect, [
      'authorizer.class.name',
      'controller.quorum.voters',
      'listener.name.inner.ssl.client.auth',
      'num.io.threads',
      'rsm.config.dir',
      'super.users',
    ]);
    assert.match(warnings.join(), /whoever reaches this broker may do everything/);
  });

  it('tells what is gone since Kafka 4.0', () => {
    const [problem] = problemsOf({ overrides: { 'zookeeper.connect': 'localhost:2181' } });
    assert.equal(
      problem,
      'override: the setting zookeeper.connect (value "localhost:2181") is gone since Kafka 4.0. Take it out.',
    );
  });

  it('listens everywhere when only the addresses for clients come from the environment, as the image of Kafka does', () => {
    const { config } = loadConfig({ environment: { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker.example:9094' } });
    assert.deepEqual(config.get('listeners'), ['PLAINTEXT://0.0.0.0:9094']);
    assert.deepEqual(config.get('advertised.listeners'), ['PLAINTEXT://broker.example:9094']);
  });

  it('refuses a process that is no broker', () => {
    assert.match(problemsOf({ overrides: { 'process.roles': 'controller' } })[0]!, /always a broker/);
  });

  it('keeps node.id and its older name equal', () => {
    const { config } = loadConfig({ overrides: { 'broker.id': 7 } });
    assert.deepEqual([config.get('node.id'), config.get('broker.id')], [7, 7]);
  });

  it('takes settings of one listener, and of its SASL mechanism', () => {
    const { config, withoutEffect } = loadConfig({
      overrides: { 'listener.name.inner.max.connections': 5, 'listener.name.inner.plain.sasl.jaas.config': 'x' },
    });
    assert.equal(config.text('listener.name.inner.max.connections'), '5');
    assert.deepEqual(withoutEffect, [
      'listener.name.inner.max.connections',
      'listener.name.inner.plain.sasl.jaas.config',
    ]);
    assert.match(problemsOf({ overrides: { 'listener.name.inner.max.conections': 5 } })[0]!, /max\.connections/);
  });

  it('reads the environment as the image of Kafka does, and leaves out what is no setting', () => {
    const { config } = loadConfig({
      environment: {
        KAFKA_NUM_PARTITIONS: '5',
        KAFKA_LISTENER_NAME_IN__SIDE_MAX_CONNECTIONS: '6',
        POSTHORN_FLUSH_POLICY: 'group',
        POSTHORN_PROFILE: 'production',
        KAFKA_HEAP_OPTS: '-Xmx1g',
        KAFKA_JVM_PERFORMANCE_OPTS: '',
        KAFKA_BROKERS: 'elsewhere:9092',
        CLUSTER_ID: 'x',
      },
    });
    assert.equal(config.get('num.partitions'), 5);
    assert.equal(config.text('listener.name.in_side.max.connections'), '6');
    assert.equal(config.get('posthorn.flush.policy'), 'group');
    assert.equal(config.get('profile'), 'production');
  });

  it('names the variable of a bad or unknown setting in the environment', () => {
    assert.deepEqual(problemsOf({ environment: { KAFKA_NUM_IO_THREADS: 'many', KAFKA_LOG_DRIS: '/x' } }), [
      'environment variable KAFKA_NUM_IO_THREADS: num.io.threads=many is not valid. Allowed: a whole number, 1 to 2147483647.',
      'environment variable KAFKA_LOG_DRIS: there is no setting log.dris (value "/x"). Did you mean log.dirs, log.dir?',
    ]);
  });

  it('resolves a topic from its own settings and those of the broker', () => {
    const { config } = loadConfig({ overrides: { 'log.retention.minutes': 3, 'log.segment.bytes': 2097152 } });
    const topic = resolveTopicConfig(new Map([['cleanup.policy', 'compact,delete']]), config);
    assert.equal(topic.retentionMs, 180_000);
    assert.equal(topic.segmentBytes, 2_097_152);
    assert.deepEqual(topic.cleanupPolicy, { delete: true, compact: true });
    assert.equal(topic.maxCompactionLagMs, Number.MAX_SAFE_INTEGER);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidConfiguration, loadConfig } from '../../src/config/load.ts';
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
      'override: num.partitions=0 is not valid: Value must be at least 1. Allowed: a whole number, 1 or more.',
      'override: compression.type=rar is not valid: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer. Allowed: one of uncompressed, zstd, lz4, snappy, gzip, producer.',
      'override: log.preallocate=si is not valid: Expected value to be either true or false. Allowed: true or false.',
    ]);
  });

  it('never shows a bad secret', () => {
    const problems = problemsOf({ overrides: { 'node.id': '1', 'broker.id': '2' } });
    assert.equal(problems.length, 1);
  });

  it('resolves a topic from its own settings and those of the broker', () => {
    const { config } = loadConfig({ overrides: { 'log.retention.minutes': 3, 'log.segment.bytes': 2097152 } });
    const topic = resolveTopicConfig(new Map([['cleanup.policy', 'compact,delete']]), config);
    assert.equal(topic.retentionMs, 180_000);
    assert.equal(topic.segmentBytes, 2_097_152);
    assert.ok(topic.cleanupCompact && topic.cleanupDelete);
    assert.equal(topic.maxCompactionLagMs, Number.MAX_SAFE_INTEGER);
  });
});

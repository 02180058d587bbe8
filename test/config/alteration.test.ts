import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Alteration,
  type Altered,
  applyIncremental,
  applyReplacement,
  type Rejection,
} from '../../src/config/alteration.ts';
import { type BrokerScope, brokerTable, validateBrokerSettings } from '../../src/config/broker-alteration.ts';
import { CLIENT_METRICS_TABLE, validateClientMetricsSettings } from '../../src/config/client-metrics-config.ts';
import { groupTable, groupValue, validateGroupSettings } from '../../src/config/group-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { topicTable, validateTopicSettings } from '../../src/config/topic-alteration.ts';

const { config } = loadConfig({ overrides: { profile: 'production', 'log.dirs': '/data' } });
const NONE: ReadonlyMap<string, string> = new Map();

/** `set:retention.ms=5`, `append:cleanup.policy=compact`, `delete:retention.ms`. */
function alterations(...texts: readonly string[]): readonly Alteration[] {
  return texts.map((text) => {
    const [, op, name, value] = /^(set|delete|append|subtract):([^=]+)(?:=(.*))?$/.exec(text)!;
    return { op: op as Alteration['op'], name: name!, value: value ?? null };
  });
}

function outcome(altered: Altered, validate: (texts: ReadonlyMap<string, string>) => Rejection | null): string {
  const rejection = altered.ok ? validate(altered.texts) : altered.rejection;
  return rejection === null ? 'ok' : `${rejection.kind}: ${rejection.message}`;
}

function onTopic(...texts: readonly string[]): string {
  const altered = applyIncremental(NONE, alterations(...texts), topicTable(config));
  return outcome(altered, (result) => validateTopicSettings(result, config));
}

function onGroup(...texts: readonly string[]): string {
  const altered = applyIncremental(NONE, alterations(...texts), groupTable(config));
  return outcome(altered, (result) => validateGroupSettings(result, config));
}

function onBroker(scope: BrokerScope, ...texts: readonly string[]): string {
  const altered = applyIncremental(NONE, alterations(...texts), brokerTable(config));
  return outcome(altered, (result) => validateBrokerSettings(scope, result, config));
}

function onClientMetrics(subscription: string, ...texts: readonly string[]): string {
  const altered = applyIncremental(NONE, alterations(...texts), CLIENT_METRICS_TABLE);
  return outcome(altered, (result) => validateClientMetricsSettings(subscription, result));
}

function cleanupPolicyAfter(...texts: readonly string[]): string | undefined {
  const altered = applyIncremental(NONE, alterations(...texts), topicTable(config));
  return altered.ok ? altered.texts.get('cleanup.policy') : undefined;
}

function threads(name: string, value: number, limit: string): string {
  return (
    'invalid-request: Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update ' +
    `validation failed for ${name}=${value}, value should ${limit} for configuration Invalid dynamic configuration`
  );
}

// What Kafka 4.3.1 answered to the same requests.
describe('changes of a topic', () => {
  const cases: readonly (readonly [string | readonly string[], string])[] = [
    ['set:nosuch=1', 'invalid-config: Unknown topic config name: nosuch'],
    ['delete:nosuch', 'ok'],
    [
      'set:retention.ms=abc',
      'invalid-config: Invalid value abc for configuration retention.ms: Not a number of type LONG',
    ],
    [
      'set:min.insync.replicas=0',
      'invalid-config: Invalid value 0 for configuration min.insync.replicas: Value must be at least 1',
    ],
    ['set:cleanup.policy=', 'ok'],
    ['set:cleanup.policy=compact,compact', 'ok'],
    ['set:cleanup.policy=compact,,delete', "invalid-config: Configuration 'cleanup.policy' values must not be empty."],
    [
      'set:cleanup.policy=zork',
      'invalid-config: Invalid value zork for configuration cleanup.policy: String must be one of: compact, delete',
    ],
    ['append:cleanup.policy=compact', 'ok'],
    ['append:retention.ms=1', "invalid-config: Can't APPEND to key retention.ms because its type is not LIST."],
    ['subtract:retention.ms=1', "invalid-config: Can't SUBTRACT to key retention.ms because its type is not LIST."],
    ['append:nosuch=1', "invalid-config: Can't APPEND to key nosuch because its type is not LIST."],
    ['set:retention.ms', 'invalid-request: Null value not supported for : retention.ms'],
    [['set:retention.ms=1', 'set:retention.ms=2'], 'invalid-request: Error due to duplicate config keys'],
    [['set:retention.ms=abc', 'set:nosuch=1'], 'invalid-config: Unknown topic config name: nosuch'],
    ['set:internal.segment.bytes=1000', 'ok'],
    [
      'set:remote.storage.enable=true',
      'invalid-config: Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    ],
    [['set:local.retention.ms=100', 'set:retention.ms=10'], 'ok'],
    [
      ['set:min.compaction.lag.ms=100', 'set:max.compaction.lag.ms=10'],
      'invalid-config: conflict topic config setting min.compaction.lag.ms (100) > max.compaction.lag.ms (10)',
    ],
    ['set:min.compaction.lag.ms=9223372036854775807', 'ok'],
    [
      'set:posthorn.flush.policy=never',
      'invalid-config: Invalid value never for configuration posthorn.flush.policy: String must be one of: os, group',
    ],
  ];
  for (const [texts, expected] of cases) {
    it(`${String(texts)} is answered as by Kafka`, () => assert.equal(onTopic(...[texts].flat()), expected));
  }

  it('append to what the broker gives, and subtract from it', () => {
    assert.equal(cleanupPolicyAfter('append:cleanup.policy=compact'), 'delete,compact');
    assert.equal(cleanupPolicyAfter('append:cleanup.policy=delete'), 'delete');
    assert.equal(cleanupPolicyAfter('subtract:cleanup.policy= compact , delete'), '');
  });

  it('have a longest value and a largest number', () => {
    assert.match(
      onTopic(`set:leader.replication.throttled.replicas=${'1'.repeat(32_768)}`),
      /maximum value size of 32767/,
    );
    const many = Array.from({ length: 1_001 }, (_, i) => ({ name: `n${i}`, value: '' }));
    assert.equal(applyReplacement(many).ok, false);
    assert.equal(applyReplacement(many.slice(1)).ok, true);
  });

  it('replace everything with AlterConfigs', () => {
    const altered = applyReplacement([{ name: 'retention.ms', value: '5' }]);
    assert.deepEqual(altered.ok && [...altered.texts], [['retention.ms', '5']]);
    const twice = applyReplacement([
      { name: 'a', value: '5' },
      { name: 'a', value: '6' },
    ]);
    assert.equal(twice.ok ? '' : twice.rejection.message, 'Error due to duplicate config keys');
  });
});

describe('changes of a broker', () => {
  const cases: readonly (readonly [BrokerScope, string | readonly string[], string])[] = [
    [
      'broker',
      ['set:node.id=2', 'set:num.partitions=5'],
      'invalid-request: Cannot update these configs dynamically: [node.id, num.partitions]',
    ],
    ['cluster', 'set:node.id=3', 'invalid-request: Cannot update these configs dynamically: [node.id]'],
    ['broker', 'delete:node.id', 'ok'],
    ['broker', 'set:nosuch=5', 'ok'],
    ['broker', 'append:nosuch=5', 'invalid-config: Unknown config name: nosuch'],
    [
      'broker',
      'append:log.retention.ms=5',
      'invalid-config: Config value append is not allowed for config key: log.retention.ms',
    ],
    ['broker', 'append:log.cleanup.policy=compact', 'ok'],
    [
      'cluster',
      'append:log.cleanup.policy=zork',
      'invalid-request: Invalid value zork for configuration log.cleanup.policy: String must be one of: compact, delete',
    ],
    [
      'broker',
      'set:ssl.keystore.location=/x',
      'invalid-request: These security configs can be dynamically updated only per-listener using the listener prefix: [ssl.keystore.location]',
    ],
    ['broker', 'set:listener.name.external.ssl.keystore.location=/x', 'ok'],
    [
      'cluster',
      'set:listener.name.external.ssl.keystore.location=/x',
      'invalid-request: Cannot update these configs at default cluster level, broker id must be specified: [listener.name.external.ssl.keystore.location]',
    ],
    [
      'cluster',
      'set:sasl.enabled.mechanisms=PLAIN',
      'invalid-request: Cannot update these configs at default cluster level, broker id must be specified: [sasl.enabled.mechanisms]',
    ],
    [
      'broker',
      'set:listener.name.external.max.connections=zork',
      'invalid-request: Invalid value zork for configuration max.connections: Not a number of type INT',
    ],
    ['broker', 'set:listener.name.external.num.partitions=zork', 'ok'],
    [
      'broker',
      'set:log.retention.ms=0',
      'invalid-request: requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
    ],
    ['broker', 'set:log.retention.ms=-5', 'ok'],
    [
      'broker',
      'set:log.roll.ms=0',
      'invalid-request: requirement failed: log.roll.ms must be greater than or equal to 1',
    ],
    [
      'broker',
      'set:log.cleaner.dedupe.buffer.size=100',
      'invalid-request: requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
    ],
    [
      'broker',
      'set:max.connections.per.ip=0',
      'invalid-request: requirement failed: max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
    ],
    ['broker', 'set:max.connections.per.ip.overrides=127.0.0.1:5', 'ok'],
    [
      'broker',
      'set:group.consumer.assignment.interval.ms=100000000',
      'invalid-request: group.consumer.assignment.interval.ms must be less than or equal to group.consumer.max.assignment.interval.ms',
    ],
    [
      'broker',
      'set:cordoned.log.dirs=/nosuch',
      'invalid-request: requirement failed: All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : /nosuch',
    ],
    [
      'broker',
      'set:cordoned.log.dirs=*,/data',
      'invalid-request: requirement failed: When cordoned.log.dirs is set to *, it must not contain other values',
    ],
    [
      'broker',
      'set:leader.replication.throttled.rate=-1',
      'invalid-request: Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0',
    ],
    [
      'broker',
      'set:num.io.threads=100',
      threads('num.io.threads', 100, 'not be greater than double the current value 8'),
    ],
    ['broker', 'set:num.io.threads=1', threads('num.io.threads', 1, 'be at least half the current value 8')],
    ['broker', 'set:num.network.threads=1', 'ok'],
    ['broker', 'set:num.io.threads= 16 ', 'ok'],
  ];
  for (const [scope, texts, expected] of cases) {
    it(`${scope} ${String(texts)} is answered as by Kafka`, () =>
      assert.equal(onBroker(scope, ...[texts].flat()), expected));
  }

  it('are let double or halve the cleaner threads at most', () => {
    const answer = onBroker('broker', 'set:log.cleaner.threads=3');
    assert.match(answer, /Log cleaner threads cannot be increased to more than double the current value 1/);
  });

  it('are refused where this broker takes a setting at its start only', () => {
    const answer = onBroker('broker', 'set:listeners=PLAINTEXT://:9093');
    assert.equal(answer, 'invalid-request: Cannot update these configs dynamically: [listeners]');
  });
});

describe('changes of a group', () => {
  const cases: readonly (readonly [string | readonly string[], string])[] = [
    ['set:nosuch=1', 'invalid-config: Unknown group config name: nosuch'],
    [
      'set:consumer.session.timeout.ms=1',
      'invalid-config: consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
    ],
    [
      'set:consumer.session.timeout.ms=100000',
      'invalid-config: consumer.session.timeout.ms must be less than or equal to group.consumer.max.session.timeout.ms',
    ],
    [
      'set:consumer.session.timeout.ms=0',
      'invalid-config: Invalid value 0 for configuration consumer.session.timeout.ms: Value must be at least 1',
    ],
    [
      'set:share.record.lock.duration.ms=1000',
      'invalid-config: share.record.lock.duration.ms must be greater than or equal to group.share.min.record.lock.duration.ms',
    ],
    [
      'set:streams.num.standby.replicas=5',
      'invalid-config: streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas',
    ],
    [
      'set:streams.assignment.interval.ms=50000',
      'invalid-config: streams.assignment.interval.ms must be less than or equal to group.streams.max.assignment.interval.ms',
    ],
    ['set:share.auto.offset.reset=by_duration:PT1H', 'ok'],
    [
      'append:consumer.session.timeout.ms=45000',
      "invalid-config: Can't APPEND to key consumer.session.timeout.ms because its type is not LIST.",
    ],
    [['set:consumer.session.timeout.ms=45000', 'set:consumer.heartbeat.interval.ms=15000'], 'ok'],
  ];
  for (const [texts, expected] of cases) {
    it(`${String(texts)} is answered as by Kafka`, () => assert.equal(onGroup(...[texts].flat()), expected));
  }

  it('count before what the broker says', () => {
    assert.equal(groupValue('consumer.session.timeout.ms', NONE, config), 45_000);
    assert.equal(
      groupValue('consumer.session.timeout.ms', new Map([['consumer.session.timeout.ms', '50000']]), config),
      50_000,
    );
  });
});

describe('changes of a client metrics subscription', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['set:nosuch=1', 'invalid-request: Unknown client metrics configuration: nosuch'],
    [
      'set:interval.ms=1',
      'invalid-request: Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)',
    ],
    [
      'set:interval.ms=abc',
      'invalid-config: Invalid value abc for configuration interval.ms: Not a number of type INT',
    ],
    ['set:match=zork=5', 'invalid-config: Illegal client matching pattern: zork=5'],
    ['set:match=client_id=[', 'invalid-config: Illegal client matching pattern: client_id=['],
    ['set:match=client_id=a=b', 'invalid-config: Illegal client matching pattern: client_id=a=b'],
    ['set:match=client_id=a,client_id=b', 'ok'],
    ['set:metrics=a,a', 'ok'],
  ];
  for (const [text, expected] of cases) {
    it(`${text} is answered as by Kafka`, () => assert.equal(onClientMetrics('s', text), expected));
  }

  it('need a subscription with a name', () => {
    assert.equal(onClientMetrics('', 'set:interval.ms=1000'), "invalid-request: Subscription name can't be empty");
  });
});

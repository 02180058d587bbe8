import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import {
  type ConfigEntry,
  ConfigSource,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
} from '../../src/config/describe.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseProperties } from '../../src/config/properties.ts';
import { KIND_CODE } from '../../src/config/setting.ts';
import { type DescribedEntry, KAFKA_SETTINGS } from './fixtures.ts';

const SOURCE_NAMES: Readonly<Record<number, string>> = {
  [ConfigSource.topic]: 'DYNAMIC_TOPIC_CONFIG',
  [ConfigSource.dynamicBroker]: 'DYNAMIC_BROKER_CONFIG',
  [ConfigSource.dynamicDefaultBroker]: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  [ConfigSource.staticBroker]: 'STATIC_BROKER_CONFIG',
  [ConfigSource.default]: 'DEFAULT_CONFIG',
  [ConfigSource.clientMetrics]: 'DYNAMIC_CLIENT_METRICS_CONFIG',
  [ConfigSource.group]: 'DYNAMIC_GROUP_CONFIG',
};
const TYPE_NAMES = new Map(Object.entries(KIND_CODE).map(([kind, code]) => [code, kind.toUpperCase()]));

function asKafka(entry: ConfigEntry): DescribedEntry {
  return [
    entry.name,
    entry.value,
    SOURCE_NAMES[entry.source]!,
    entry.readOnly,
    entry.sensitive,
    TYPE_NAMES.get(entry.type) ?? 'UNKNOWN',
    entry.synonyms.map(({ name, source, value }) => `${name}|${SOURCE_NAMES[source]}|${value}`),
  ];
}

function kafkas(entries: readonly ConfigEntry[]): readonly DescribedEntry[] {
  return entries
    .filter(({ name }) => name !== 'profile' && !/^(?:posthorn|metadata\.store)\b/.test(name))
    .map(asKafka)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** A broker with the very settings that Kafka described itself with; a new cluster has one of them for all brokers. */
function asDescribed(): BrokerConfig {
  const given = parseProperties(KAFKA_SETTINGS.describedWith.join('\n')).map(({ key, value }) => [key, value] as const);
  const config = new BrokerConfig({ static: new Map([...given, ['broker.id', '1']]) });
  config.setDynamic({ broker: new Map(), clusterDefault: new Map([['min.insync.replicas', '1']]) });
  return config;
}

describe('descriptions', () => {
  it('of a broker are those that Kafka gives with the same settings', () => {
    assert.deepEqual(kafkas(describeBroker(asDescribed(), null)), KAFKA_SETTINGS.describedBroker);
  });

  it('of a topic, a group and a client metrics subscription are those of Kafka', () => {
    const [config, none] = [asDescribed(), new Map<string, string>()];
    assert.deepEqual(kafkas(describeTopic(none, config, null)), KAFKA_SETTINGS.describedTopic);
    assert.deepEqual(kafkas(describeGroup(none, config, null)), KAFKA_SETTINGS.describedGroup);
    assert.deepEqual(kafkas(describeClientMetrics(none, config, null)), KAFKA_SETTINGS.describedClientMetrics);
  });

  it('show own values printed, then what they hide', () => {
    const own = new Map([
      ['cleanup.policy', ' delete , compact '],
      ['retention.ms', ' 007 '],
      ['preallocate', 'TRUE'],
    ]);
    const entries = describeTopic(own, asDescribed(), [...own.keys()]).map(asKafka);
    assert.deepEqual(entries, [
      [
        'cleanup.policy',
        'delete,compact',
        'DYNAMIC_TOPIC_CONFIG',
        false,
        false,
        'LIST',
        ['cleanup.policy|DYNAMIC_TOPIC_CONFIG|delete,compact', 'log.cleanup.policy|DEFAULT_CONFIG|delete'],
      ],
      [
        'preallocate',
        'true',
        'DYNAMIC_TOPIC_CONFIG',
        false,
        false,
        'BOOLEAN',
        ['preallocate|DYNAMIC_TOPIC_CONFIG|true', 'log.preallocate|DEFAULT_CONFIG|false'],
      ],
      ['retention.ms', '7', 'DYNAMIC_TOPIC_CONFIG', false, false, 'LONG', ['retention.ms|DYNAMIC_TOPIC_CONFIG|7']],
    ]);
  });

  it('follow a change at run time through broker and topic', () => {
    const config = asDescribed();
    config.setDynamic({
      broker: new Map([
        ['log.retention.ms', '1000000'],
        ['log.cleanup.policy', ' compact , delete'],
      ]),
      clusterDefault: new Map([['log.retention.ms', '2000000']]),
    });
    const names = ['log.retention.ms', 'log.retention.hours', 'log.cleanup.policy'];
    assert.deepEqual(
      describeBroker(config, names)
        .map(asKafka)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        [
          'log.cleanup.policy',
          'compact,delete',
          'DYNAMIC_BROKER_CONFIG',
          false,
          false,
          'LIST',
          ['log.cleanup.policy|DYNAMIC_BROKER_CONFIG| compact , delete', 'log.cleanup.policy|DEFAULT_CONFIG|delete'],
        ],
        [
          'log.retention.hours',
          '168',
          'DEFAULT_CONFIG',
          true,
          false,
          'INT',
          ['log.retention.hours|DEFAULT_CONFIG|168'],
        ],
        [
          'log.retention.ms',
          '1000000',
          'DYNAMIC_BROKER_CONFIG',
          false,
          false,
          'LONG',
          [
            'log.retention.ms|DYNAMIC_BROKER_CONFIG|1000000',
            'log.retention.ms|DYNAMIC_DEFAULT_BROKER_CONFIG|2000000',
            'log.retention.hours|DEFAULT_CONFIG|168',
          ],
        ],
      ],
    );
    assert.deepEqual(describeTopic(new Map(), config, ['retention.ms']).map(asKafka), [
      [
        'retention.ms',
        '1000000',
        'DYNAMIC_BROKER_CONFIG',
        false,
        false,
        'LONG',
        [
          'log.retention.ms|DYNAMIC_BROKER_CONFIG|1000000',
          'log.retention.ms|DYNAMIC_DEFAULT_BROKER_CONFIG|2000000',
          'log.retention.hours|DEFAULT_CONFIG|168',
        ],
      ],
    ]);
    assert.deepEqual(describeClusterDefault(config, null).map(asKafka), [
      [
        'log.retention.ms',
        '2000000',
        'DYNAMIC_DEFAULT_BROKER_CONFIG',
        false,
        false,
        'LONG',
        ['log.retention.ms|DYNAMIC_DEFAULT_BROKER_CONFIG|2000000'],
      ],
    ]);
  });

  it('never show a secret, nor the value of what nobody knows', () => {
    const config = asDescribed();
    const password = 'listener.name.external.ssl.keystore.password';
    config.setDynamic({
      broker: new Map([
        [password, 'geheim'],
        ['nosuch.key', '5'],
      ]),
      clusterDefault: new Map(),
    });
    assert.deepEqual(describeBroker(config, [password, 'nosuch.key']).map(asKafka), [
      [password, null, 'DYNAMIC_BROKER_CONFIG', true, true, 'PASSWORD', [`${password}|DYNAMIC_BROKER_CONFIG|null`]],
      ['nosuch.key', null, 'DYNAMIC_BROKER_CONFIG', true, true, 'UNKNOWN', ['nosuch.key|DYNAMIC_BROKER_CONFIG|null']],
    ]);
  });

  it('show what the profile sets as set', () => {
    const { config } = loadConfig({});
    const [entry] = describeBroker(config, ['group.initial.rebalance.delay.ms']).map(asKafka);
    assert.deepEqual(entry?.slice(1, 3), ['0', 'STATIC_BROKER_CONFIG']);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { describeConfigs } from '../../../src/protocol/messages/032-describe-configs.ts';
import { incrementalAlterConfigs } from '../../../src/protocol/messages/044-incremental-alter-configs.ts';
import { updateFeatures } from '../../../src/protocol/messages/057-update-features.ts';
import { listConfigResources } from '../../../src/protocol/messages/074-list-config-resources.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const METRICS = 16;
const GROUP = 32;
const SET = 0;

interface Asked {
  readonly type: number;
  readonly name: string;
  readonly keys?: string[];
}

async function describe(fixture: BrokerFixture, { type, name, keys }: Asked, options = {}) {
  const resources = [{ resourceType: type, resourceName: name, configurationKeys: keys ?? null }];
  const { results } = await fixture.call(describeConfigs, 4, requestOf(describeConfigs, { resources, ...options }));
  return results[0]!;
}

async function set(
  fixture: BrokerFixture,
  type: number,
  name: string,
  settings: Record<string, string>,
): Promise<void> {
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, configOperation: SET, value }));
  const resources = [{ resourceType: type, resourceName: name, configs }];
  const request = requestOf(incrementalAlterConfigs, { resources });
  const { responses } = await fixture.call(incrementalAlterConfigs, 1, request);
  assert.equal(responses[0]!.errorCode, E.NONE.code, String(responses[0]!.errorMessage));
}

test('a setting shows its value, its source and, where asked for, its synonyms and meaning', async () => {
  const fixture = await BrokerFixture.start({ settings: { 'log.retention.ms': 5000 } });
  await fixture.createTopic('t', { configs: { 'segment.bytes': '2097152' } });
  const asked = { type: TOPIC, name: 't', keys: ['retention.ms', 'segment.bytes'] };
  const plain = await describe(fixture, asked);
  assert.deepEqual([plain.errorCode, plain.errorMessage], [E.NONE.code, '']);
  const brief = plain.configs.map(({ name, value, configSource, synonyms, documentation }) => [
    name,
    value,
    configSource,
    synonyms.length,
    documentation,
  ]);
  assert.deepEqual(new Set(brief.map(String)), new Set(['retention.ms,5000,4,0,', 'segment.bytes,2097152,1,0,']));
  const full = await describe(fixture, asked, { includeSynonyms: true, includeDocumentation: true });
  const retention = full.configs.find(({ name }) => name === 'retention.ms')!;
  assert.deepEqual(retention.synonyms.map(({ name, value, source }) => [name, value, source]).slice(0, 1), [
    ['log.retention.ms', '5000', 4],
  ]);
  assert.match(retention.documentation!, /\w+/);
  await fixture.close();
});

test('an empty list of keys stands for all of them', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('t');
  const all = await describe(fixture, { type: TOPIC, name: 't' });
  const none = await describe(fixture, { type: TOPIC, name: 't', keys: [] });
  assert.ok(all.configs.length > 20);
  assert.equal(none.configs.length, all.configs.length);
  await fixture.close();
});

test('what cannot be described is told with the reason', async () => {
  const fixture = await BrokerFixture.start();
  const cases: [Asked, { code: number }, RegExp][] = [
    [{ type: TOPIC, name: 'none' }, E.UNKNOWN_TOPIC_OR_PARTITION, /^$/],
    [{ type: TOPIC, name: 'a/b' }, E.INVALID_TOPIC_EXCEPTION, /'a\/b' contains/],
    [{ type: TOPIC, name: '' }, E.INVALID_TOPIC_EXCEPTION, /the empty string is not allowed/],
    [
      { type: BROKER, name: '7' },
      E.INVALID_REQUEST,
      /^Unexpected broker id, expected 1 or empty string, but received 7$/,
    ],
    [{ type: BROKER, name: 'x' }, E.INVALID_REQUEST, /must be an integer, but it is: x$/],
    [{ type: LOGGER, name: 'x' }, E.INVALID_REQUEST, /must be an integer, but it is: x$/],
    [{ type: LOGGER, name: '7' }, E.INVALID_REQUEST, /^Unexpected broker id, expected 1 but received 7$/],
    [{ type: METRICS, name: '' }, E.INVALID_REQUEST, /must not be empty$/],
    [{ type: GROUP, name: '' }, E.INVALID_REQUEST, /must not be empty$/],
    [{ type: 77, name: 'x' }, E.INVALID_REQUEST, /malformed by the client library/],
  ];
  for (const [asked, { code }, message] of cases) {
    const { errorCode, errorMessage, configs } = await describe(fixture, asked);
    assert.equal(errorCode, code, JSON.stringify(asked));
    assert.match(errorMessage!, message);
    assert.deepEqual(configs, []);
  }
  await fixture.close();
});

test('what has settings is listed by kind', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('t');
  await set(fixture, GROUP, 'g', { 'consumer.session.timeout.ms': '50000' });
  await set(fixture, METRICS, 'm', { 'interval.ms': '5000' });
  const list = async (version: number, ...resourceTypes: number[]) => {
    const answer = await fixture.call(listConfigResources, version, requestOf(listConfigResources, { resourceTypes }));
    const found = answer.configResources.map(({ resourceName, resourceType }) => `${resourceType} ${resourceName}`);
    return { code: answer.errorCode, found };
  };
  assert.deepEqual((await list(0)).found, ['16 m']);
  assert.deepEqual((await list(1)).found, ['32 g', '16 m', '8 1', '4 1', '2 t']);
  assert.deepEqual((await list(1, TOPIC, GROUP, TOPIC)).found, ['32 g', '2 t']);
  assert.deepEqual(await list(1, TOPIC, 77), { code: E.UNSUPPORTED_VERSION.code, found: [] });
  await fixture.close();
});

test('a change of features succeeds or fails as a whole, and says so once', async () => {
  const fixture = await BrokerFixture.start();
  const update = (version: number, feature: string, maxVersionLevel: number) => {
    const common = { feature, maxVersionLevel };
    const featureUpdates = [version === 0 ? { ...common, allowDowngrade: false } : { ...common, upgradeType: 1 }];
    const defaults = { allowDowngrade: false, upgradeType: 1 };
    const request = { featureUpdates: featureUpdates.map((each) => ({ ...defaults, ...each })) };
    return fixture.call(updateFeatures, version, requestOf(updateFeatures, request));
  };
  for (const version of [0, 1]) {
    const { errorCode, results } = await update(version, 'group.version', 1);
    assert.equal(errorCode, E.NONE.code);
    assert.deepEqual(
      results.map((result) => [result.feature, result.errorCode]),
      [['group.version', E.NONE.code]],
    );
  }
  assert.deepEqual((await update(2, 'group.version', 1)).results, []);
  for (const version of [0, 1, 2]) {
    const { errorCode, errorMessage, results } = await update(version, 'foo', 1);
    assert.equal(errorCode, E.INVALID_UPDATE_VERSION.code);
    assert.match(errorMessage!, /does not support this feature/);
    assert.deepEqual(results, []);
  }
  await fixture.close();
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { printDouble } from '../../src/config/value.ts';
import { resolveTopicConfig } from '../../src/config/topic-config.ts';

function texts(record: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(record));
}

const NONE = texts({});

describe('the configuration of a broker', () => {
  it('prefers this broker to all brokers, those to the start, that to the profile and the defaults', () => {
    const config = new BrokerConfig({
      fallback: texts({ 'message.max.bytes': '1', 'max.connections': '1', 'log.preallocate': 'true' }),
      static: texts({ 'message.max.bytes': '2', 'max.connections': '2' }),
    });
    assert.equal(config.get('log.preallocate'), true);
    assert.equal(config.get('max.connections'), 2);
    config.setDynamic({ broker: NONE, clusterDefault: texts({ 'message.max.bytes': '3' }) });
    assert.equal(config.get('message.max.bytes'), 3);
    config.setDynamic({
      broker: texts({ 'message.max.bytes': '4' }),
      clusterDefault: texts({ 'message.max.bytes': '3' }),
    });
    assert.equal(config.get('message.max.bytes'), 4);
    config.setDynamic({ broker: NONE, clusterDefault: NONE });
    assert.equal(config.get('message.max.bytes'), 2);
    assert.equal(config.get('num.io.threads'), 8);
  });

  it('tells of what changed, once, and no longer after the end of the subscription', () => {
    const config = new BrokerConfig({ static: texts({ 'num.io.threads': '8' }) });
    const seen: string[][] = [];
    const unsubscribe = config.subscribe((changed) => seen.push([...changed]));
    const change = { 'max.connections': '5', 'num.io.threads': '8' };
    config.setDynamic({ broker: texts(change), clusterDefault: NONE });
    config.setDynamic({ broker: texts(change), clusterDefault: texts({ 'max.connections': '9' }) });
    assert.deepEqual(seen, [['max.connections']]);
    assert.equal(config.revision, 1);
    unsubscribe();
    config.setDynamic({ broker: NONE, clusterDefault: NONE });
    assert.equal(seen.length, 1);
    assert.equal(config.revision, 2);
  });

  it('clamps 64-bit numbers when read and prints them exactly', () => {
    const config = new BrokerConfig({ static: texts({ 'log.retention.bytes': '-9223372036854775808' }) });
    assert.equal(config.get('log.flush.interval.messages'), Number.MAX_SAFE_INTEGER);
    assert.equal(config.text('log.flush.interval.messages'), '9223372036854775807');
    assert.equal(config.get('log.retention.bytes'), -Number.MAX_SAFE_INTEGER);
    assert.equal(config.text('log.retention.bytes'), '-9223372036854775808');
  });

  it('prints doubles as Java does', () => {
    const printed = [0.5, 1, 1e7, 1e-4, 0.001, 12_345_678.9, 1e21, 9_999_999].map(printDouble);
    assert.deepEqual(printed, ['0.5', '1.0', '1.0E7', '1.0E-4', '0.001', '1.23456789E7', '1.0E21', '9999999.0']);
  });
});

function retention(record: Readonly<Record<string, string>>): number {
  return resolveTopicConfig(NONE, new BrokerConfig({ static: texts(record) })).retentionMs;
}

describe('the settings of a topic', () => {
  it('take the strongest of the synonyms that the broker has, in its unit', () => {
    assert.equal(retention({}), 604_800_000);
    assert.equal(retention({ 'log.retention.hours': '2' }), 7_200_000);
    assert.equal(retention({ 'log.retention.hours': '2', 'log.retention.minutes': '3' }), 180_000);
    assert.equal(retention({ 'log.retention.minutes': '3', 'log.retention.ms': '4' }), 4);
    assert.equal(retention({ 'log.retention.hours': '-1' }), -1);
  });

  it('are shared by topics without any of their own, until the broker changes', () => {
    const broker = new BrokerConfig({ static: NONE });
    const first = resolveTopicConfig(NONE, broker);
    assert.equal(resolveTopicConfig(NONE, broker), first);
    assert.equal(resolveTopicConfig(texts({ 'retention.ms': '5' }), broker).retentionMs, 5);
    broker.setDynamic({ broker: texts({ 'log.retention.ms': '6' }), clusterDefault: NONE });
    assert.equal(resolveTopicConfig(NONE, broker).retentionMs, 6);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BROKER_SETTINGS } from '../../src/config/broker-settings.ts';
import { readValue } from '../../src/config/check.ts';
import { isSensitive, type Setting, type SettingTable } from '../../src/config/setting.ts';
import { CLIENT_METRICS_SETTINGS } from '../../src/config/settings/client-metrics-settings.ts';
import { CLIENT_QUOTA_SETTINGS } from '../../src/config/settings/client-quota-settings.ts';
import { GROUP_SETTINGS } from '../../src/config/settings/group-settings.ts';
import { IP_QUOTA_SETTINGS } from '../../src/config/settings/ip-quota-settings.ts';
import { TOPIC_SETTINGS } from '../../src/config/topic-settings.ts';
import { type DeclaredSetting, KAFKA_SETTINGS } from './fixtures.ts';

const TABLES: readonly (readonly [string, SettingTable, readonly DeclaredSetting[]])[] = [
  ['broker', BROKER_SETTINGS, KAFKA_SETTINGS.broker],
  ['topic', TOPIC_SETTINGS, KAFKA_SETTINGS.topic],
  ['group', GROUP_SETTINGS, KAFKA_SETTINGS.group],
  ['client metrics', CLIENT_METRICS_SETTINGS, KAFKA_SETTINGS.clientMetrics],
  ['client quota', CLIENT_QUOTA_SETTINGS, KAFKA_SETTINGS.clientQuota],
  ['address quota', IP_QUOTA_SETTINGS, KAFKA_SETTINGS.ipQuota],
];

function facts(name: string, setting: Setting): DeclaredSetting {
  const synonyms = setting.synonyms?.map((synonym) => ({ name: synonym.name, factor: synonym.factor ?? 1 })) ?? [];
  return {
    name,
    type: setting.kind.toUpperCase(),
    default: setting.default,
    importance: setting.importance.toUpperCase(),
    ...(setting.mode !== undefined && { mode: setting.mode }),
    ...(setting.internal === true && { internal: true as const }),
    ...(isSensitive(setting) && { sensitive: true as const }),
    synonyms,
  };
}

describe('the declared settings', () => {
  for (const [title, table, kafka] of TABLES) {
    it(`are those of Kafka 4.3.1 for ${title}, with its types, defaults and update modes`, () => {
      const ours = Object.entries(table).filter(([, { own, plugin }]) => own !== true && plugin !== true);
      const byName = new Map(ours.map(([name, setting]) => [name, facts(name, setting)]));
      for (const setting of kafka) assert.deepEqual(byName.get(setting.name), { synonyms: [], ...setting });
      assert.equal(ours.length, kafka.length);
    });
  }

  it('have names of ours only below posthorn. and for the profile', () => {
    const own = Object.entries<Setting>(BROKER_SETTINGS).filter(([, setting]) => setting.own === true);
    assert.ok(own.every(([name]) => name === 'profile' || /^(?:posthorn|metadata\.store)\b/.test(name)));
  });

  it('have defaults that their own checks accept and print unchanged', () => {
    for (const [, table] of TABLES) {
      for (const [name, setting] of Object.entries(table)) {
        if (setting.default === null) continue;
        assert.deepEqual(
          [name, readValue(name, setting, setting.default)],
          [name, { ...readValue(name, setting, setting.default), ok: true, text: setting.default }],
        );
      }
    }
  });

  it('each have a description of at most two sentences', () => {
    for (const [, table] of TABLES) {
      for (const [name, { doc }] of Object.entries(table)) {
        assert.match(doc, /^[A-Z.].*\.$/, name);
        assert.ok(doc.length < 220, name);
      }
    }
  });
});

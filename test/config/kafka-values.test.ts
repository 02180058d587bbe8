import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brokerSetting } from '../../src/config/broker-settings.ts';
import { readValue } from '../../src/config/check.ts';
import { clientMetricsSetting } from '../../src/config/client-metrics-config.ts';
import { groupSetting } from '../../src/config/group-settings.ts';
import type { Setting } from '../../src/config/setting.ts';
import { topicSetting } from '../../src/config/topic-settings.ts';
import { KAFKA_VALUES } from './fixtures.ts';

const LOOK_UP: Readonly<Record<string, (name: string) => Setting | undefined>> = {
  broker: brokerSetting,
  topic: topicSetting,
  group: groupSetting,
  clientMetrics: clientMetricsSetting,
};

describe('reading values', () => {
  it('accepts, prints and refuses every value that Kafka was asked about in the same words', () => {
    const differences: unknown[] = [];
    let asked = 0;
    for (const { names, cases } of KAFKA_VALUES) {
      for (const table_name of names) {
        const [table, name] = table_name.split('|') as [string, string];
        const setting = LOOK_UP[table]!(name);
        assert.ok(setting, table_name);
        for (const [value, text, problem] of cases) {
          asked += 1;
          const read = readValue(name, setting, value);
          const ours = read.ok ? [read.text, null] : [null, read.problem.replaceAll(name, '%s')];
          if (ours[0] !== text || ours[1] !== problem) differences.push({ table_name, value, text, problem, ours });
        }
      }
    }
    assert.deepEqual(differences, []);
    assert.ok(asked > 5000, `${asked} values`);
  });
});

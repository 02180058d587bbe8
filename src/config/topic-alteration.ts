import type { AlteredTable, Rejection } from './alteration.ts';
import type { BrokerConfig, SettingTexts } from './broker-config.ts';
import { readValue } from './check.ts';
import { resolveTopicConfig, topicText } from './topic-config.ts';
import { type TopicKey, topicSetting } from './topic-settings.ts';

/** The table that changes of a topic's settings are applied with. */
export function topicTable(broker: BrokerConfig): AlteredTable {
  return {
    setting: topicSetting,
    inherited: (name) => topicText(name as TopicKey, new Map(), broker),
    notAList: (op, name) => `Can't ${op.toUpperCase()} to key ${name} because its type is not LIST.`,
  };
}

/** Judges a topic's own settings as a whole, at creation and at each change; null if they are valid. */
export function validateTopicSettings(texts: SettingTexts, broker: BrokerConfig): Rejection | null {
  for (const name of texts.keys()) {
    if (topicSetting(name) === undefined) return invalid(`Unknown topic config name: ${name}`);
  }
  for (const [name, text] of texts) {
    const setting = topicSetting(name);
    const read = setting && readValue(name, setting, text);
    if (read?.ok === false) return invalid(read.problem);
  }
  return validateTogether(texts, broker);
}

function validateTogether(texts: SettingTexts, broker: BrokerConfig): Rejection | null {
  const config = resolveTopicConfig(texts, broker);
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    const [min, max] = [
      topicText('min.compaction.lag.ms', texts, broker),
      topicText('max.compaction.lag.ms', texts, broker),
    ];
    return invalid(`conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`);
  }
  // Tiered storage is not there, as in a Kafka that has not switched it on.
  if (config.remoteStorageEnable) {
    return invalid(
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    );
  }
  return null;
}

function invalid(message: string): Rejection {
  return { kind: 'invalid-config', message };
}

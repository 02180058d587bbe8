import { assert } from '../base/assert.ts';
import type { AlteredTable, Rejection } from './alteration.ts';
import type { BrokerConfig, SettingTexts } from './broker-config.ts';
import type { BrokerKey } from './broker-settings.ts';
import { readValue } from './check.ts';
import { type GroupKey, type GroupValue, groupSetting } from './group-settings.ts';
import { inheritedText } from './inherited.ts';
import type { Setting } from './setting.ts';
import { GROUP_SETTINGS } from './settings/group-settings.ts';

/** The effective value of a group's setting: its own, else that of the broker setting that it stands for. */
export function groupValue<K extends GroupKey>(name: K, texts: SettingTexts, broker: BrokerConfig): GroupValue<K> {
  const setting: Setting = GROUP_SETTINGS[name];
  const text = texts.get(name) ?? inheritedText(setting, broker);
  assert(text !== null, 'every group setting has a default');
  const read = readValue(name, setting, text);
  assert(read.ok, 'a group setting was stored without having been checked');
  return read.value as GroupValue<K>;
}

/** The table that changes of a group's settings are applied with. */
export function groupTable(broker: BrokerConfig): AlteredTable {
  return {
    setting: groupSetting,
    inherited: (name) => inheritedText(GROUP_SETTINGS[name as GroupKey], broker),
    notAList: (op, name) => `Can't ${op.toUpperCase()} to key ${name} because its type is not LIST.`,
  };
}

/** The settings that the broker bounds: `x.y` by `group.x.min.y` and `group.x.max.y`, where there are such. */
const BOUNDED: readonly GroupKey[] = [
  'consumer.heartbeat.interval.ms',
  'consumer.session.timeout.ms',
  'consumer.assignment.interval.ms',
  'share.heartbeat.interval.ms',
  'share.session.timeout.ms',
  'share.record.lock.duration.ms',
  'share.delivery.count.limit',
  'share.partition.max.record.locks',
  'share.assignment.interval.ms',
  'streams.heartbeat.interval.ms',
  'streams.session.timeout.ms',
  'streams.assignment.interval.ms',
];

/** Judges a group's own settings as a whole; null if they are valid. */
export function validateGroupSettings(texts: SettingTexts, broker: BrokerConfig): Rejection | null {
  for (const name of texts.keys()) {
    if (groupSetting(name) === undefined) return invalid(`Unknown group config name: ${name}`);
  }
  for (const [name, text] of texts) {
    const setting = groupSetting(name);
    const read = setting && readValue(name, setting, text);
    if (read?.ok === false) return invalid(read.problem);
  }
  const message = outOfBounds(texts, broker) ?? sessionTooShort(texts, broker);
  return message === null ? null : invalid(message);
}

function outOfBounds(texts: SettingTexts, broker: BrokerConfig): string | null {
  for (const name of BOUNDED) {
    const value = groupValue(name, texts, broker) as number;
    const [type, rest] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
    const [min, max] = [`group.${type}.min.${rest}`, `group.${type}.max.${rest}`] as [BrokerKey, BrokerKey];
    if (value < (broker.get(min) as number)) return `${name} must be greater than or equal to ${min}`;
    if (value > (broker.get(max) as number)) return `${name} must be less than or equal to ${max}`;
  }
  const most = 'group.streams.max.standby.replicas';
  const standbys = groupValue('streams.num.standby.replicas', texts, broker);
  return standbys > broker.get(most) ? `streams.num.standby.replicas must be less than or equal to ${most}` : null;
}

function sessionTooShort(texts: SettingTexts, broker: BrokerConfig): string | null {
  for (const type of ['consumer', 'share', 'streams'] as const) {
    const session = groupValue(`${type}.session.timeout.ms`, texts, broker);
    if (session > groupValue(`${type}.heartbeat.interval.ms`, texts, broker)) continue;
    return `${type}.session.timeout.ms must be greater than ${type}.heartbeat.interval.ms`;
  }
  return null;
}

function invalid(message: string): Rejection {
  return { kind: 'invalid-config', message };
}

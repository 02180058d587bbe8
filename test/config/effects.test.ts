import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BROKER_SETTINGS } from '../../src/config/broker-settings.ts';
import type { Setting } from '../../src/config/setting.ts';
import { GROUP_SETTINGS } from '../../src/config/settings/group-settings.ts';
import { TOPIC_SETTINGS } from '../../src/config/topic-settings.ts';

const source = fileURLToPath(new URL('../../../src/', import.meta.url));

/** The program without its comments and without what only declares and loads settings. */
const program = readdirSync(source, { recursive: true, encoding: 'utf8' })
  // A client reads settings of clients, some with the names of a broker's; a command names those that it sets.
  .filter((path) => !/^(?:client|listener|nest|cli\/commands)\b/.test(path))
  .filter((path) => path.endsWith('.ts') && !path.startsWith('config'))
  .map((path) => readFileSync(join(source, path), 'utf8').replaceAll(/^\s*(\/\/|\/\*|\*).*$/gm, ''))
  .join('\n');

const topicConfig = readFileSync(join(source, 'config', 'topic-config.ts'), 'utf8');

/** Names that stand for another one, or that the configuration itself acts on. */
const READ_BY_CONFIGURATION: ReadonlySet<string> = new Set(['profile', 'broker.id', 'log.dir']);

function isReadByName(name: string): boolean {
  return READ_BY_CONFIGURATION.has(name) || program.includes(`'${name}'`);
}

/** Topic settings are read as fields: `retentionMs: get('retention.ms')`. */
function isTopicSettingRead(name: string): boolean {
  if (program.includes(`topicText('${name}'`)) return true;
  const line = topicConfig.split('\n').find((text) => text.includes(`get('${name}')`)) ?? '';
  if (name.startsWith('compression.') && name.endsWith('.level')) {
    return new RegExp(`[lL]evels\\.${name.split('.')[1]}\\b`).test(program);
  }
  const field = name === 'cleanup.policy' ? 'cleanupPolicy' : /^\s*(?:(\w+): |const )/.exec(line)?.[1];
  return field !== undefined && new RegExp(`\\b${field}\\b`).test(program);
}

/** A group's setting stands for the broker's of the same end, and is held between its bounds. */
function isReadForGroups(name: string): boolean {
  return Object.entries<Setting>(GROUP_SETTINGS).some(([groupName, { noEffect }]) => {
    const [type, ...rest] = groupName.split('.');
    const names = ['', 'min.', 'max.'].map((bound) => `group.${type}.${bound}${rest.join('.')}`);
    return noEffect !== true && names.includes(name);
  });
}

function isBrokerSettingRead(name: string): boolean {
  if (isReadByName(name) || isReadForGroups(name)) return true;
  return Object.entries<Setting>(TOPIC_SETTINGS).some(
    ([topicName, setting]) =>
      setting.synonyms?.some((synonym) => synonym.name === name) && isTopicSettingRead(topicName),
  );
}

describe('the mark "no effect"', () => {
  it('is on exactly those broker settings that nothing reads', () => {
    const settings = Object.entries<Setting>(BROKER_SETTINGS);
    const ignored = settings.filter(([name, { noEffect }]) => noEffect !== true && !isBrokerSettingRead(name));
    assert.deepEqual(
      ignored.map(([name]) => name),
      [],
      'ignored in silence: read them, or mark them `noEffect: true`',
    );
    const read = settings.filter(([name, { noEffect }]) => noEffect === true && isBrokerSettingRead(name));
    assert.deepEqual(
      read.map(([name]) => name),
      [],
      'have an effect: take `noEffect: true` away',
    );
  });

  it('is on exactly those topic settings that nothing reads', () => {
    const settings = Object.entries<Setting>(TOPIC_SETTINGS);
    const ignored = settings.filter(([name, { noEffect }]) => noEffect !== true && !isTopicSettingRead(name));
    assert.deepEqual(
      ignored.map(([name]) => name),
      [],
    );
    const read = settings.filter(([name, { noEffect }]) => noEffect === true && isTopicSettingRead(name));
    assert.deepEqual(
      read.map(([name]) => name),
      [],
    );
  });
});

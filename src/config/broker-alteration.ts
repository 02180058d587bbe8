import type { AlteredTable, Rejection } from './alteration.ts';
import type { BrokerConfig, SettingTexts } from './broker-config.ts';
import { type BrokerKey, brokerSetting } from './broker-settings.ts';
import { readValue } from './check.ts';
import { baseNameOf } from './listener-prefix.ts';
import { findConflicts } from './together.ts';

/** Whose settings are changed: those of one broker, or those of all (the resource BROKER with an empty name). */
export type BrokerScope = 'broker' | 'cluster';

/** The table that changes of broker settings are applied with. */
export function brokerTable(config: BrokerConfig): AlteredTable {
  return {
    setting: brokerSetting,
    inherited: (name) => config.text(name),
    notAList: (op, name) =>
      brokerSetting(name) === undefined
        ? `Unknown config name: ${name}`
        : `Config value ${op} is not allowed for config key: ${name}`,
  };
}

/**
 * Settings that Kafka can change while it runs and Posthorn only takes at its start. Refused with Kafka's words for
 * settings that cannot change: better than to accept a listener that never opens.
 */
const AT_START_ONLY: ReadonlySet<string> = new Set(['listeners', 'listener.security.protocol.map']);

/** Key and trust stores differ between listeners, so Kafka takes them only with the listener's name before them. */
const STORE = /^ssl\.(key\.password$|keystore\.|truststore\.)/;

/** Judges all that is to be set at run time for one broker or for all; null if it is valid. Unknown names are let in, as in Kafka. */
export function validateBrokerSettings(
  scope: BrokerScope,
  texts: SettingTexts,
  config: BrokerConfig,
): Rejection | null {
  const names = [...texts.keys()];
  const message =
    listed('Cannot update these configs dynamically', names.filter(isFixed)) ??
    listed(
      'These security configs can be dynamically updated only per-listener using the listener prefix',
      names.filter((name) => STORE.test(name)),
    ) ??
    (scope === 'cluster'
      ? listed(
          'Cannot update these configs at default cluster level, broker id must be specified',
          names.filter((name) => brokerSetting(baseNameOf(name) ?? name)?.mode === 'per-broker'),
        )
      : null) ??
    listed(
      'Cannot update these configs dynamically',
      names.filter((name) => AT_START_ONLY.has(name)),
    ) ??
    wrongValue(texts) ??
    wrongTogether(scope, texts, config) ??
    wrongThreads(texts, config) ??
    wrongCleanerThreads(texts, config);
  return message === null ? null : { kind: 'invalid-request', message };
}

function isFixed(name: string): boolean {
  const setting = brokerSetting(name);
  return setting !== undefined && setting.mode === undefined;
}

function listed(problem: string, names: readonly string[]): string | null {
  return names.length === 0 ? null : `${problem}: [${names.join(', ')}]`;
}

function wrongValue(texts: SettingTexts): string | null {
  for (const [name, text] of texts) {
    const base = baseNameOf(name) ?? name;
    const setting = brokerSetting(base);
    if (setting === undefined || setting.mode === undefined) continue;
    const read = readValue(base, setting, text);
    if (!read.ok) return read.problem;
  }
  return null;
}

function wrongTogether(scope: BrokerScope, texts: SettingTexts, config: BrokerConfig): string | null {
  const { dynamicBroker, dynamicDefault } = config.layers();
  const proposed = config.withDynamic(
    scope === 'broker'
      ? { broker: texts, clusterDefault: dynamicDefault }
      : { broker: dynamicBroker, clusterDefault: texts },
  );
  const known = new Set(findConflicts(config).map(({ message }) => message));
  const conflict = findConflicts(proposed).find(({ message }) => !known.has(message));
  if (conflict === undefined) return null;
  return conflict.isRequirement ? `requirement failed: ${conflict.message}` : conflict.message;
}

const THREAD_COUNTS: readonly BrokerKey[] = [
  'background.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size',
  'remote.log.reader.threads',
];

/** Kafka lets the number of threads at most double or halve in one step. */
function wrongThreads(texts: SettingTexts, config: BrokerConfig): string | null {
  for (const name of THREAD_COUNTS) {
    const text = texts.get(name);
    if (text === undefined) continue;
    const [wanted, current] = [Number(text), config.get(name) as number];
    const limit =
      wanted > current * 2
        ? `value should not be greater than double the current value ${current}`
        : wanted < Math.floor(current / 2)
          ? `value should be at least half the current value ${current}`
          : null;
    if (limit === null) continue;
    const problem = `Dynamic thread count update validation failed for ${name}=${wanted}, ${limit}`;
    return refusedByPart(problem);
  }
  return null;
}

function wrongCleanerThreads(texts: SettingTexts, config: BrokerConfig): string | null {
  const text = texts.get('log.cleaner.threads');
  const [wanted, current] = [Number(text), config.get('log.cleaner.threads')];
  if (text === undefined) return null;
  if (wanted > current * 2) {
    return refusedByPart(`Log cleaner threads cannot be increased to more than double the current value ${current}`);
  }
  if (wanted >= Math.floor(current / 2)) return null;
  return refusedByPart(`Log cleaner threads cannot be reduced to less than half the current value ${current}`);
}

/** How Kafka wraps what one of its parts says against a change. */
function refusedByPart(problem: string): string {
  return `Invalid value org.apache.kafka.common.config.ConfigException: ${problem} for configuration Invalid dynamic configuration`;
}

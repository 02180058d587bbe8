import { BrokerConfig, type SettingTexts } from './broker-config.ts';
import { BROKER_SETTINGS, brokerSetting } from './broker-settings.ts';
import { describeAllowed, readValue } from './check.ts';
import { settingsFromEnvironment } from './environment.ts';
import { InvalidConfiguration } from './invalid-configuration.ts';
import { baseNameOf } from './listener-prefix.ts';
import { nearestNames } from './nearest.ts';
import { type Profile, profileDefaults } from './profile.ts';
import { parseProperties } from './properties.ts';
import { isSensitive } from './setting.ts';
import { findConflicts } from './together.ts';

/** Where settings come from, weakest first. */
export interface ConfigSources {
  /** The text of a server.properties file and the name to call it by. */
  readonly file?: { readonly name: string; readonly text: string };
  /** The variables of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Settings by name, as given to `--override` or to `startBroker`. */
  readonly overrides?: Readonly<Record<string, string | number | boolean>>;
}

/** A setting and where it was given. */
interface Given {
  readonly key: string;
  readonly value: string;
  readonly origin: string;
}

/** A loaded configuration and what the operator should be told about it. */
export interface LoadedConfig {
  readonly config: BrokerConfig;
  readonly profile: Profile;
  /** Settings that were given, are valid, and do nothing in this broker; in order of their names. */
  readonly withoutEffect: readonly string[];
  /** Sentences on what was given but not understood as it may have been meant. */
  readonly warnings: readonly string[];
}

/**
 * Builds the configuration of a broker: defaults of Kafka, then of the profile, then the file, the environment and the
 * overrides, each stronger than the one before. Throws {@link InvalidConfiguration} with all problems at once.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: string[] = [];
  const texts = new Map<string, string>();
  for (const given of collect(sources, problems)) {
    const problem = problemOf(given);
    if (problem === null) texts.set(given.key, given.value);
    else problems.push(problem);
  }
  const profile = (texts.get('profile')?.trim() ?? BROKER_SETTINGS.profile.default) as Profile;
  const config = new BrokerConfig({ static: withNodeId(texts), fallback: profileDefaults(profile, texts) });
  if (problems.length === 0) problems.push(...findConflicts(config).map(({ message }) => message));
  if (problems.length > 0) throw new InvalidConfiguration(problems);
  return { config, profile, withoutEffect: withoutEffect(texts.keys()), warnings: warningsOn(texts) };
}

function collect(sources: ConfigSources, problems: string[]): readonly Given[] {
  const given: Given[] = [];
  if (sources.file !== undefined) {
    const { name, text } = sources.file;
    try {
      for (const { key, value, line } of parseProperties(text))
        given.push({ key, value, origin: `${name}, line ${line}` });
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  for (const { variable, key, value } of settingsFromEnvironment(sources.environment ?? {})) {
    given.push({ key, value, origin: `environment variable ${variable}` });
  }
  for (const [key, value] of Object.entries(sources.overrides ?? {})) {
    given.push({ key, value: String(value), origin: 'override' });
  }
  return given;
}

/** Settings below these prefixes belong to plug-ins that define them themselves. */
const PLUGIN_PREFIXES: readonly string[] = ['rsm.config.', 'rlmm.config.', 'config.providers.', 'metrics.jmx.'];

function problemOf({ key, value, origin }: Given): string | null {
  if (PLUGIN_PREFIXES.some((prefix) => key.startsWith(prefix))) return null;
  const setting = brokerSetting(key) ?? brokerSetting(baseNameOf(key) ?? key);
  if (setting === undefined) return unknownKey(key, value, origin);
  if (readValue(key, setting, value).ok) return null;
  const shown = isSensitive(setting) ? '(hidden)' : value;
  return `${origin}: ${key}=${shown} is not valid. Allowed: ${describeAllowed(setting)}.`;
}

/** Settings of older Kafkas that 4.0 dropped: a file that still has them gets told so. */
const REMOVED =
  /^(zookeeper\.|password\.encoder\.|controlled\.shutdown\.(max|retry)\.|log\.message\.(format\.version|downconversion\.enable|timestamp\.difference\.max\.ms)|(inter\.broker\.protocol\.version|broker\.id\.generation\.enable|reserved\.broker\.max\.id|control\.plane\.listener\.name|delegation\.token\.master\.key|group\.coordinator\.new\.enable|leader\.imbalance\.per\.broker\.percentage|auto\.include\.jmx\.reporter)$)/;

function unknownKey(key: string, value: string, origin: string): string {
  if (REMOVED.test(key))
    return `${origin}: the setting ${key} (value ${JSON.stringify(value)}) is gone since Kafka 4.0. Take it out.`;
  const nearest = nearestNames(baseNameOf(key) ?? key, Object.keys(BROKER_SETTINGS));
  const hint = nearest.length === 0 ? 'No setting has a similar name.' : `Did you mean ${nearest.join(', ')}?`;
  return `${origin}: there is no setting ${key} (value ${JSON.stringify(value)}). ${hint}`;
}

/** Kafka keeps `broker.id`, the older name, and `node.id` equal. */
function withNodeId(texts: ReadonlyMap<string, string>): SettingTexts {
  const nodeId = texts.get('node.id');
  const brokerId = texts.get('broker.id');
  if (nodeId !== undefined && brokerId === undefined) return new Map(texts).set('broker.id', nodeId);
  if (brokerId !== undefined && nodeId === undefined) return new Map(texts).set('node.id', brokerId);
  return texts;
}

/**
 * Those of these broker settings that this broker does nothing with, in order: to be told when they are set. Nothing is
 * told apart by listener, so whatever names one is among them.
 */
export function withoutEffect(names: Iterable<string>): readonly string[] {
  const ignored = [...names].filter((name) => {
    const setting = brokerSetting(name);
    return setting === undefined || setting.noEffect === true;
  });
  return ignored.toSorted();
}

function warningsOn(texts: SettingTexts): readonly string[] {
  const warnings: string[] = [];
  if ((texts.get('authorizer.class.name') ?? '') !== '' && brokerSetting('authorizer.class.name')?.noEffect === true) {
    warnings.push('authorizer.class.name is without effect: whoever reaches this broker may do everything');
  }
  return warnings;
}

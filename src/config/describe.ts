import { type BrokerConfig, brokerSynonyms, type SettingTexts } from './broker-config.ts';
import { BROKER_SETTINGS, brokerSetting } from './broker-settings.ts';
import { readValue } from './check.ts';
import { inheritedText } from './inherited.ts';
import { baseNameOf } from './listener-prefix.ts';
import { isSensitive, KIND_CODE, type Setting, type SettingTable } from './setting.ts';
import { CLIENT_METRICS_SETTINGS } from './settings/client-metrics-settings.ts';
import { GROUP_SETTINGS } from './settings/group-settings.ts';
import { TOPIC_SETTINGS } from './topic-settings.ts';

/** Where a value comes from: the numbers of a DescribeConfigs answer. */
export const ConfigSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  brokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** One place that a value was found in. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** One setting as DescribeConfigs shows it. `type` is the number of its kind; secrets have no value. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  readonly type: number;
  readonly doc: string;
  readonly synonyms: readonly ConfigSynonym[];
}

/** What a setting means, for clients that ask for documentation; says so where Posthorn does nothing with it. */
function docOf(setting: Setting | undefined): string {
  if (setting === undefined) return '';
  return setting.noEffect === true ? `${setting.doc} Without effect in Posthorn.` : setting.doc;
}

/** Settings of a broker as DescribeConfigs shows them: those named, or all. Unknown names are left out, as in Kafka. */
export function describeBroker(config: BrokerConfig, names: readonly string[] | null): readonly ConfigEntry[] {
  const { fallback, static: given, dynamicBroker, dynamicDefault } = config.layers();
  const shown = new Set<string>();
  for (const [name, setting] of Object.entries<Setting>(BROKER_SETTINGS))
    if (setting.internal !== true) shown.add(name);
  for (const layer of [fallback, given, dynamicDefault, dynamicBroker])
    for (const name of layer.keys()) shown.add(name);
  return select(shown, names).map((name) => brokerEntry(config, name));
}

function brokerEntry(config: BrokerConfig, name: string): ConfigEntry {
  const setting = brokerSetting(name) ?? brokerSetting(baseNameOf(name) ?? name);
  const sensitive = setting === undefined || isSensitive(setting);
  const synonyms = brokerSources(config, brokerSynonyms(name), name, sensitive);
  return {
    name,
    value: sensitive ? null : config.text(name),
    source: synonyms[0]?.source ?? ConfigSource.default,
    readOnly: brokerSetting(name)?.mode === undefined,
    sensitive,
    type: setting === undefined ? 0 : KIND_CODE[setting.kind],
    doc: docOf(setting),
    synonyms,
  };
}

/** What is set at run time for all brokers (the resource BROKER with an empty name). */
export function describeClusterDefault(config: BrokerConfig, names: readonly string[] | null): readonly ConfigEntry[] {
  const { dynamicDefault } = config.layers();
  return select(dynamicDefault.keys(), names).map((name) => {
    const setting = brokerSetting(name);
    const sensitive = setting === undefined || isSensitive(setting);
    const value = sensitive ? null : (dynamicDefault.get(name) ?? null);
    return {
      name,
      value,
      source: ConfigSource.dynamicDefaultBroker,
      readOnly: setting?.mode === undefined,
      sensitive,
      type: setting === undefined ? 0 : KIND_CODE[setting.kind],
      doc: docOf(setting),
      synonyms: [{ name, value, source: ConfigSource.dynamicDefaultBroker }],
    };
  });
}

/** Settings of a topic that has these of its own. */
export function describeTopic(
  overrides: SettingTexts,
  config: BrokerConfig,
  names: readonly string[] | null,
): readonly ConfigEntry[] {
  return describeOwned({ table: TOPIC_SETTINGS, overrides, source: ConfigSource.topic, names }, config);
}

/** Settings of a group that has these of its own. */
export function describeGroup(
  overrides: SettingTexts,
  config: BrokerConfig,
  names: readonly string[] | null,
): readonly ConfigEntry[] {
  return describeOwned({ table: GROUP_SETTINGS, overrides, source: ConfigSource.group, names }, config);
}

/** Settings of a client metrics subscription. */
export function describeClientMetrics(
  overrides: SettingTexts,
  config: BrokerConfig,
  names: readonly string[] | null,
): readonly ConfigEntry[] {
  const source = ConfigSource.clientMetrics;
  return describeOwned({ table: CLIENT_METRICS_SETTINGS, overrides, source, names }, config);
}

interface Owned {
  readonly table: SettingTable;
  readonly overrides: SettingTexts;
  readonly source: ConfigSource;
  readonly names: readonly string[] | null;
}

function describeOwned({ table, overrides, source, names }: Owned, config: BrokerConfig): readonly ConfigEntry[] {
  const shown = Object.keys(table).filter((name) => table[name]?.internal !== true || overrides.has(name));
  return select(shown, names).map((name) =>
    ownedEntry({ name, setting: table[name] as Setting, overrides, source }, config),
  );
}

interface OwnedName {
  readonly name: string;
  readonly setting: Setting;
  readonly overrides: SettingTexts;
  readonly source: ConfigSource;
}

function ownedEntry({ name, setting, overrides, source }: OwnedName, config: BrokerConfig): ConfigEntry {
  const own = overrides.get(name);
  const value = own === undefined ? inheritedText(setting, config) : printed(name, setting, own);
  const synonyms = ownedSynonyms(name, setting, source, config);
  if (own !== undefined) synonyms.unshift({ name, value, source });
  return {
    name,
    value,
    source: synonyms[0]?.source ?? ConfigSource.default,
    readOnly: false,
    sensitive: false,
    type: KIND_CODE[setting.kind],
    doc: docOf(setting),
    synonyms,
  };
}

/** Only the first synonym is followed, with what stands in for it at the broker: Kafka shows no more. */
function ownedSynonyms(name: string, setting: Setting, source: ConfigSource, config: BrokerConfig): ConfigSynonym[] {
  const first = setting.synonyms?.[0]?.name;
  if (first !== undefined) return brokerSources(config, brokerSynonyms(first), first, false);
  const showsDefault = source === ConfigSource.group && setting.default !== null;
  return showsDefault ? [{ name, value: setting.default, source: ConfigSource.default }] : [];
}

function printed(name: string, setting: Setting, text: string): string | null {
  const parsed = readValue(name, setting, text);
  return parsed.ok ? parsed.text : text;
}

/**
 * Where the values of these synonyms are set, strongest place first, from the first one under the asked name on: what
 * is stronger but has another name is left out, as in Kafka.
 */
function brokerSources(
  config: BrokerConfig,
  synonyms: readonly string[],
  asked: string,
  sensitive: boolean,
): ConfigSynonym[] {
  const layers = config.layers();
  const found: ConfigSynonym[] = [];
  const add = (source: ConfigSource, valueOf: (name: string) => string | null | undefined): void => {
    for (const name of synonyms) {
      const value = valueOf(name);
      if (value === undefined || value === null) continue;
      found.push({ name, value: sensitive ? null : value, source });
    }
  };
  add(ConfigSource.dynamicBroker, (name) => layers.dynamicBroker.get(name));
  add(ConfigSource.dynamicDefaultBroker, (name) => layers.dynamicDefault.get(name));
  add(ConfigSource.staticBroker, (name) => layers.static.get(name) ?? layers.fallback.get(name));
  add(ConfigSource.default, (name) => (isOnlyDynamic(name) ? null : brokerSetting(name)?.default));
  const from = found.findIndex((synonym) => synonym.name === asked);
  return from === -1 ? [] : found.slice(from);
}

/** The replication quotas of a broker are no part of Kafka's list of settings, so Kafka does not show their defaults. */
function isOnlyDynamic(name: string): boolean {
  const setting = brokerSetting(name);
  return setting?.internal === true && setting.mode !== undefined;
}

function select(shown: Iterable<string>, names: readonly string[] | null): readonly string[] {
  const all = [...shown];
  if (names === null) return all;
  const wanted = new Set(names);
  return all.filter((name) => wanted.has(name));
}

import { Codes } from './codes.ts';

export type ConfigSource =
  | 'dynamic-topic'
  | 'dynamic-broker'
  | 'dynamic-default-broker'
  | 'static-broker'
  | 'default'
  | 'dynamic-broker-logger'
  | 'dynamic-client-metrics'
  | 'dynamic-group';
export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password';

const SOURCES = new Codes<ConfigSource>('source of configuration', {
  'dynamic-topic': 1,
  'dynamic-broker': 2,
  'dynamic-default-broker': 3,
  'static-broker': 4,
  default: 5,
  'dynamic-broker-logger': 6,
  'dynamic-client-metrics': 7,
  'dynamic-group': 8,
});
const TYPES = new Codes<ConfigType>('type of configuration', {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
});

/** Another name or place that the value could come from; the first is in force. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource | 'unknown';
}

/** One setting as a broker tells it. */
export interface ConfigEntry {
  readonly name: string;
  /** Null where it is sensitive, or not set. */
  readonly value: string | null;
  readonly source: ConfigSource | 'unknown';
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  /** `unknown` where the broker does not say (before KIP-569, and in what CreateTopics answers). */
  readonly type: ConfigType | 'unknown';
  /** Empty unless asked for. */
  readonly synonyms: readonly ConfigSynonym[];
  /** Null unless asked for. */
  readonly documentation: string | null;
}

interface WireEntry {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly synonyms?: readonly { readonly name: string; readonly value: string | null; readonly source: number }[];
  readonly configType?: number;
  readonly documentation?: string | null;
}

export function configEntry(told: WireEntry): ConfigEntry {
  return {
    name: told.name,
    value: told.value,
    source: SOURCES.name(told.configSource),
    isReadOnly: told.readOnly,
    isSensitive: told.isSensitive,
    type: TYPES.name(told.configType ?? 0),
    synonyms: (told.synonyms ?? []).map(({ name, value, source }) => ({ name, value, source: SOURCES.name(source) })),
    documentation: told.documentation ?? null,
  };
}

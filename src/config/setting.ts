/** The kinds of value that a setting holds: those of Kafka's ConfigDef. */
export type Kind = 'boolean' | 'int' | 'long' | 'short' | 'double' | 'string' | 'list' | 'class' | 'password';

/** What a value must satisfy beyond its kind. Data, not code, so that a table costs nothing to load. */
export type Check =
  | { readonly range: readonly [min: number, max: number | null] }
  | { readonly oneOf: readonly string[]; readonly ignoreCase?: true }
  | { readonly items: 'any' | readonly string[]; readonly notEmpty?: true }
  | { readonly rule: CheckRule };

/** Checks that are code; see `check.ts`. */
export type CheckRule =
  | 'non-empty'
  | 'gzip-level'
  | 'quorum-voters'
  | 'quorum-bootstrap-servers'
  | 'throttled-replicas'
  | 'share-offset-reset'
  | 'connection-overrides'
  | 'protocol-map';

/**
 * One setting, declared once. The server.properties parser, the environment, DescribeConfigs, AlterConfigs and the
 * reference page all read this. Defaults are kept as Kafka prints them, because a 64-bit default has no exact number.
 */
export interface Setting {
  readonly kind: Kind;
  /** As Kafka prints it; null where there is none. */
  readonly default: string | null;
  readonly check?: Check;
  readonly doc: string;
  readonly importance: 'high' | 'medium' | 'low';
  /** The broker settings that a topic or group setting takes its default from, the first that is set winning. */
  readonly synonyms?: readonly Synonym[];
  /** Absent: read-only. */
  readonly mode?: 'per-broker' | 'cluster-wide';
  /** True: accepted and checked, but this broker does nothing with it, and says so at the start. */
  readonly noEffect?: true;
  /** True: described only where it is set, as Kafka does with its internal settings and the replication quotas. */
  readonly internal?: true;
  /** True: read by a plug-in that comes with Kafka and is not in Kafka's own list. */
  readonly plugin?: true;
  /** True: Posthorn's own; Kafka has no such setting. */
  readonly own?: true;
}

/** A broker setting that gives another setting its default; `factor` converts its unit. */
export interface Synonym {
  readonly name: string;
  readonly factor?: number;
}

/** A table of settings by name. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** A value after parsing. 64-bit integers beyond 2^53 - 1 are clamped to it; their exact text is kept beside. */
export type SettingValue = boolean | number | string | readonly string[] | null;

type KindValue<K extends Kind> = K extends 'boolean'
  ? boolean
  : K extends 'int' | 'long' | 'short' | 'double'
    ? number
    : K extends 'list'
      ? readonly string[]
      : string;

/** The TypeScript type of the value of a setting: null only where the default is null. */
export type ValueOf<S extends Setting> = S extends { default: null }
  ? KindValue<S['kind']> | null
  : KindValue<S['kind']>;

/** True for values that are never shown: Kafka treats exactly the passwords as sensitive. */
export function isSensitive(setting: Setting): boolean {
  return setting.kind === 'password';
}

/** The number that stands for a kind in a DescribeConfigs answer (ConfigType of KIP-226, KIP-569). */
export const KIND_CODE: Readonly<Record<Kind, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

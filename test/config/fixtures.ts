import { readFileSync } from 'node:fs';

/** A setting as Kafka 4.3.1 declares it (its ConfigDef, read through reflection). */
export interface DeclaredSetting {
  readonly name: string;
  readonly type: string;
  readonly default: string | null;
  readonly importance: string;
  readonly mode?: string;
  /** Described only where it is set. */
  readonly internal?: true;
  readonly sensitive?: true;
  readonly synonyms?: readonly { readonly name: string; readonly factor: number }[];
}

/** One entry of a DescribeConfigs answer of Kafka 4.3.1; a synonym is `name|source|value`. */
export type DescribedEntry = readonly [
  name: string,
  value: string | null,
  source: string,
  readOnly: boolean,
  sensitive: boolean,
  type: string,
  synonyms: readonly string[],
];

/** What Kafka 4.3.1 knows, and how it described itself with the settings `describedWith`. */
export interface KafkaSettings {
  readonly broker: readonly DeclaredSetting[];
  readonly topic: readonly DeclaredSetting[];
  readonly group: readonly DeclaredSetting[];
  readonly clientMetrics: readonly DeclaredSetting[];
  readonly clientQuota: readonly DeclaredSetting[];
  readonly ipQuota: readonly DeclaredSetting[];
  readonly describedWith: readonly string[];
  readonly describedBroker: readonly DescribedEntry[];
  readonly describedTopic: readonly DescribedEntry[];
  readonly describedGroup: readonly DescribedEntry[];
  readonly describedClientMetrics: readonly DescribedEntry[];
}

/** What Kafka 4.3.1 makes of values: for each of these settings (`table|name`) the printed value, or the problem. */
export interface KafkaValues {
  readonly names: readonly string[];
  readonly cases: readonly (readonly [value: string, text: string | null, problem: string | null])[];
}

export const KAFKA_SETTINGS = read('kafka-settings.json') as KafkaSettings;
export const KAFKA_VALUES = read('kafka-values.json') as readonly KafkaValues[];

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../test/config/${file}`, import.meta.url), 'utf8'));
}

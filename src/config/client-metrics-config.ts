import type { AlteredTable, Rejection } from './alteration.ts';
import type { SettingTexts } from './broker-config.ts';
import { readValue } from './check.ts';
import type { Setting } from './setting.ts';
import { CLIENT_METRICS_SETTINGS } from './settings/client-metrics-settings.ts';

const INTERVAL_MIN_MS = 100;
const INTERVAL_MAX_MS = 3_600_000;

const MATCH_KEYS: readonly string[] = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
];

/** The declaration of a client metrics setting, if there is one of that name. */
export function clientMetricsSetting(name: string): Setting | undefined {
  if (!Object.hasOwn(CLIENT_METRICS_SETTINGS, name)) return undefined;
  return CLIENT_METRICS_SETTINGS[name as keyof typeof CLIENT_METRICS_SETTINGS];
}

/** The table that changes of a subscription's settings are applied with. */
export const CLIENT_METRICS_TABLE: AlteredTable = {
  setting: clientMetricsSetting,
  inherited: (name) => clientMetricsSetting(name)?.default ?? null,
  notAList: (op, name) => `Can't ${op.toUpperCase()} to key ${name} because its type is not LIST.`,
};

/** Judges the settings of a client metrics subscription (KIP-714) as a whole; null if they are valid. */
export function validateClientMetricsSettings(subscription: string, texts: SettingTexts): Rejection | null {
  if (subscription === '') return { kind: 'invalid-request', message: "Subscription name can't be empty" };
  for (const [name, text] of texts) {
    const setting = clientMetricsSetting(name);
    if (setting === undefined) {
      return { kind: 'invalid-request', message: `Unknown client metrics configuration: ${name}` };
    }
    const read = readValue(name, setting, text);
    if (!read.ok) return { kind: 'invalid-config', message: read.problem };
    const rejection = name === 'interval.ms' ? wrongInterval(read.value as number) : null;
    if (rejection !== null) return rejection;
    const pattern = name === 'match' ? wrongPattern(read.value as readonly string[]) : null;
    if (pattern !== null) return { kind: 'invalid-config', message: `Illegal client matching pattern: ${pattern}` };
  }
  return null;
}

function wrongInterval(intervalMs: number): Rejection | null {
  if (intervalMs >= INTERVAL_MIN_MS && intervalMs <= INTERVAL_MAX_MS) return null;
  const message = `Invalid value ${intervalMs} for interval.ms, interval must be between 100 and 3600000 (1 hour)`;
  return { kind: 'invalid-request', message };
}

function wrongPattern(patterns: readonly string[]): string | null {
  return patterns.find(isWrongPattern) ?? null;
}

function isWrongPattern(pattern: string): boolean {
  const parts = pattern.split('=');
  return parts.length !== 2 || !MATCH_KEYS.includes(parts[0]!.trim()) || !isRegularExpression(parts[1]!.trim());
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

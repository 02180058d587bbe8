import type { Check, CheckRule, Kind, Setting, SettingValue } from './setting.ts';
import { type Parsed, parseValue } from './value.ts';

/**
 * Reads the text of a setting as Kafka's ConfigDef does: parses it by its kind, drops repeated items of a list that must
 * not have any, and checks it. A problem is one sentence with name and value, in the words that clients of Kafka know.
 */
export function readValue(name: string, setting: Setting, raw: string): Parsed {
  const parsed = parseValue(setting.kind, raw);
  if (!parsed.ok) return { ok: false, problem: `Invalid value ${raw} for configuration ${name}: ${parsed.problem}` };
  if (setting.check === undefined) return parsed;
  const distinct = 'items' in setting.check ? withoutRepeats(parsed) : parsed;
  const problem = problemOf(name, setting.check, distinct);
  return problem === null ? distinct : { ok: false, problem };
}

type Good = Extract<Parsed, { ok: true }>;

function withoutRepeats(parsed: Good): Good {
  const items = [...new Set(parsed.value as readonly string[])];
  return { ok: true, value: items, text: items.join(',') };
}

function problemOf(name: string, check: Check, { value, text }: Good): string | null {
  if ('items' in check) return problemOfItems(name, check, value as readonly string[]);
  const wrong = 'range' in check ? wrongRange(check.range, value) : wrongText(name, check, value);
  if (wrong === null) return null;
  if (wrong.isWhole === true) return wrong.reason;
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : text;
  return `Invalid value ${shown} for configuration ${name}: ${wrong.reason}`;
}

function problemOfItems(
  name: string,
  check: Extract<Check, { items: unknown }>,
  items: readonly string[],
): string | null {
  if (items.length === 0 && check.notEmpty === true) {
    const valid = check.items === 'any' ? 'any non-empty value' : `[${check.items.join(', ')}]`;
    return `Configuration '${name}' must not be empty. Valid values include: ${valid}`;
  }
  for (const item of items) {
    if (item === '') return `Configuration '${name}' values must not be empty.`;
    if (check.items === 'any' || check.items.includes(item)) continue;
    const valid = check.items.join(', ');
    return `Invalid value ${item} for configuration ${name}: String must be one of: ${valid}`;
  }
  return null;
}

/** What is wrong; `isWhole` if it names the setting itself. */
interface Wrong {
  readonly reason: string;
  readonly isWhole?: true;
}

function wrongRange([min, max]: readonly [number, number | null], value: SettingValue): Wrong | null {
  if ((value as number) < min) return { reason: `Value must be at least ${min}` };
  if (max !== null && (value as number) > max) return { reason: `Value must be no more than ${max}` };
  return null;
}

function wrongText(
  name: string,
  check: Extract<Check, { oneOf: unknown } | { rule: unknown }>,
  value: SettingValue,
): Wrong | null {
  if ('rule' in check) return wrongRule(name, check.rule, value);
  const text = value as string;
  if (check.oneOf.includes(check.ignoreCase === true ? text.toUpperCase() : text)) return null;
  const how = check.ignoreCase === true ? ' (case insensitive)' : '';
  return { reason: `String must be one of${how}: ${check.oneOf.join(', ')}` };
}

const QUORUM_VOTER = /^[0-9]+@[^@]+:[0-9]+$/;
const HOST_PORT = /^\[?[0-9a-zA-Z\-%._:]*\]?:[0-9]+$/;
const THROTTLED_REPLICA = /^[0-9]+\s*:\s*[0-9]+$/;
const CONNECTION_OVERRIDE = /^.+:\s*[0-9]+$/;
const PROTOCOL_ENTRY = /^[^:\s]+\s*:\s*(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$/i;
const DURATION = /^P(?!$)([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$/i;

function wrongRule(name: string, rule: CheckRule, value: SettingValue): Wrong | null {
  switch (rule) {
    case 'non-empty':
      return value === '' ? { reason: 'String must be non-empty' } : null;
    case 'gzip-level':
      return value === -1 || ((value as number) >= 1 && (value as number) <= 9)
        ? null
        : { reason: 'Value must be between 1 and 9 or equal to -1' };
    case 'quorum-voters':
      return wrongVoters(name, value as readonly string[]);
    case 'quorum-bootstrap-servers':
      return wrongBootstrapServers(name, value as readonly string[]);
    case 'throttled-replicas':
      return wrongThrottledReplicas(name, value as readonly string[]);
    case 'share-offset-reset':
      return wrongOffsetReset(name, value as string);
    case 'connection-overrides':
      return wrongPairs(name, value as string, CONNECTION_OVERRIDE, 'address:number');
    case 'protocol-map':
      return wrongPairs(name, value as string, PROTOCOL_ENTRY, 'LISTENER:PROTOCOL');
    default:
      return rule satisfies never;
  }
}

function wrongVoters(name: string, voters: readonly string[]): Wrong | null {
  if (voters.every((voter) => QUORUM_VOTER.test(voter))) return null;
  const reason = `Invalid configuration value for ${name}. Each entry should be in the form \`{id}@{host}:{port}\`.`;
  return { reason, isWhole: true };
}

function wrongBootstrapServers(name: string, servers: readonly string[]): Wrong | null {
  const bad = servers.find((server) => !HOST_PORT.test(server));
  if (bad === undefined) return null;
  const reason = `Failed to parse host name from ${bad} for the configuration ${name}. Each entry should be in the form "{host}:{port}"`;
  return { reason, isWhole: true };
}

function wrongThrottledReplicas(name: string, items: readonly string[]): Wrong | null {
  if (items.length === 1 && items[0] === '*') return null;
  // Java's split drops empty items at the end; an append of nothing leaves one.
  const last = items.findLastIndex((item) => item !== '');
  if (items.slice(0, last + 1).every((item) => THROTTLED_REPLICA.test(item))) return null;
  const format = '[partitionId]:[brokerId],[partitionId]:[brokerId],...';
  return { reason: `${name} must be the literal '*' or a list of replicas in the following format: ${format}` };
}

function wrongOffsetReset(name: string, value: string): Wrong | null {
  if (value === 'latest' || value === 'earliest') return null;
  const duration = value.startsWith('by_duration:') ? value.slice('by_duration:'.length) : null;
  if (duration !== null && DURATION.test(duration)) return null;
  const reason =
    `Invalid value \`${value}\` for configuration ${name}. The value must be either 'earliest', 'latest' ` +
    `or of the format 'by_duration:<PnDTnHnMn.nS>'.`;
  return { reason };
}

function wrongPairs(name: string, value: string, pair: RegExp, form: string): Wrong | null {
  const bad = value
    .split(',')
    .map((entry) => entry.trim())
    .find((entry) => entry !== '' && !pair.test(entry));
  if (bad === undefined) return null;
  return { reason: `Error parsing configuration property '${name}': ${bad} is not ${form}`, isWhole: true };
}

const KIND_TEXT: Readonly<Record<Kind, string>> = {
  boolean: 'true or false',
  short: 'a whole number, -32768 to 32767',
  int: 'a whole number, -2147483648 to 2147483647',
  long: 'a whole number, -9223372036854775808 to 9223372036854775807',
  double: 'a number',
  string: 'a text',
  list: 'a list, separated by commas',
  class: 'the name of a class',
  password: 'a text',
};

const KIND_MAX: Readonly<Partial<Record<Kind, string>>> = {
  short: '32767',
  int: '2147483647',
  long: '9223372036854775807',
};

const RULE_TEXT: Readonly<Record<CheckRule, string>> = {
  'non-empty': 'a text that is not empty',
  'gzip-level': 'a whole number, 1 to 9, or -1',
  'quorum-voters': 'a list of id@host:port',
  'quorum-bootstrap-servers': 'a list of host:port',
  'throttled-replicas': 'a list of partition:broker, or *',
  'share-offset-reset': 'latest, earliest, or by_duration: and an ISO-8601 duration',
  'connection-overrides': 'a list of address:number',
  'protocol-map': 'a list of LISTENER:PROTOCOL with the protocols PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL',
};

/** The values that a setting admits, for people. */
export function describeAllowed({ check, kind }: Setting): string {
  if (check === undefined) return KIND_TEXT[kind];
  if ('rule' in check) return RULE_TEXT[check.rule];
  if ('oneOf' in check) return `one of ${check.oneOf.join(', ')}`;
  if ('range' in check) {
    const [min, max] = check.range;
    const upTo = max ?? KIND_MAX[kind];
    const what = kind === 'double' ? 'a number' : 'a whole number';
    return upTo === undefined ? `${what}, ${min} or more` : `${what}, ${min} to ${upTo}`;
  }
  const items = check.items === 'any' ? 'a list, separated by commas' : `a list of ${check.items.join(', ')}`;
  return check.notEmpty === true ? `${items}, not empty` : items;
}

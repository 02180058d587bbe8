import type { Check, CheckRule, SettingValue } from './setting.ts';

/** What is wrong with a value, in the words that Kafka's validators use, or null. The value has its kind already. */
export function checkValue(check: Check, value: SettingValue): string | null {
  if ('range' in check) return checkRange(check.range, value);
  if ('oneOf' in check) return checkOneOf(check, value);
  if ('each' in check) return checkEach(check, value as readonly string[]);
  return checkRule(check.rule, value);
}

/** The values that a check admits, for people: `0 or more`, `one of a, b`. */
export function describeCheck(check: Check): string {
  if ('range' in check)
    return check.range[1] === null ? `${check.range[0]} or more` : `${check.range[0]} to ${check.range[1]}`;
  if ('oneOf' in check) return `one of ${check.oneOf.join(', ')}`;
  if ('each' in check) return `a list of ${check.each.join(', ')}${check.notEmpty === true ? '; not empty' : ''}`;
  return RULE_TEXT[check.rule];
}

const RULE_TEXT: Readonly<Record<CheckRule, string>> = {
  'non-empty': 'a text that is not empty',
  'gzip-level': '1 to 9, or -1',
  'quorum-voters': 'a list of id@host:port',
  'quorum-bootstrap-servers': 'a list of host:port',
  'throttled-replicas': 'a list of partition:broker, or *',
  'share-offset-reset': 'latest, earliest, or by_duration: with an ISO-8601 duration',
  distinct: 'a list without duplicates',
};

function checkRange(range: readonly [number, number | null], value: SettingValue): string | null {
  if (value === null) return 'Value must be non-null';
  const [min, max] = range;
  if ((value as number) < min) return `Value must be at least ${min}`;
  if (max !== null && (value as number) > max) return `Value must be no more than ${max}`;
  return null;
}

function checkOneOf(check: Extract<Check, { oneOf: unknown }>, value: SettingValue): string | null {
  const text = value as string | null;
  if (check.ignoreCase === true) {
    if (text !== null && check.oneOf.includes(text.toUpperCase())) return null;
    return `String must be one of (case insensitive): ${check.oneOf.join(', ')}`;
  }
  return text !== null && check.oneOf.includes(text) ? null : `String must be one of: ${check.oneOf.join(', ')}`;
}

function checkEach(check: Extract<Check, { each: unknown }>, items: readonly string[]): string | null {
  if (items.length === 0 && check.notEmpty === true) return 'Configuration must not be empty.';
  for (const item of items) {
    if (!check.each.includes(item)) return `String must be one of: ${check.each.join(', ')}`;
  }
  return new Set(items).size === items.length ? null : 'Configuration values must not be duplicated.';
}

const QUORUM_VOTER = /^[0-9]+@[^@]+:[0-9]+$/;
const HOST_PORT = /^.+:[0-9]+$/;
const THROTTLED_REPLICA = /^\s*[0-9]+\s*:\s*[0-9]+\s*$/;
const DURATION = /^P(?!$)([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$/i;

function checkRule(rule: CheckRule, value: SettingValue): string | null {
  switch (rule) {
    case 'non-empty':
      return value === '' ? 'String must be non-empty' : null;
    case 'gzip-level':
      return value === -1 || ((value as number) >= 1 && (value as number) <= 9)
        ? null
        : 'Value must be between 1 and 9 or equal to -1';
    case 'quorum-voters':
      return (value as readonly string[]).every((voter) => QUORUM_VOTER.test(voter)) ? null : 'Expected id@host:port';
    case 'quorum-bootstrap-servers':
      return (value as readonly string[]).every((server) => HOST_PORT.test(server)) ? null : 'Expected host:port';
    case 'throttled-replicas':
      return checkThrottledReplicas(value as readonly string[]);
    case 'share-offset-reset':
      return checkShareOffsetReset(value as string);
    case 'distinct':
      return new Set(value as readonly string[]).size === (value as readonly string[]).length
        ? null
        : 'Configuration values must not be duplicated.';
    default:
      return rule satisfies never;
  }
}

function checkThrottledReplicas(items: readonly string[]): string | null {
  if (items.length === 1 && items[0] === '*') return null;
  return items.every((item) => THROTTLED_REPLICA.test(item))
    ? null
    : 'Must be the literal "*" or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...';
}

function checkShareOffsetReset(value: string): string | null {
  if (value === 'latest' || value === 'earliest') return null;
  const duration = value.startsWith('by_duration:') ? value.slice('by_duration:'.length) : null;
  return duration !== null && DURATION.test(duration) ? null : 'Expected latest, earliest or by_duration:<duration>';
}

import type { Kind, SettingValue } from './setting.ts';

/** A parsed value with the text that Kafka would print for it, or what is wrong with it in Kafka's words. */
export type Parsed =
  | { readonly ok: true; readonly value: SettingValue; readonly text: string | null }
  | { readonly ok: false; readonly problem: string };

/**
 * Parses a value by the rules of Kafka's ConfigDef (trimmed; integers in decimal with an optional sign; lists split at
 * commas). `value` clamps 64-bit integers to the safe range of a number; `text` is exact.
 */
export function parseValue(kind: Kind, raw: string): Parsed {
  const trimmed = kind === 'password' ? raw : raw.trim();
  switch (kind) {
    case 'boolean':
      return parseBoolean(trimmed);
    case 'short':
      return parseInteger(trimmed, 'SHORT', '32768');
    case 'int':
      return parseInteger(trimmed, 'INT', '2147483648');
    case 'long':
      return parseInteger(trimmed, 'LONG', '9223372036854775808');
    case 'double':
      return parseDouble(trimmed);
    case 'list':
      return parseList(trimmed);
    case 'string':
    case 'class':
    case 'password':
      return { ok: true, value: trimmed, text: trimmed };
    default:
      return kind satisfies never;
  }
}

function parseBoolean(trimmed: string): Parsed {
  const lower = trimmed.toLowerCase();
  if (lower !== 'true' && lower !== 'false') {
    return { ok: false, problem: 'Expected value to be either true or false' };
  }
  return { ok: true, value: lower === 'true', text: lower };
}

const INTEGER = /^([+-]?)([0-9]+)$/;

/** `limit` is the magnitude of the smallest value; the largest is one less. Compared as text: no rounding, no BigInt. */
function parseInteger(trimmed: string, name: string, limit: string): Parsed {
  const match = INTEGER.exec(trimmed);
  const digits = match?.[2]?.replace(/^0+(?=[0-9])/, '');
  if (match === null || digits === undefined) return { ok: false, problem: `Not a number of type ${name}` };
  const isNegative = match[1] === '-';
  const beyond = digits.length > limit.length || (digits.length === limit.length && digits > limit);
  if (beyond || (digits === limit && !isNegative)) return { ok: false, problem: `Not a number of type ${name}` };
  const magnitude = Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  const value = isNegative && magnitude !== 0 ? -magnitude : magnitude;
  return { ok: true, value, text: isNegative && digits !== '0' ? `-${digits}` : digits };
}

const DOUBLE = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?$/;

function parseDouble(trimmed: string): Parsed {
  if (!DOUBLE.test(trimmed)) return { ok: false, problem: 'Not a number of type DOUBLE' };
  const value = Number(trimmed.replace(/[dDfF]$/, ''));
  return { ok: true, value, text: printDouble(value) };
}

/** A double as Java prints it: plain from 10^-3 up to 10^7, else with an exponent; always with a decimal point. */
export function printDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

function parseList(trimmed: string): Parsed {
  const items = trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
  return { ok: true, value: items, text: items.join(',') };
}

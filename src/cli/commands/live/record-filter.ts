import type { ConsumerRecord } from '../../../client/consumer/consumer-record.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';

/** A record as bytes. */
export type RawRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null>;

export interface FilterOptions {
  /** Keys, as text. */
  readonly keys: readonly string[];
  readonly partitions: ReadonlySet<number>;
  /** `a.b=text`, `a.b!=text` or `a.b`: what a JSON value has to have. All have to hold. */
  readonly fields: readonly string[];
}

/** Whether a record is wanted. */
export type RecordFilter = (record: RawRecord) => boolean;

const RULE = /^(?<path>[^=!]+)(?:(?<operator>!?=)(?<wanted>.*))?$/s;

/** A filter by what a command line says. Throws {@link ToolFailure} for a rule that is none. */
export function recordFilter({ keys, partitions, fields }: FilterOptions): RecordFilter {
  const rules = fields.map(fieldRule);
  return (record) => {
    if (partitions.size > 0 && !partitions.has(record.partition)) return false;
    if (keys.length > 0 && !keys.includes(textOf(record.key) ?? '')) return false;
    if (rules.length === 0) return true;
    const value = jsonOf(record.value);
    return value !== undefined && rules.every((rule) => rule(value));
  };
}

/** Bytes as UTF-8; null for none. */
export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function fieldRule(text: string): (value: unknown) => boolean {
  const { path, operator, wanted = '' } = RULE.exec(text)?.groups ?? {};
  if (path === undefined) throw new ToolFailure(`--where takes FIELD, FIELD=VALUE or FIELD!=VALUE, not '${text}'`);
  const names = path.trim().split('.');
  return (value) => {
    const found = names.reduce<unknown>(memberOf, value);
    if (operator === undefined) return found !== undefined;
    return (shown(found) === wanted.trim()) === (operator === '=');
  };
}

/** A member of an object, or of a list by its number; its own only. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function shown(value: unknown): string | undefined {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonOf(bytes: Uint8Array | null): unknown {
  try {
    return JSON.parse(textOf(bytes) ?? '');
  } catch {
    return undefined;
  }
}

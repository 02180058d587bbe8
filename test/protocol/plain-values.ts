import { defaultOf } from '../../src/protocol/layout.ts';
import type { AnyField, Fields } from '../../src/protocol/schema.ts';

type Values = Record<string, unknown>;

/**
 * A read message as JSON can hold it: byte fields as base64, hashes as numbers. What the version lacks has its default on our side, so the
 * two sides compare whole.
 */
export function plainValues(fields: Fields, values: Values): Values {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, plain(field, values[name])]));
}

function plain(field: AnyField, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'bigint') return Number(value);
  if (field.kind === 'array') return (value as unknown[]).map((item) => plain(field.of!, item));
  if (field.kind === 'struct') return plainValues(field.fields!, value as Values);
  return value;
}

/** The reverse of {@link plainValues}; what is left out gets its default. */
export function valuesOf(fields: Fields, plainer: Values): Values {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fromPlain(field, plainer[name])]));
}

function fromPlain(field: AnyField, value: unknown): unknown {
  if (value === undefined) return defaultOf(field);
  if (value === null) return null;
  if (field.kind === 'bytes' || field.kind === 'records') return Buffer.from(value as string, 'base64');
  if (field.kind === 'bits64') return BigInt(value as number);
  if (field.kind === 'array') return (value as unknown[]).map((item) => fromPlain(field.of!, item));
  if (field.kind === 'struct') return valuesOf(field.fields!, value as Values);
  return value;
}

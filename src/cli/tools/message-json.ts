import { ZERO_UUID } from '../../base/uuid.ts';
import type { AnyField, Fields, Message } from '../../protocol/schema.ts';
import { inVersions } from '../../protocol/version-range.ts';

/** JSON of one value in place of what the schema would write. */
export type Replaced = (fieldName: string, value: unknown) => string | undefined;

/**
 * A decoded message as the JSON text that Kafka's generated converters write: fields in declared order, those of other versions left
 * out, tagged ones left out while they have their default, bytes as base64.
 */
export function messageJson(message: Message, version: number, value: object, replaced: Replaced = keep): string {
  return structJson(message.fields, version, value as Readonly<Record<string, unknown>>, replaced);
}

function keep(): undefined {}

function structJson(
  fields: Fields,
  version: number,
  value: Readonly<Record<string, unknown>>,
  replaced: Replaced,
): string {
  const parts: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const { options } = field;
    if (!inVersions(options.versions, version, true)) continue;
    const isTagged = options.tag !== undefined && inVersions(options.tagged, version, true);
    const part = value[name];
    if (isTagged && isDefault(field, part)) continue;
    const text = replaced(name, part) ?? valueJson(field, version, part, replaced);
    parts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${parts.join(',')}}`;
}

function valueJson(field: AnyField, version: number, value: unknown, replaced: Replaced): string {
  if (value === null || value === undefined) return 'null';
  const { kind } = field;
  if (kind === 'array') {
    const items = (value as readonly unknown[]).map((item) => valueJson(field.of!, version, item, replaced));
    return `[${items.join(',')}]`;
  }
  if (kind === 'struct') {
    return structJson(field.fields!, version, value as Readonly<Record<string, unknown>>, replaced);
  }
  if (kind === 'bytes' || kind === 'records') {
    return JSON.stringify(Buffer.from(value as Uint8Array).toString('base64'));
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function isDefault(field: AnyField, value: unknown): boolean {
  // Kafka's converters leave out no struct.
  if (field.kind === 'struct') return false;
  const { default: given } = field.options;
  if (given !== undefined) return value === given || Number(value) === given;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === null || value === 0 || value === 0n || value === false || value === '' || value === ZERO_UUID;
}

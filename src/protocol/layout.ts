import { ZERO_UUID } from '../base/uuid.ts';
import type { AnyField, Field, Fields, Kind, Message } from './schema.ts';
import { NO_BYTES } from './wire-decoding.ts';
import { inVersions } from './version-range.ts';

/** How one field looks in one version: what both the compiler and the interpreter ask of a declaration. */
export interface FieldLayout {
  readonly name: string;
  readonly field: AnyField;
  readonly inVersion: boolean;
  readonly nullable: boolean;
  /** Compact lengths, and a tagged section at the end of a struct. */
  readonly flexible: boolean;
  /** The tag under which this version carries the field; undefined when it is in line or absent. */
  readonly tag: number | undefined;
}

/** The fields of a struct as `version` has them, in line ones first in declared order, then tagged ones by tag. */
export function layoutOf(fields: Fields, version: number, flexible: boolean): FieldLayout[] {
  const inline: FieldLayout[] = [];
  const tagged: FieldLayout[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const { options } = field;
    const inVersion = inVersions(options.versions, version, true);
    const isTagged = inVersion && options.tag !== undefined && inVersions(options.tagged, version, flexible);
    const layout: FieldLayout = {
      name,
      field,
      inVersion,
      nullable: inVersions(options.nullable, version, false),
      flexible: options.flexible === undefined ? flexible : inVersions(options.flexible, version, flexible),
      tag: isTagged ? options.tag : undefined,
    };
    (isTagged ? tagged : inline).push(layout);
  }
  tagged.sort((a, b) => a.tag! - b.tag!);
  return [...inline, ...tagged];
}

export function isFlexible(message: Message, version: number): boolean {
  return inVersions(message.flexible, version, false);
}

/** The element of an array, as if it were a field: never absent, never tagged. */
export function elementLayout(array: FieldLayout): FieldLayout {
  return {
    name: array.name,
    field: array.field.of!,
    inVersion: true,
    nullable: false,
    flexible: array.flexible,
    tag: undefined,
  };
}

const fixedSizes = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bits64: 8,
  float64: 8,
  uuid: 16,
} as const satisfies Partial<Record<Kind, number>>;

/** The kinds of which every value takes the same number of bytes. */
export type FixedKind = keyof typeof fixedSizes;
/** The kinds that carry a length, a count or a marker. */
export type VariableKind = Exclude<Kind, FixedKind>;

export function isFixed(kind: Kind): kind is FixedKind {
  return kind in fixedSizes;
}

/** Bytes of a value of a fixed kind. */
export function fixedSize(kind: FixedKind): number {
  return fixedSizes[kind];
}

/** The fewest bytes that a value of this layout takes. Bounds how many elements an array can hold. */
export function sizeMin(layout: FieldLayout, version: number): number {
  const { field, flexible } = layout;
  if (isFixed(field.kind)) return fixedSize(field.kind);
  if (field.kind === 'string') return flexible ? 1 : 2;
  if (field.kind !== 'struct') return flexible ? 1 : 4;
  if (layout.nullable) return 1;
  let size = flexible ? 1 : 0;
  for (const part of layoutOf(field.fields!, version, flexible)) {
    if (part.inVersion && part.tag === undefined) size += sizeMin(part, version);
  }
  return size;
}

/** What a field reads as when the bytes do not carry it. Arrays and structs are new on each call. */
export function defaultOf(field: AnyField): unknown {
  const { default: declared } = field.options;
  if (declared !== undefined) return declared;
  switch (field.kind) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
      return NO_BYTES;
    case 'records':
      return null;
    case 'array':
      return [];
    case 'struct':
      return defaultsOf(field.fields!);
    case 'bits64':
      return 0n;
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'float64':
      return 0;
    default:
      throw field.kind satisfies never;
  }
}

export function defaultsOf(fields: Fields): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) value[name] = defaultOf(field);
  return value;
}

/** Whether writing may leave the field out. */
export function isOptional(field: AnyField): boolean {
  return field.options.default !== undefined || field.options.tag !== undefined;
}

/** Whether `value` is something else than the field's default: then a version without the field cannot carry it. */
export function differsFromDefault(field: Field<unknown, unknown, boolean>, value: unknown): boolean {
  if (value === undefined) return false;
  const missing = field.options.default === null;
  if (value === null) return !missing && field.kind !== 'records';
  if (missing) return true;
  const { kind } = field;
  if (kind === 'records') return true;
  if (kind === 'bytes' || kind === 'array') return (value as { length: number }).length > 0;
  if (kind !== 'struct') return value !== defaultOf(field);
  const parts = Object.entries(field.fields!);
  return parts.some(([name, part]) => differsFromDefault(part, (value as Record<string, unknown>)[name]));
}

import { assert } from '../base/assert.ts';
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { ByteWriter as Writer } from '../base/byte-writer.ts';
import { Malformed } from '../base/malformed.ts';
import { uuidFromBytes, uuidToBytes } from '../base/uuid.ts';
import {
  defaultOf,
  differsFromDefault,
  elementLayout,
  type FieldLayout,
  type FixedKind,
  isFixed,
  isFlexible,
  isOptional,
  layoutOf,
  sizeMin,
} from './layout.ts';
import type { Fields, Message } from './schema.ts';
import { badValue, unsupported } from './wire-encoding.ts';
import { checkCount, OBJECT_COST, STRING_BYTES_MAX } from './wire-decoding.ts';

/**
 * Reads and writes messages by walking their declarations. Slow and plain: the reference that compiled codecs are
 * tested against, and what runs where code generation is forbidden.
 */
export function interpretDecode(message: Message, version: number, reader: ByteReader): unknown {
  return readStruct({ reader, version }, message.fields, isFlexible(message, version), message.name);
}

export function interpretEncode(message: Message, version: number, writer: ByteWriter, value: unknown): void {
  writeStruct({ writer, version }, message.fields, value as Values, {
    flexible: isFlexible(message, version),
    path: message.name,
  });
}

type Values = Record<string, unknown>;

interface Source {
  readonly reader: ByteReader;
  readonly version: number;
}

function readStruct(source: Source, fields: Fields, flexible: boolean, path: string): Values {
  const { reader, version } = source;
  const layouts = layoutOf(fields, version, flexible);
  const value: Values = {};
  for (const name of Object.keys(fields)) value[name] = undefined;
  for (const layout of layouts) {
    const isInline = layout.inVersion && layout.tag === undefined;
    value[layout.name] = isInline ? readValue(source, layout, `${path}.${layout.name}`) : defaultOf(layout.field);
  }
  if (!flexible) return value;
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint();
    const size = reader.uvarint();
    const layout = layouts.find((candidate) => candidate.tag === tag);
    if (layout === undefined) reader.take(size);
    else value[layout.name] = readValue(source, layout, `${path}.${layout.name}`);
  }
  return value;
}

function readValue(source: Source, layout: FieldLayout, path: string): unknown {
  const value = readNullable(source, layout, path);
  if (value === null && !layout.nullable) throw new Malformed(`null for ${path} before ${source.reader.position}`);
  return value;
}

function readNullable(source: Source, layout: FieldLayout, path: string): unknown {
  const { reader } = source;
  const { field, flexible } = layout;
  const { kind } = field;
  if (isFixed(kind)) return readFixed(reader, kind);
  switch (kind) {
    case 'string': {
      const length = flexible ? reader.uvarint() - 1 : reader.int16();
      if (length > STRING_BYTES_MAX) throw new Malformed(`string of ${length} bytes at ${reader.position}`);
      return length < 0 ? null : reader.utf8(length);
    }
    case 'bytes':
    case 'records': {
      const length = flexible ? reader.uvarint() - 1 : reader.int32();
      return length < 0 ? null : reader.slice(length);
    }
    case 'array':
      return readArray(source, layout, path);
    case 'struct': {
      if (layout.nullable) {
        const isNull = layout.tag === undefined ? reader.int8() < 0 : reader.uvarint() === 0;
        if (isNull) return null;
      }
      return readStruct(source, field.fields!, flexible, path);
    }
    default:
      throw kind satisfies never;
  }
}

function readFixed(reader: ByteReader, kind: FixedKind): unknown {
  if (kind === 'bool') return reader.int8() !== 0;
  if (kind === 'uuid') return uuidFromBytes(reader.slice(16));
  if (kind === 'bits64') return reader.view.getBigInt64(reader.take(8));
  return reader[kind]();
}

function readArray(source: Source, layout: FieldLayout, path: string): unknown[] | null {
  const { reader, version } = source;
  const element = elementLayout(layout);
  const count = layout.flexible ? reader.uvarint() - 1 : reader.int32();
  if (count < 0) return null;
  const scalar = isFixed(element.field.kind) && element.field.kind !== 'uuid';
  checkCount(reader, count, Math.max(1, sizeMin(element, version)), scalar ? 1 : OBJECT_COST);
  const values: unknown[] = [];
  for (let index = 0; index < count; index++) values.push(readValue(source, element, path));
  return values;
}

interface Target {
  readonly writer: ByteWriter;
  readonly version: number;
}

interface StructPlace {
  readonly flexible: boolean;
  readonly path: string;
}

function writeStruct(target: Target, fields: Fields, value: Values, { flexible, path }: StructPlace): void {
  if (value === null || typeof value !== 'object') badValue(path, value);
  const { writer, version } = target;
  const layouts = layoutOf(fields, version, flexible);
  for (const { name, field, inVersion } of layouts) {
    if (inVersion || field.options.ignorable === true) continue;
    if (differsFromDefault(field, value[name])) unsupported(`${path}.${name}`, version);
  }
  for (const layout of layouts) {
    if (!layout.inVersion || layout.tag !== undefined) continue;
    const given = value[layout.name];
    const written = given === undefined && isOptional(layout.field) ? defaultOf(layout.field) : given;
    writeValue(target, layout, written, `${path}.${layout.name}`);
  }
  if (!flexible) return;
  const tagged = layouts.filter(({ name, field, tag }) => tag !== undefined && differsFromDefault(field, value[name]));
  writer.uvarint(tagged.length);
  for (const layout of tagged) {
    const body = new Writer();
    writeValue({ writer: body, version }, layout, value[layout.name], `${path}.${layout.name}`);
    writer.uvarint(layout.tag!);
    writer.uvarint(body.size);
    writer.raw(body.finish());
  }
}

function writeValue(target: Target, layout: FieldLayout, value: unknown, path: string): void {
  const { field, flexible } = layout;
  const { writer } = target;
  if (value === null) {
    if (!layout.nullable) badValue(path, value);
    if (field.kind === 'struct') writer.int8(layout.tag === undefined ? -1 : 0);
    else if (flexible) writer.uvarint(0);
    else if (field.kind === 'string') writer.int16(-1);
    else writer.int32(-1);
    return;
  }
  const { kind } = field;
  if (isFixed(kind)) return writeFixed(writer, kind, value, path);
  switch (kind) {
    case 'array': {
      if (!Array.isArray(value)) badValue(path, value);
      writeLength(target, layout, value.length);
      const element = elementLayout(layout);
      for (const item of value) writeValue(target, element, item, path);
      return;
    }
    case 'struct':
      if (layout.nullable) writer.int8(1);
      writeStruct(target, field.fields!, value as Values, { flexible, path });
      return;
    case 'string':
    case 'bytes':
    case 'records': {
      const parts = byteParts(value, layout, path);
      writeLength(
        target,
        layout,
        parts.reduce((sum, part) => sum + part.length, 0),
      );
      for (const part of parts) {
        if (kind === 'records') writer.splice(part);
        else writer.raw(part);
      }
      return;
    }
    default:
      throw kind satisfies never;
  }
}

function byteParts(value: unknown, { field: { kind } }: FieldLayout, path: string): readonly Uint8Array[] {
  if (kind === 'string') {
    if (typeof value !== 'string') badValue(path, value);
    const text = Buffer.from(value, 'utf8');
    assert(text.length <= STRING_BYTES_MAX, `${path} cannot hold a string of ${text.length} bytes`);
    return [text];
  }
  if (value instanceof Uint8Array) return [value];
  if (kind === 'records' && Array.isArray(value)) return value as readonly Uint8Array[];
  return badValue(path, value);
}

function writeLength({ writer }: Target, { field, flexible }: FieldLayout, length: number): void {
  if (flexible) writer.uvarint(length + 1);
  else if (field.kind === 'string') writer.int16(length);
  else writer.int32(length);
}

const ranges = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint32: [0, 0xffff_ffff],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

function writeFixed(writer: ByteWriter, kind: FixedKind, value: unknown, path: string): void {
  if (kind === 'bool') {
    if (typeof value !== 'boolean') badValue(path, value);
    return writer.int8(value ? 1 : 0);
  }
  if (kind === 'uuid') {
    if (typeof value !== 'string' || !/^[\w-]{22}$/.test(value)) badValue(path, value);
    return writer.raw(uuidToBytes(value));
  }
  if (kind === 'bits64') {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) badValue(path, value);
    const start = writer.reserve(8);
    writer.view.setBigInt64(start, value);
    return;
  }
  if (typeof value !== 'number') badValue(path, value);
  if (kind === 'float64') return writer.float64(value);
  const [min, max] = ranges[kind];
  if (!Number.isInteger(value) || value < min || value > max) badValue(path, value);
  writer[kind](value);
}

import type { ByteWriter } from '../base/byte-writer.ts';
import { assert } from '../base/assert.ts';
import {
  defaultOf,
  differsFromDefault,
  elementLayout,
  type FieldLayout,
  type FixedKind,
  fixedSize,
  isFixed,
  isFlexible,
  isOptional,
  layoutOf,
} from './layout.ts';
import type { AnyField, Fields, Message } from './schema.ts';
import * as wire from './wire-encoding.ts';

export type Encoder = (writer: ByteWriter, value: unknown) => void;

const steps = { ...wire, differsFromDefault };

/**
 * Turns one message in one version into a function of straight-line code; neighbouring fields of fixed size are
 * reserved once and written in place. Throws EvalError where the host forbids code generation.
 */
export function compileEncoder(message: Message, version: number): Encoder {
  const source = new EncoderSource(message, version);
  const text = source.write();
  const names = Object.keys(steps);
  // The source is made of our own declarations and of nothing that a peer sent.
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(...names, 'constants', `"use strict"; return ${text};`) as (
    ...values: unknown[]
  ) => Encoder;
  return factory(...Object.values(steps), source.constants);
}

interface FixedLayout {
  readonly layout: FieldLayout;
  readonly kind: FixedKind;
}

class EncoderSource {
  /** Fields and default values that the source refers to by index. */
  readonly constants: unknown[] = [];
  readonly #lines: string[] = [];
  readonly #message: Message;
  readonly #version: number;
  #variables = 0;

  constructor(message: Message, version: number) {
    this.#message = message;
    this.#version = version;
  }

  write(): string {
    this.#struct(this.#message.fields, 'value', isFlexible(this.#message, this.#version), this.#message.name);
    return `function encode(w, value) {\nlet p = 0;\nlet v = w.view;\n${this.#lines.join('\n')}\n}`;
  }

  #line(text: string): void {
    this.#lines.push(text);
  }

  #variable(): string {
    return `x${this.#variables++}`;
  }

  #constant(value: unknown): string {
    this.constants.push(value);
    return `constants[${this.constants.length - 1}]`;
  }

  #struct(fields: Fields, object: string, flexible: boolean, path: string): void {
    const layouts = layoutOf(fields, this.#version, flexible);
    for (const layout of layouts) {
      if (!layout.inVersion && layout.field.options.ignorable !== true) this.#refuse(layout, object, path);
    }
    const tagged = layouts.filter(({ tag }) => tag !== undefined);
    const inline = layouts.filter((layout) => layout.inVersion && layout.tag === undefined);
    let run: FixedLayout[] = [];
    for (const layout of inline) {
      const { kind } = layout.field;
      if (isFixed(kind)) {
        run.push({ layout, kind });
        continue;
      }
      this.#fixedRun(run, object, path, false);
      run = [];
      this.#value(layout, this.#load(layout, object), `${path}.${layout.name}`);
    }
    this.#fixedRun(run, object, path, flexible && tagged.length === 0);
    if (tagged.length > 0) this.#tags(tagged, object, path);
  }

  /** The version has no such field: only its default may be given. */
  #refuse({ name, field }: FieldLayout, object: string, path: string): void {
    const value = `${object}${property(name)}`;
    const constant = this.#constant(field);
    this.#line(
      `if (${value} !== undefined && differsFromDefault(${constant}, ${value})) ` +
        `unsupported(${JSON.stringify(`${path}.${name}`)}, ${this.#version});`,
    );
  }

  /** Emits the fetching of a field's value, its default in its place when it may be left out. */
  #load({ name, field }: FieldLayout, object: string): string {
    const variable = this.#variable();
    this.#line(`let ${variable} = ${object}${property(name)};`);
    if (isOptional(field)) this.#line(`if (${variable} === undefined) ${variable} = ${this.#defaultOf(field)};`);
    return variable;
  }

  #defaultOf(field: AnyField): string {
    const value = defaultOf(field);
    const isLiteral = value === null || (typeof value !== 'object' && typeof value !== 'bigint');
    return isLiteral ? JSON.stringify(value) : this.#constant(value);
  }

  #fixedRun(run: readonly FixedLayout[], object: string, path: string, emptyTags: boolean): void {
    if (run.length === 0 && !emptyTags) return;
    const values = run.map(({ layout, kind }) => {
      const variable = this.#load(layout, object);
      this.#check(kind, variable, `${path}.${layout.name}`);
      return variable;
    });
    const size = run.reduce((sum, { kind }) => sum + fixedSize(kind), emptyTags ? 1 : 0);
    this.#line(`p = w.reserve(${size}); v = w.view;`);
    let position = 0;
    run.forEach(({ layout, kind }, index) => {
      this.#fixed(kind, values[index]!, `p + ${position}`, `${path}.${layout.name}`);
      position += fixedSize(kind);
    });
    if (emptyTags) this.#line(`v.setInt8(p + ${position}, 0);`);
  }

  #check(kind: FixedKind, value: string, path: string): void {
    if (kind === 'uuid') return;
    this.#line(`if (${wrongSources[kind](value)}) badValue(${JSON.stringify(path)}, ${value});`);
  }

  #fixed(kind: FixedKind, value: string, position: string, path: string): void {
    if (kind === 'bool') this.#line(`v.setInt8(${position}, ${value} ? 1 : 0);`);
    else if (kind === 'int64') this.#line(`setInt64(v, ${position}, ${value});`);
    else if (kind === 'bits64') this.#line(`v.setBigInt64(${position}, ${value});`);
    else if (kind === 'uuid') this.#line(`setUuid(w, ${position}, ${value}, ${JSON.stringify(path)});`);
    else this.#line(`v.set${kind[0]!.toUpperCase()}${kind.slice(1)}(${position}, ${value});`);
  }

  /** Emits the writing of one value that stands by itself. */
  #value(layout: FieldLayout, value: string, path: string): void {
    const { field, flexible, nullable } = layout;
    if (isFixed(field.kind)) {
      this.#check(field.kind, value, path);
      this.#line(`p = w.reserve(${fixedSize(field.kind)}); v = w.view;`);
      this.#fixed(field.kind, value, 'p', path);
      return;
    }
    if (nullable) {
      this.#line(`if (${value} === null) ${nullSource(layout)}`);
      this.#line('else {');
    }
    if (field.kind === 'array') this.#array(layout, value, path);
    else if (field.kind === 'struct') this.#structValue(layout, value, path);
    else {
      const kind = field.kind === 'string' ? 'String' : field.kind === 'bytes' ? 'Bytes' : 'Records';
      this.#line(`write${flexible ? 'Compact' : ''}${kind}(w, ${value}, ${JSON.stringify(path)});`);
    }
    if (nullable) this.#line('}');
  }

  #array(layout: FieldLayout, value: string, path: string): void {
    const element = elementLayout(layout);
    const index = this.#variable();
    const item = this.#variable();
    this.#line(`if (!Array.isArray(${value})) badValue(${JSON.stringify(path)}, ${value});`);
    this.#line(layout.flexible ? `w.uvarint(${value}.length + 1);` : `w.int32(${value}.length);`);
    this.#line(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++) {`);
    this.#line(`const ${item} = ${value}[${index}];`);
    if (element.field.kind === 'struct') this.#object(element, item, path);
    else this.#value(element, item, path);
    this.#line('}');
  }

  #structValue(layout: FieldLayout, value: string, path: string): void {
    if (layout.nullable) this.#line('w.int8(1);');
    this.#object(layout, value, path);
  }

  #object(layout: FieldLayout, value: string, path: string): void {
    this.#line(`if (${value} === null || typeof ${value} !== 'object') badValue(${JSON.stringify(path)}, ${value});`);
    this.#struct(layout.field.fields!, value, layout.flexible, path);
  }

  /** Emits the tagged section: only values that differ from their default are in it, in the order of their tags. */
  #tags(tagged: readonly FieldLayout[], object: string, path: string): void {
    const count = this.#variable();
    this.#line(`let ${count} = 0;`);
    const entries = tagged.map((layout) => {
      assert(layout.field.kind !== 'records', `${path}.${layout.name}: tagged records are not supported`);
      const value = this.#variable();
      const present = this.#variable();
      this.#line(`const ${value} = ${object}${property(layout.name)};`);
      this.#line(
        `const ${present} = ${value} !== undefined && differsFromDefault(${this.#constant(layout.field)}, ${value});`,
      );
      this.#line(`if (${present}) ${count}++;`);
      return { layout, value, present };
    });
    this.#line(`w.uvarint(${count});`);
    for (const { layout, value, present } of entries) {
      const start = this.#variable();
      this.#line(`if (${present}) {`);
      this.#line(`w.uvarint(${layout.tag});`);
      this.#line(`const ${start} = startTag(w);`);
      this.#value(layout, value, `${path}.${layout.name}`);
      this.#line(`endTag(w, ${start});`);
      this.#line('}');
    }
  }
}

function property(name: string): string {
  return `[${JSON.stringify(name)}]`;
}

function nullSource({ field, flexible, tag }: FieldLayout): string {
  if (field.kind === 'struct') return tag === undefined ? 'w.int8(-1);' : 'w.int8(0);';
  if (flexible) return 'w.int8(0);';
  return field.kind === 'string' ? 'w.int16(-1);' : 'w.int32(-1);';
}

/** The test, as source, that a value does not fit its kind. An id is checked where it is written. */
const wrongSources: Readonly<Record<Exclude<FixedKind, 'uuid'>, (value: string) => string>> = {
  bool: (value) => `typeof ${value} !== 'boolean'`,
  int8: (value) => `(${value} << 24 >> 24) !== ${value}`,
  int16: (value) => `(${value} << 16 >> 16) !== ${value}`,
  uint16: (value) => `(${value} & 65535) !== ${value}`,
  int32: (value) => `(${value} | 0) !== ${value}`,
  uint32: (value) => `(${value} >>> 0) !== ${value}`,
  int64: (value) => `!Number.isSafeInteger(${value})`,
  bits64: (value) => `typeof ${value} !== 'bigint' || BigInt.asIntN(64, ${value}) !== ${value}`,
  float64: (value) => `typeof ${value} !== 'number'`,
};

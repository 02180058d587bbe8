import type { ByteReader } from '../base/byte-reader.ts';
import {
  elementLayout,
  defaultOf,
  type FieldLayout,
  type FixedKind,
  fixedSize,
  isFixed,
  isFlexible,
  layoutOf,
  sizeMin,
} from './layout.ts';
import type { AnyField, Fields, Message } from './schema.ts';
import { uuidAt } from './uuid-cache.ts';
import * as wire from './wire-decoding.ts';

export type Decoder = (reader: ByteReader) => unknown;

const steps = { ...wire, uuidAt };

/**
 * Turns one message in one version into a function of straight-line code: neighbouring fields of fixed size are
 * checked once and read in place, and every struct is one object literal. Throws EvalError where the host forbids
 * code generation.
 */
export function compileDecoder(message: Message, version: number): Decoder {
  const source = new DecoderSource(message, version).write();
  const names = Object.keys(steps);
  // The source is made of our own declarations and of nothing that a peer sent.
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(...names, `"use strict"; return ${source};`) as (...values: unknown[]) => Decoder;
  return factory(...Object.values(steps));
}

interface FixedName {
  readonly name: string;
  readonly kind: FixedKind;
}

class DecoderSource {
  readonly #lines: string[] = [];
  readonly #message: Message;
  readonly #version: number;
  #variables = 0;

  constructor(message: Message, version: number) {
    this.#message = message;
    this.#version = version;
  }

  write(): string {
    const flexible = isFlexible(this.#message, this.#version);
    const value = this.#struct(this.#message.fields, flexible, this.#message.name);
    return `function decode(r) {\nconst v = r.view;\nlet p = 0;\n${this.#lines.join('\n')}\nreturn ${value};\n}`;
  }

  #line(text: string): void {
    this.#lines.push(text);
  }

  #variable(): string {
    return `x${this.#variables++}`;
  }

  /** Emits the reading of a struct and returns the expression of its object. */
  #struct(fields: Fields, flexible: boolean, path: string): string {
    const layouts = layoutOf(fields, this.#version, flexible);
    const values = new Map<string, string>();
    const inline = layouts.filter((layout) => layout.inVersion && layout.tag === undefined);
    let run: FixedName[] = [];
    for (const layout of inline) {
      const { kind } = layout.field;
      if (isFixed(kind)) {
        run.push({ name: layout.name, kind });
        continue;
      }
      this.#fixedRun(run, values);
      run = [];
      values.set(layout.name, this.#value(layout, `${path}.${layout.name}`));
    }
    this.#fixedRun(run, values);
    if (flexible) this.#tags(layouts, values, path);
    const parts = Object.entries(fields).map(
      ([name, field]) => `${JSON.stringify(name)}: ${values.get(name) ?? defaultSource(field)}`,
    );
    return `{ ${parts.join(', ')} }`;
  }

  #fixedRun(run: readonly FixedName[], values: Map<string, string>): void {
    if (run.length === 0) return;
    this.#line(`p = r.take(${run.reduce((sum, { kind }) => sum + fixedSize(kind), 0)});`);
    let position = 0;
    for (const { name, kind } of run) {
      const variable = this.#variable();
      this.#line(`const ${variable} = ${fixedSources[kind](position === 0 ? 'p' : `p + ${position}`)};`);
      values.set(name, variable);
      position += fixedSize(kind);
    }
  }

  /** Emits the reading of one value that stands by itself and returns the variable that holds it. */
  #value(layout: FieldLayout, path: string): string {
    const { field, flexible } = layout;
    const variable = this.#variable();
    if (isFixed(field.kind)) {
      this.#line(`p = r.take(${fixedSize(field.kind)});`);
      this.#line(`const ${variable} = ${fixedSources[field.kind]('p')};`);
    } else if (field.kind === 'array') {
      this.#array(layout, variable, path);
    } else if (field.kind === 'struct') {
      this.#structValue(layout, variable, path);
    } else {
      const kind = field.kind === 'string' ? 'String' : 'Bytes';
      const step = flexible ? `compact${kind}OrNull` : `${kind.toLowerCase()}OrNull`;
      this.#line(`const ${variable} = ${step}(r);`);
      if (!layout.nullable) this.#line(`if (${variable} === null) ${nullRefused(path)}`);
    }
    return variable;
  }

  #array(layout: FieldLayout, variable: string, path: string): void {
    const element = elementLayout(layout);
    const bytes = Math.max(1, sizeMin(element, this.#version));
    const cost = isFixed(element.field.kind) && element.field.kind !== 'uuid' ? 1 : wire.OBJECT_COST;
    const count = `${variable}n`;
    const index = `${variable}i`;
    const step = layout.flexible ? 'compactArrayCount' : 'arrayCount';
    this.#line(`const ${count} = ${step}(r, ${bytes}, ${cost});`);
    if (!layout.nullable) this.#line(`if (${count} < 0) ${nullRefused(path)}`);
    this.#line(`const ${variable} = ${layout.nullable ? `${count} < 0 ? null : []` : '[]'};`);
    this.#line(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`);
    const { field } = element;
    const value =
      field.kind === 'struct' ? this.#struct(field.fields!, element.flexible, path) : this.#value(element, path);
    this.#line(`${variable}.push(${value});`);
    this.#line('}');
  }

  #structValue(layout: FieldLayout, variable: string, path: string): void {
    this.#line(`let ${variable} = null;`);
    if (layout.nullable) this.#line(layout.tag === undefined ? 'if (r.int8() >= 0) {' : 'if (r.uvarint() > 0) {');
    else this.#line('{');
    this.#line(`${variable} = ${this.#struct(layout.field.fields!, layout.flexible, path)};`);
    this.#line('}');
  }

  /**
   * Emits the tagged section. As in Kafka, a known tag's value ends where its reading ends (its declared size is not
   * compared), tags may come in any order, and of a repeated one the last counts.
   */
  #tags(layouts: readonly FieldLayout[], values: Map<string, string>, path: string): void {
    const tagged = layouts.filter(({ tag }) => tag !== undefined);
    if (tagged.length === 0) {
      this.#line('skipTags(r);');
      return;
    }
    for (const layout of tagged) {
      const variable = this.#variable();
      this.#line(`let ${variable} = ${defaultSource(layout.field)};`);
      values.set(layout.name, variable);
    }
    const left = this.#variable();
    const tag = this.#variable();
    this.#line(`for (let ${left} = r.uvarint(); ${left} > 0; ${left}--) {`);
    this.#line(`const ${tag} = r.uvarint();`);
    this.#line(`switch (${tag}) {`);
    for (const layout of tagged) {
      this.#line(`case ${layout.tag}: {`);
      this.#line('r.uvarint();');
      const value = this.#value(layout, `${path}.${layout.name}`);
      this.#line(`${values.get(layout.name)!} = ${value};`);
      this.#line('break;');
      this.#line('}');
    }
    this.#line(`default: skipTag(r, ${tag});`);
    this.#line('}');
    this.#line('}');
  }
}

function nullRefused(path: string): string {
  return `nullRefused(${JSON.stringify(path)}, r);`;
}

/** The reading of a value of fixed size at a position that has been checked. */
const fixedSources: Readonly<Record<FixedKind, (position: string) => string>> = {
  bool: (position) => `v.getInt8(${position}) !== 0`,
  int8: (position) => `v.getInt8(${position})`,
  int16: (position) => `v.getInt16(${position})`,
  uint16: (position) => `v.getUint16(${position})`,
  int32: (position) => `v.getInt32(${position})`,
  uint32: (position) => `v.getUint32(${position})`,
  int64: (position) => `int64At(v, ${position})`,
  bits64: (position) => `v.getBigInt64(${position})`,
  float64: (position) => `v.getFloat64(${position})`,
  uuid: (position) => `uuidAt(v, ${position})`,
};

/** A default as source: literals only, so that arrays and structs are new for each message. */
function defaultSource(field: AnyField): string {
  const { kind, options } = field;
  if (options.default !== undefined) return JSON.stringify(options.default);
  if (kind === 'bytes') return 'NO_BYTES';
  if (kind === 'bits64') return '0n';
  if (kind !== 'struct') return JSON.stringify(defaultOf(field));
  const parts = Object.entries(field.fields!).map(([name, part]) => `${JSON.stringify(name)}: ${defaultSource(part)}`);
  return `{ ${parts.join(', ')} }`;
}

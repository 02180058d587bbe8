import * as fc from 'fast-check';
import { elementLayout, type FieldLayout, isFlexible, isOptional, layoutOf } from '../../src/protocol/layout.ts';
import type { Fields, Message } from '../../src/protocol/schema.ts';

const int64 = fc.oneof(
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  fc.constantFrom(0, -1, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0x8000_0000, -0x8000_0001),
);
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom('', 'x'.repeat(126), 'x'.repeat(127), 'é'.repeat(24), 'é'.repeat(100)),
);
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array).toString('base64url'));

/** Values that `version` of the message can carry: those outside it are left out, those with a default at times. */
export function messageArbitrary(message: Message, version: number): fc.Arbitrary<Record<string, unknown>> {
  return structArbitrary(message.fields, version, isFlexible(message, version));
}

function structArbitrary(fields: Fields, version: number, flexible: boolean): fc.Arbitrary<Record<string, unknown>> {
  const layouts = layoutOf(fields, version, flexible).filter(({ inVersion }) => inVersion);
  const required = layouts.filter(({ field }) => !isOptional(field)).map(({ name }) => name);
  return fc.record(Object.fromEntries(layouts.map((layout) => [layout.name, valueArbitrary(layout, version)])), {
    requiredKeys: required,
  });
}

function valueArbitrary(layout: FieldLayout, version: number): fc.Arbitrary<unknown> {
  const value = presentArbitrary(layout, version);
  return layout.nullable ? fc.option(value, { freq: 4 }) : value;
}

function presentArbitrary(layout: FieldLayout, version: number): fc.Arbitrary<unknown> {
  const { field } = layout;
  switch (field.kind) {
    case 'bool':
      return fc.boolean();
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f });
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff });
    case 'int32':
      return fc.integer();
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case 'int64':
      return int64;
    case 'bits64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'float64':
      return fc.double({ noNaN: true });
    case 'string':
      return text;
    case 'uuid':
      return fc.oneof(uuid, fc.constant('AAAAAAAAAAAAAAAAAAAAAA'));
    case 'bytes':
    case 'records':
      return bytes;
    case 'array':
      return fc.array(valueArbitrary(elementLayout(layout), version), { maxLength: 3 });
    case 'struct':
      return structArbitrary(field.fields!, version, layout.flexible);
    default:
      throw field.kind satisfies never;
  }
}

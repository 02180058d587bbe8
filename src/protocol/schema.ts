/**
 * The schema language: each message is declared once, for all its versions; its static types, reader and writer
 * derive from the declaration. A version range is Kafka's: '3', '2-5', '4+', 'none'. Without `versions` a field
 * is in every version of its message.
 */
export type VersionRange = string;

export interface FieldOptions {
  /** Versions that carry the field. */
  versions?: VersionRange;
  /** Versions in which it may be null. */
  nullable?: VersionRange;
  /** What an absent field reads as, and what an omitted one is written as. Without it: 0, false, '', empty, zero id. */
  default?: number | boolean | string | null;
  /** Number of the tagged field, and the versions in which it is one (the rest carry it in line). */
  tag?: number;
  tagged?: VersionRange;
  /** Overrides the message's flexible versions for this field (only request headers need it). */
  flexible?: VersionRange;
  /** A value that the version cannot carry is dropped instead of refused when writing. */
  ignorable?: boolean;
}

export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bits64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records';
export type Kind = ScalarKind | 'array' | 'struct';

declare const readType: unique symbol;
declare const writeType: unique symbol;

/** One declared field. `R` is what reading yields, `W` what writing takes, `May` whether writing may omit it. */
export interface Field<R, W, May extends boolean> {
  readonly kind: Kind;
  readonly options: FieldOptions;
  /** The element of an array. */
  readonly of?: AnyField;
  /** The fields of a struct. */
  readonly fields?: Fields;
  readonly [readType]?: R;
  readonly [writeType]?: W;
  readonly optional?: May;
}
export type AnyField = Field<unknown, unknown, boolean>;
export type Fields = { readonly [name: string]: AnyField };

type ReadOf<F> = F extends Field<infer R, unknown, boolean> ? R : never;
type WriteOf<F> = F extends Field<unknown, infer W, boolean> ? W : never;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<unknown, unknown, infer May> ? (May extends true ? K : never) : never;
}[keyof F];

/** What reading a message or struct yields: every field, defaults filled in. */
export type Read<F extends Fields> = { -readonly [K in keyof F]: ReadOf<F[K]> };
/** What writing takes: fields with a default or tag may be left out. */
export type Write<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: WriteOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: WriteOf<F[K]> | undefined;
};

type Opt<O> = O extends { default: unknown } | { tag: number } ? true : false;
type Null<T, O> = O extends { nullable: string } ? T | null : T;
type Scalar<T, O> = Field<Null<T, O>, Null<T, O>, Opt<O>>;

function scalar<T>(kind: ScalarKind) {
  return <const O extends FieldOptions = FieldOptions>(options?: O): Scalar<T, O> => ({ kind, options: options ?? {} });
}

export const bool = scalar<boolean>('bool');
export const int8 = scalar<number>('int8');
export const int16 = scalar<number>('int16');
export const uint16 = scalar<number>('uint16');
export const int32 = scalar<number>('int32');
export const uint32 = scalar<number>('uint32');
export const int64 = scalar<number>('int64');
/** An int64 that is no quantity but 64 bits of any value, such as a hash: the one kind that is a bigint in memory. */
export const bits64 = scalar<bigint>('bits64');
export const float64 = scalar<number>('float64');
export const string = scalar<string>('string');
/** A 16-byte id, in memory its 22-character text ({@link ../base/uuid.ts}). */
export const uuid = scalar<string>('uuid');
/** Bytes: read as a view of the frame, never a copy. */
export const bytes = scalar<Uint8Array>('bytes');
/** An int16 that holds an error code. */
export const errorCode = scalar<number>('int16');

/** The largest 64-bit number, as near as a number gets. Only ever a default: it is neither read nor written. */
export const INT64_MAX = 2 ** 63;

/** Record batches: read as a view of the frame; written by splicing the given views, so nothing is copied. */
export function records<const O extends FieldOptions = FieldOptions>(
  options?: O,
): Field<Null<Uint8Array, O>, Null<Uint8Array | readonly Uint8Array[], O>, Opt<O>> {
  return { kind: 'records', options: options ?? {} };
}

export function struct<const F extends Fields, const O extends FieldOptions = FieldOptions>(
  fields: F,
  options?: O,
): Field<Null<Read<F>, O>, Null<Write<F>, O>, Opt<O>> {
  return { kind: 'struct', fields, options: options ?? {} };
}

/** An array of a scalar (`array(int32())`) or of a struct (`array({ name: string() })`). */
export function array<const E extends AnyField | Fields, const O extends FieldOptions = FieldOptions>(
  of: E,
  options?: O,
): Field<Null<Element<E, 'read'>[], O>, Null<readonly Element<E, 'write'>[], O>, Opt<O>> {
  const element = isField(of) ? of : ({ kind: 'struct', fields: of, options: {} } as AnyField);
  return { kind: 'array', of: element, options: options ?? {} };
}
type Element<E, Side> = E extends AnyField
  ? Side extends 'read'
    ? ReadOf<E>
    : WriteOf<E>
  : E extends Fields
    ? Side extends 'read'
      ? Read<E>
      : Write<E>
    : never;

function isField(of: AnyField | Fields): of is AnyField {
  return typeof of['kind'] === 'string';
}

/** One message: a request, a response, a header, or the key or value of an internal topic's record. */
export interface Message<F extends Fields = Fields> {
  readonly name: string;
  /** The number that names the record's kind in the key of an internal topic's record. */
  readonly recordType?: number;
  readonly versions: VersionRange;
  readonly flexible: VersionRange;
  readonly fields: F;
}
export type ReadMessage<M> = M extends Message<infer F> ? Read<F> : never;
export type WriteMessage<M> = M extends Message<infer F> ? Write<F> : never;

export function message<const F extends Fields>(spec: Message<F>): Message<F> {
  return spec;
}

/** One API key: its request and response share the versions. */
export interface Api<Req extends Fields = Fields, Res extends Fields = Fields> {
  readonly key: number;
  readonly name: string;
  readonly versions: VersionRange;
  readonly flexible: VersionRange;
  readonly request: Message<Req>;
  readonly response: Message<Res>;
}

export function api<const Req extends Fields, const Res extends Fields>(spec: {
  key: number;
  name: string;
  versions: VersionRange;
  flexible: VersionRange;
  request: Req;
  response: Res;
}): Api<Req, Res> {
  const { key, name, versions, flexible } = spec;
  return {
    key,
    name,
    versions,
    flexible,
    request: { name: `${name}Request`, versions, flexible, fields: spec.request },
    response: { name: `${name}Response`, versions, flexible, fields: spec.response },
  };
}

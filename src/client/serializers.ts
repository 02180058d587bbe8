import { KafkaError } from './client-error.ts';

/** What a serializer is told besides the value. */
export interface SerdeContext {
  readonly topic: string;
  readonly isKey: boolean;
}

/** Turns values into bytes; null stands for no key, or a tombstone. */
export interface Serializer<T> {
  serialize(value: T, context: SerdeContext): Uint8Array | null;
}

/** Turns bytes into values. The bytes are a view that is valid as long as the record is held. */
export interface Deserializer<T> {
  deserialize(bytes: Uint8Array | null, context: SerdeContext): T;
}

/** Both ways. */
export interface Serde<T> extends Serializer<T>, Deserializer<T> {}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** UTF-8 text; what is not UTF-8 is an error and not replaced. */
export const string: Serde<string | null> = {
  serialize: (value) => (value === null ? null : Buffer.from(value)),
  deserialize: (bytes, context) => (bytes === null ? null : read(context, 'UTF-8 text', () => utf8.decode(bytes))),
};

/** Bytes as they are. */
export const bytes: Serde<Uint8Array | null> = {
  serialize: (value) => value,
  deserialize: (value) => value,
};

/** JSON. `undefined` has no JSON and is refused; null is no value at all (a tombstone), not the text "null". */
export function json<T>(): Serde<T | null> {
  return {
    serialize(value, context) {
      if (value === null) return null;
      const text = written(context, 'JSON', () => JSON.stringify(value) as string | undefined);
      if (text === undefined) throw notWritable(context, 'JSON', `${typeof value} has none`);
      return Buffer.from(text);
    },
    deserialize: (value, context) =>
      value === null ? null : read(context, 'JSON', () => JSON.parse(utf8.decode(value)) as T),
  };
}

/** 32-bit whole numbers, big-endian, as Kafka's IntegerSerializer. */
export const int32: Serde<number | null> = fixed({
  what: 'a 32-bit number',
  size: 4,
  isValid: (value) => Number.isInteger(value) && value === (value | 0),
  write: (view, value) => view.setInt32(0, value),
  read: (view) => view.getInt32(0),
});

/** 64-bit whole numbers within ±2^53, big-endian, as Kafka's LongSerializer. */
export const int64: Serde<number | null> = fixed({
  what: 'a 64-bit number within ±2^53',
  size: 8,
  isValid: Number.isSafeInteger,
  write: (view, value) => view.setBigInt64(0, BigInt(value)),
  read: (view) => Number(view.getBigInt64(0)),
});

/** 64-bit floating point, as Kafka's DoubleSerializer. */
export const float64: Serde<number | null> = fixed({
  what: 'a number',
  size: 8,
  isValid: () => true,
  write: (view, value) => view.setFloat64(0, value),
  read: (view) => view.getFloat64(0),
});

/** UUIDs as text of 36 characters, as Kafka's UUIDSerializer. */
export const uuid: Serde<string | null> = {
  serialize(value, context) {
    if (value === null) return null;
    if (!UUID_TEXT.test(value)) throw notWritable(context, 'a UUID', JSON.stringify(value));
    return Buffer.from(value.toLowerCase());
  },
  deserialize(value, context) {
    const text = string.deserialize(value, context);
    if (text !== null && !UUID_TEXT.test(text)) throw notReadable(context, 'a UUID', JSON.stringify(text));
    return text;
  },
};

interface FixedNumber {
  readonly what: string;
  readonly size: number;
  isValid(value: number): boolean;
  write(view: DataView, value: number): void;
  read(view: DataView): number;
}

function fixed(kind: FixedNumber): Serde<number | null> {
  const { what, size } = kind;
  return {
    serialize(value, context) {
      if (value === null) return null;
      if (!kind.isValid(value)) throw notWritable(context, what, String(value));
      const target = Buffer.alloc(size);
      kind.write(new DataView(target.buffer, target.byteOffset, size), value);
      return target;
    },
    deserialize(value, context) {
      if (value === null) return null;
      if (value.length !== size) throw notReadable(context, what, `${value.length} bytes`);
      return kind.read(new DataView(value.buffer, value.byteOffset, size));
    },
  };
}

function read<T>(context: SerdeContext, what: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    throw notReadable(context, what, String(error), error);
  }
}

function written<T>(context: SerdeContext, what: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    throw notWritable(context, what, String(error), error);
  }
}

function notReadable(context: SerdeContext, what: string, why: string, cause?: unknown): KafkaError {
  return new KafkaError('SERIALIZATION', `the ${partOf(context)} is not ${what}: ${why}`, { cause });
}

function notWritable(context: SerdeContext, what: string, why: string, cause?: unknown): KafkaError {
  return new KafkaError('SERIALIZATION', `the ${partOf(context)} cannot be written as ${what}: ${why}`, { cause });
}

function partOf({ topic, isKey }: SerdeContext): string {
  return `${isKey ? 'key' : 'value'} of a record of ${topic}`;
}

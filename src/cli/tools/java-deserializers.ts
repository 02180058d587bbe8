import { javaFailure } from './java-failure.ts';
import { javaDouble, javaFloat } from './java-text.ts';

/** The text that Java prints of what a deserializer made of bytes. Throws what the deserializer throws. */
export type TextOfBytes = (bytes: Uint8Array) => string;

const PACKAGE = 'org.apache.kafka.common.serialization.';

const deserializers: Readonly<Record<string, TextOfBytes>> = {
  StringDeserializer: utf8,
  IntegerDeserializer: (bytes) => String(view(bytes, 4, 'IntegerDeserializer').getInt32(0)),
  LongDeserializer: (bytes) => String(view(bytes, 8, 'LongDeserializer').getBigInt64(0)),
  ShortDeserializer: (bytes) => String(view(bytes, 2, 'ShortDeserializer').getInt16(0)),
  FloatDeserializer: (bytes) => javaFloat(view(bytes, 4, 'Deserializer').getFloat32(0)),
  DoubleDeserializer: (bytes) => javaDouble(view(bytes, 8, 'Deserializer').getFloat64(0)),
  BooleanDeserializer: boolean,
  UUIDDeserializer: uuid,
  BytesDeserializer: printable,
  // Java prints the array's address; the text is of more use.
  ByteArrayDeserializer: utf8,
  ByteBufferDeserializer: ({ length }) => `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`,
  VoidDeserializer: () => {
    throw javaFailure('java.lang.IllegalArgumentException', 'Data should be null for a VoidDeserializer.');
  },
};

/** One of Kafka's deserializers by its class name; undefined when it is none of them. */
export function deserializerNamed(name: string): TextOfBytes | undefined {
  const short = name.startsWith(PACKAGE) ? name.slice(PACKAGE.length) : '';
  return Object.hasOwn(deserializers, short) ? deserializers[short] : undefined;
}

function view(bytes: Uint8Array, size: number, name: string): DataView {
  if (bytes.length !== size) throw unreadable(`Size of data received by ${name} is not ${size}`);
  return new DataView(bytes.buffer, bytes.byteOffset, size);
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function boolean(bytes: Uint8Array): string {
  const value = view(bytes, 1, 'BooleanDeserializer').getInt8(0);
  if (value !== 0 && value !== 1) throw unreadable(`Unexpected byte received by BooleanDeserializer: ${value}`);
  return String(value === 1);
}

function uuid(bytes: Uint8Array): string {
  const text = utf8(bytes);
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw unreadable('Error parsing data into UUID');
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
}

/** As Bytes.toString. */
function printable(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) =>
    isPlain(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return letters.join('');
}

function unreadable(message: string): Error {
  return javaFailure('org.apache.kafka.common.errors.SerializationException', message);
}

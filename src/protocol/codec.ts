import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { Malformed } from '../base/malformed.ts';
import { compileDecoder, type Decoder } from './decoder-compiler.ts';
import { compileEncoder, type Encoder } from './encoder-compiler.ts';
import { interpretDecode, interpretEncode } from './interpreter.ts';
import type { Fields, Message, Read, Write } from './schema.ts';
import { UnsupportedVersion } from './unsupported-version.ts';
import { inVersions } from './version-range.ts';
import { startMessage } from './wire-decoding.ts';

/** The compiled readers and writers of one message, by version; each is made at its first use. */
interface Compiled {
  readonly decoders: (Decoder | undefined)[];
  readonly encoders: (Encoder | undefined)[];
}

const compiled = new WeakMap<object, Compiled>();

/**
 * Reads one message of `version`. Throws Malformed for bytes that are not one and UnsupportedVersion for a version
 * that the message does not have; allocates nothing that the bytes do not back. Byte fields are views. Bytes after the
 * message are left to the caller ({@link decodeExact}).
 */
export function decode<F extends Fields>(message: Message<F>, version: number, reader: ByteReader): Read<F> {
  const decoder = codecs(message).decoders[version] ?? newDecoder(message, version);
  startMessage();
  return decoder(reader) as Read<F>;
}

/** As {@link decode}, and the message must end where the reader ends. */
export function decodeExact<F extends Fields>(message: Message<F>, version: number, reader: ByteReader): Read<F> {
  const value = decode(message, version, reader);
  if (reader.remaining > 0) throw new Malformed(`${reader.remaining} bytes after ${message.name} v${version}`);
  return value;
}

/**
 * Writes one message of `version`. Throws UnsupportedVersion when a value has no place in the version (unless its field
 * is ignorable or the value is the default) and AssertionFailed when a value does not fit its field.
 */
export function encode<F extends Fields>(
  message: Message<F>,
  version: number,
  writer: ByteWriter,
  value: Write<F>,
): void {
  const encoder = codecs(message).encoders[version] ?? newEncoder(message, version);
  encoder(writer, value);
}

function codecs(message: object): Compiled {
  let known = compiled.get(message);
  if (known === undefined) {
    known = { decoders: [], encoders: [] };
    compiled.set(message, known);
  }
  return known;
}

function newDecoder(message: Message, version: number): Decoder {
  checkVersion(message, version);
  const decoder = orInterpreted<Decoder>(
    () => compileDecoder(message, version),
    (reader) => interpretDecode(message, version, reader),
  );
  codecs(message).decoders[version] = decoder;
  return decoder;
}

function newEncoder(message: Message, version: number): Encoder {
  checkVersion(message, version);
  const encoder = orInterpreted<Encoder>(
    () => compileEncoder(message, version),
    (writer, value) => interpretEncode(message, version, writer, value),
  );
  codecs(message).encoders[version] = encoder;
  return encoder;
}

/**
 * The compiled form, or the interpreted one where code generation is forbidden (--disallow-code-generation-from-
 * strings).
 */
function orInterpreted<T>(compile: () => T, interpreted: T): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof EvalError) return interpreted;
    throw error;
  }
}

function checkVersion(message: Message, version: number): void {
  if (!inVersions(message.versions, version, false)) {
    throw new UnsupportedVersion(`${message.name} has versions ${message.versions}, not ${version}`);
  }
}

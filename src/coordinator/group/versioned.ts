import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { Malformed } from '../../base/malformed.ts';
import { decode, encode } from '../../protocol/codec.ts';
import type { Fields, Message, Read, Write } from '../../protocol/schema.ts';

/** Keys of `__consumer_offsets` have one version each. */
export const KEY_VERSION = 0;
/** The latest value versions that are understood. */
const VALUE_VERSION_MAX = 4;

/** A message behind a number: of its version where it is a value, of its type where it is a key. */
export function encodeVersioned<F extends Fields>(
  prefix: number,
  message: Message<F>,
  version: number,
  value: Write<F>,
): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(prefix);
  encode(message, version, writer, value);
  return writer.finish();
}

/** A value behind its version. Throws {@link Malformed}, also for versions to come. */
export function decodeVersioned<F extends Fields>(message: Message<F>, bytes: Uint8Array): Read<F> {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version < 0 || version > VALUE_VERSION_MAX) throw new Malformed(`${message.name} of version ${version}`);
  return decode(message, version, reader);
}

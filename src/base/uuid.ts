import { Malformed } from './malformed.ts';

/** A 16-byte id in Kafka's text form: URL-safe base64 without padding, 22 characters (Kafka's Uuid class). */
export type Uuid = string;

/** The id that means "none" on the wire. */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';

export function uuidFromBytes(bytes: Uint8Array, position = 0): Uuid {
  return Buffer.from(bytes.buffer, bytes.byteOffset + position, 16).toString('base64url');
}

export function uuidToBytes(uuid: Uuid): Buffer {
  const bytes = Buffer.from(uuid, 'base64url');
  if (bytes.length !== 16) throw new Malformed(`not a topic id: ${uuid}`);
  return bytes;
}

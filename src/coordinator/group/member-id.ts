import { uuidFromBytes } from '../../base/uuid.ts';
import type { Random } from '../../runtime/random.ts';

/** A fresh member id in Kafka's form: a name people know, then a random UUID (version 4). */
export function newMemberId(name: string, random: Random): string {
  const hex = Buffer.from(randomUuid(random)).toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return `${name}-${uuid}`;
}

/** A fresh member id as Kafka gives it to members of consumer groups: a random UUID in its short form. */
export function newConsumerMemberId(random: Random): string {
  return uuidFromBytes(randomUuid(random));
}

/** Version 4. */
function randomUuid(random: Random): Uint8Array {
  const bytes = new Uint8Array(16);
  // A typed array is filled with bytes, not with one object.
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type
  random.fill(bytes);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}

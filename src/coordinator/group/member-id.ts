import type { Random } from '../../runtime/random.ts';

/** A fresh member id in Kafka's form: a name people know, then a random UUID (version 4). */
export function newMemberId(name: string, random: Random): string {
  const bytes = new Uint8Array(16);
  // A typed array is filled with bytes, not with one object.
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type
  random.fill(bytes);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return `${name}-${uuid}`;
}

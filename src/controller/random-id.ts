import { uuidFromBytes, type Uuid } from '../base/uuid.ts';
import type { Random } from '../runtime/random.ts';

/** A new random id (a UUID of version 4, as Kafka's Uuid.randomUuid): never a reserved one, and never with a dash first, which tools would take for an option. */
export function randomUuid(random: Random): Uuid {
  const bytes = new Uint8Array(16);
  for (;;) {
    random.fill(bytes); // oxlint-disable-line unicorn/no-array-fill-with-reference-type -- not an array's fill
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const id = uuidFromBytes(bytes);
    if (!id.startsWith('-')) return id;
  }
}

import { type Uuid, ZERO_UUID, uuidFromBytes } from '../base/uuid.ts';

/**
 * Ids seen lately, by their bytes: topic ids come with every fetch and produce. Direct-mapped and bounded to
 * {@link SLOTS} entries; a collision replaces.
 */
const SLOTS = 1024;

const words = new Int32Array(SLOTS * 4);
const texts: Uuid[] = Array.from({ length: SLOTS }, () => ZERO_UUID);

/** The id in the 16 bytes at `position` of `view`. */
export function uuidAt(view: DataView, position: number): Uuid {
  const a = view.getInt32(position);
  const b = view.getInt32(position + 4);
  const c = view.getInt32(position + 8);
  const d = view.getInt32(position + 12);
  const mixed = Math.imul(a ^ b ^ Math.imul(c, 31) ^ d, 0x9e37_79b1);
  const slot = mixed >>> 22;
  const word = slot * 4;
  if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d) return texts[slot]!;
  words[word] = a;
  words[word + 1] = b;
  words[word + 2] = c;
  words[word + 3] = d;
  return (texts[slot] = uuidFromBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), position));
}

import { HASH_WORDS, hashKey } from './key-hash.ts';

/** A slot: the key's hash, then the offset plus one in two words; an offset of zero means the slot is free. */
const SLOT_WORDS = HASH_WORDS + 2;
const SLOT_BYTES = SLOT_WORDS * 4;
const HIGH = 0x1_0000_0000;
const SLOTS_MIN = 16;

export interface OffsetMapOptions {
  /** The most memory it may take. */
  readonly bytesMax: number;
  /** The most keys there can be: less memory is taken when they need less. */
  readonly keysMax: number;
  /** Share of the slots that may be in use. */
  readonly loadFactor: number;
}

/**
 * The offset of the latest record of each key, over a bounded piece of memory (Kafka's SkimpyOffsetMap): keys are known by
 * their hash alone. The system gives the memory page by page as it is written to.
 */
export class OffsetMap {
  /** The offset up to which all records are in the map; -1 at first. */
  latestOffset = -1;
  readonly #slots: number;
  readonly #sizeMax: number;
  readonly #words: Int32Array;
  readonly #hash = new Int32Array(HASH_WORDS);
  #size = 0;

  constructor({ bytesMax, keysMax, loadFactor }: OffsetMapOptions) {
    const wanted = Math.ceil(keysMax / loadFactor) + 1;
    this.#slots = Math.max(SLOTS_MIN, Math.min(wanted, Math.floor(bytesMax / SLOT_BYTES)));
    // A free slot ends every search: one always stays.
    this.#sizeMax = Math.min(Math.floor(this.#slots * loadFactor), this.#slots - 1);
    this.#words = new Int32Array(this.#slots * SLOT_WORDS);
  }

  /** How many keys it holds. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Notes the latest offset of a key; false, with nothing noted, when the map is full. */
  put(bytes: Uint8Array, start: number, length: number, offset: number): boolean {
    if (this.#size >= this.#sizeMax) return false;
    const at = this.#find(bytes, start, length);
    const words = this.#words;
    if (isFree(words, at)) {
      words.set(this.#hash, at);
      this.#size++;
    }
    words[at + HASH_WORDS] = (offset + 1) % HIGH;
    words[at + HASH_WORDS + 1] = Math.floor((offset + 1) / HIGH);
    this.latestOffset = offset;
    return true;
  }

  /** The latest offset of a key; -1 when it is not there. */
  get(bytes: Uint8Array, start: number, length: number): number {
    const at = this.#find(bytes, start, length);
    return (this.#words[at + HASH_WORDS]! >>> 0) + this.#words[at + HASH_WORDS + 1]! * HIGH - 1;
  }

  /** Where the key lies or, when it is not there, would be put. */
  #find(bytes: Uint8Array, start: number, length: number): number {
    const hash = this.#hash;
    hashKey(bytes, start, length, hash);
    const words = this.#words;
    let at = ((hash[0]! >>> 0) % this.#slots) * SLOT_WORDS;
    while (!isFree(words, at)) {
      if (
        words[at] === hash[0] &&
        words[at + 1] === hash[1] &&
        words[at + 2] === hash[2] &&
        words[at + 3] === hash[3]
      ) {
        return at;
      }
      at += SLOT_WORDS;
      if (at === words.length) at = 0;
    }
    return at;
  }
}

function isFree(words: Int32Array, at: number): boolean {
  return words[at + HASH_WORDS] === 0 && words[at + HASH_WORDS + 1] === 0;
}

const CAPACITY_FIRST = 16;
const CAPACITY_MAX = 512;
const FIELDS = 4;

/** A batch in a segment file. */
export interface BatchPlace {
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly nextOffset: number;
}

/**
 * Where the last batches of the segment that is written to lie. Readers at the tail, which are most, find their place
 * here without a read from the file. Grows with use: a quiet partition keeps a few hundred bytes.
 */
export class RecentBatches {
  /** Per batch: base offset, next offset, position, size. */
  #ring = new Float64Array(0);
  #capacity = 0;
  #head = 0;
  #count = 0;

  /** Notes the batch at the segment's end. */
  note(baseOffset: number, nextOffset: number, position: number, size: number): void {
    if (this.#count === this.#capacity && this.#capacity < CAPACITY_MAX) this.#grow();
    if (this.#count === this.#capacity) {
      this.#head = (this.#head + 1) % this.#capacity;
      this.#count--;
    }
    const at = this.#slot(this.#count++);
    this.#ring[at] = baseOffset;
    this.#ring[at + 1] = nextOffset;
    this.#ring[at + 2] = position;
    this.#ring[at + 3] = size;
  }

  /** The batch that holds `offset` or follows it; undefined when it is not among those remembered. */
  find(offset: number): BatchPlace | undefined {
    if (this.#count === 0 || offset < this.#ring[this.#slot(0)]!) return undefined;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ring[this.#slot(middle) + 1]! <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === this.#count) return undefined;
    const at = this.#slot(low);
    return {
      baseOffset: this.#ring[at]!,
      nextOffset: this.#ring[at + 1]!,
      position: this.#ring[at + 2]!,
      size: this.#ring[at + 3]!,
    };
  }

  clear(): void {
    this.#ring = new Float64Array(0);
    this.#capacity = 0;
    this.#head = 0;
    this.#count = 0;
  }

  #slot(index: number): number {
    return ((this.#head + index) % this.#capacity) * FIELDS;
  }

  #grow(): void {
    const capacity = Math.max(CAPACITY_FIRST, this.#capacity * 2);
    const ring = new Float64Array(capacity * FIELDS);
    for (let index = 0; index < this.#count; index++) {
      const from = this.#slot(index);
      ring.set(this.#ring.subarray(from, from + FIELDS), index * FIELDS);
    }
    this.#ring = ring;
    this.#capacity = capacity;
    this.#head = 0;
  }
}

import type { Segment } from './segment.ts';

/** The segments of a log by base offset; never empty once the log is open. The last one is written to. */
export class SegmentList {
  readonly #segments: Segment[];

  constructor(segments: Segment[]) {
    this.#segments = segments;
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get count(): number {
    return this.#segments.length;
  }

  get first(): Segment {
    return this.#segments[0]!;
  }

  get active(): Segment {
    return this.#segments[this.#segments.length - 1]!;
  }

  get sizeBytes(): number {
    let size = 0;
    for (const segment of this.#segments) size += segment.size;
    return size;
  }

  at(index: number): Segment | undefined {
    return this.#segments[index];
  }

  /** Index of the last segment that starts at or before `offset`; 0 when all start later. */
  indexOf(offset: number): number {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#segments[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** How many of the oldest segments lie wholly below `offset`; never the active one. */
  countBelow(offset: number): number {
    let count = 0;
    while (count < this.#segments.length - 1 && this.#segments[count + 1]!.baseOffset <= offset) count++;
    return count;
  }

  push(segment: Segment): void {
    this.#segments.push(segment);
  }

  /** Takes the first `count` segments out. */
  shift(count: number): Segment[] {
    return this.#segments.splice(0, count);
  }

  /** Puts `segment` in the place of `count` others from `index` on, which it returns. */
  replace(index: number, count: number, segment: Segment): Segment[] {
    return this.#segments.splice(index, count, segment);
  }

  /** Takes the segments from `index` on out. */
  cut(index: number): Segment[] {
    return this.#segments.splice(index);
  }
}

import { assert } from '../../../base/assert.ts';

/**
 * The subscribers of one topic by what they have, while partitions move from those with the most to those with the
 * least. From below rises a front of members with equally little, from above comes one of members with equally much:
 * each member of a front gets or gives one before any gets or gives a second, and when the whole front has, it takes in
 * those who are now level with it. So each step is cheap, and the order is fixed by loads and places alone.
 *
 * The loads are the caller's and change as it moves partitions.
 */
export class SubscriberLoads {
  readonly #loads: Int32Array;
  /** Members by load, then place. The lower front is at the start, the upper one somewhere before the end. */
  readonly #sorted: number[];
  #lowEnd = 0;
  #lowNext = 0;
  #lowLevel: number;
  #highStart: number;
  /** Behind it are those who cannot give. */
  #highEnd: number;
  #highNext: number;
  #highLevel: number;

  constructor(subscribers: readonly number[], loads: Int32Array) {
    this.#loads = loads;
    this.#sorted = sortByLoad(subscribers, loads);
    this.#lowLevel = this.#loadAt(0) - 1;
    this.#highStart = this.#highEnd = this.#sorted.length;
    this.#highNext = this.#highEnd - 1;
    this.#highLevel = this.#loadAt(this.#highNext) + 1;
  }

  /** How much more the giver of now has than the receiver of now. */
  get gap(): number {
    return this.#highLevel - this.#lowLevel;
  }

  /** The member that is next to get a partition. */
  nextReceiver(): number {
    if (this.#lowNext >= this.#lowEnd) {
      this.#lowLevel++;
      while (this.#lowEnd < this.#sorted.length && this.#loadAt(this.#lowEnd) === this.#lowLevel) this.#lowEnd++;
      this.#lowNext = 0;
    }
    return this.#at(this.#lowNext++);
  }

  /** The member that is next to give one of its partitions; undefined when there is none or all are level. */
  nextGiver(canGive: (member: number) => boolean): number | undefined {
    while (this.gap > 1) {
      if (this.#highNext < this.#highStart) this.#lowerHighFront();
      if (this.#highNext < 0) return undefined;
      const member = this.#at(this.#highNext);
      if (canGive(member)) {
        this.#highNext--;
        return member;
      }
      this.#exclude(this.#highNext--);
    }
    return undefined;
  }

  #lowerHighFront(): void {
    const isDeserted = this.#highEnd <= this.#highStart && this.#highStart > 0;
    this.#highLevel = isDeserted ? this.#loadAt(this.#highStart - 1) : this.#highLevel - 1;
    while (this.#highStart > 0 && this.#loadAt(this.#highStart - 1) === this.#highLevel) this.#highStart--;
    this.#highNext = this.#highEnd - 1;
  }

  #exclude(index: number): void {
    const last = --this.#highEnd;
    const excluded = this.#at(index);
    this.#sorted[index] = this.#at(last);
    this.#sorted[last] = excluded;
  }

  #at(index: number): number {
    const member = this.#sorted[index];
    assert(member !== undefined, 'looked for a member beyond the subscribers');
    return member;
  }

  #loadAt(index: number): number {
    return this.#loads[this.#at(index)] ?? 0;
  }
}

/** One number holds load and place, so that the sort compares nothing but numbers. */
function sortByLoad(subscribers: readonly number[], loads: Int32Array): number[] {
  const keys = Float64Array.from(subscribers, (member) => (loads[member] ?? 0) * loads.length + member);
  return Array.from(keys.toSorted(), (key) => key % loads.length);
}

import { assert } from '../base/assert.ts';
import type { Clock, Timer, Timers } from './clock.ts';

/** Rounds of work that {@link VirtualTime.settle} lets beget more work before it calls it endless. */
const ROUNDS_MAX = 100_000;

interface Entry {
  readonly dueMs: number;
  /** Timers due at one instant fire in the order they were set. */
  readonly number: number;
  callback: (() => void) | undefined;
}

/**
 * Time that passes when it is told to. Timers fire in order of their due time, `soon` work in the order it came,
 * before any timer. The same calls give the same order, so a test that uses it needs no sleep and has no luck.
 */
export class VirtualTime implements Clock, Timers {
  #elapsedMs = 0;
  /** What the wall shows beyond the time elapsed; a wall clock may be set, the monotonic one not. */
  #wallOffsetMs: number;
  #count = 0;
  /** A binary heap by due time, then number. */
  readonly #heap: Entry[] = [];
  #soon: (() => void)[] = [];

  /** Starts at `startMs` since the epoch. */
  constructor(startMs = 1_700_000_000_000) {
    this.#wallOffsetMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.#wallOffsetMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** Sets the wall clock, forward or back. */
  setWall(nowMs: number): void {
    this.#wallOffsetMs = nowMs - this.#elapsedMs;
  }

  set(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { dueMs: this.#elapsedMs + Math.max(delayMs, 0), number: this.#count++, callback };
    this.#push(entry);
    return {
      cancel() {
        entry.callback = undefined;
      },
    };
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** Timers set and neither fired nor cancelled, and `soon` work outstanding. */
  get pending(): number {
    return this.#soon.length + this.#heap.filter((entry) => entry.callback !== undefined).length;
  }

  /** When the next timer is due, in monotonic time; undefined when there is none. */
  nextDueMs(): number | undefined {
    let top = this.#heap[0];
    while (top !== undefined && top.callback === undefined) {
      this.#pop();
      top = this.#heap[0];
    }
    return top?.dueMs;
  }

  /** Does one thing: the next `soon` work, or else the next timer due by `untilMs`. False when there is neither. */
  step(untilMs: number): boolean {
    const callback = this.#soon.shift();
    if (callback === undefined) return this.#fireNext(untilMs);
    callback();
    return true;
  }

  /** Lets `ms` pass, doing what falls due on the way. Work behind promises is not waited for: see {@link run}. */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms;
    this.#runSoon();
    while (this.#fireNext(untilMs)) this.#runSoon();
    this.#elapsedMs = untilMs;
  }

  /** Like {@link advance}, and before each timer all promises that can settle do. */
  async run(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    do {
      await this.settle();
    } while (this.#fireNext(untilMs));
    this.#elapsedMs = untilMs;
  }

  /** Does all work that needs no time: `soon` callbacks and promises, until nothing is left. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      this.#runSoon();
      // One real turn of the event loop lets every promise chain run out.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#soon.length === 0) return;
    }
    assert(false, 'work begets work without end');
  }

  #runSoon(): void {
    for (let round = 0; this.#soon.length > 0; round++) {
      assert(round < ROUNDS_MAX, 'work begets work without end');
      const callbacks = this.#soon;
      this.#soon = [];
      for (const callback of callbacks) callback();
    }
  }

  /** Fires the next timer due by `untilMs`; false when there is none. */
  #fireNext(untilMs: number): boolean {
    const dueMs = this.nextDueMs();
    if (dueMs === undefined || dueMs > untilMs) return false;
    const entry = this.#pop();
    this.#elapsedMs = Math.max(this.#elapsedMs, dueMs);
    const callback = entry?.callback;
    if (entry !== undefined) entry.callback = undefined;
    callback?.();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent]!, entry)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.number < right.number);
}

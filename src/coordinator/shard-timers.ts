import type { Clock, Timer, Timers } from '../runtime/clock.ts';

interface Entry {
  dueAtMs: number;
  due: () => void;
  timer: Timer;
  firesAtMs: number;
}

/**
 * The timers of one shard, one per key. Putting a deadline off, as every heartbeat does, only notes the new time: the timer
 * under way finds at its end that there is time left and goes on for the rest.
 */
export class ShardTimers {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  get size(): number {
    return this.#entries.size;
  }

  set(key: string, delayMs: number, due: () => void): void {
    const dueAtMs = this.#clock.monotonicMs() + delayMs;
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.firesAtMs <= dueAtMs) {
      entry.dueAtMs = dueAtMs;
      entry.due = due;
      return;
    }
    entry?.timer.cancel();
    this.#entries.set(key, { dueAtMs, due, firesAtMs: dueAtMs, timer: this.#start(key, delayMs) });
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer.cancel();
    this.#entries.delete(key);
  }

  cancelAll(): void {
    for (const entry of this.#entries.values()) entry.timer.cancel();
    this.#entries.clear();
  }

  #start(key: string, delayMs: number): Timer {
    return this.#timers.set(delayMs, () => this.#fired(key));
  }

  #fired(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const now = this.#clock.monotonicMs();
    const leftMs = entry.dueAtMs - now;
    if (leftMs > 0) {
      entry.firesAtMs = entry.dueAtMs;
      entry.timer = this.#start(key, Math.ceil(leftMs));
      return;
    }
    this.#entries.delete(key);
    entry.due();
  }
}

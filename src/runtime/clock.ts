/** Time as the program sees it. Only timestamps and retention use the wall clock; every timeout is monotonic. */
export interface Clock {
  /** Milliseconds since the epoch, whole. */
  nowMs(): number;
  /** Milliseconds that never go backwards, with fractions. */
  monotonicMs(): number;
}

export interface Timer {
  /** Stops the timer; stopping twice or after it fired does nothing. */
  cancel(): void;
}

/** Delayed work. A callback must not throw. */
export interface Timers {
  set(delayMs: number, callback: () => void): Timer;
  /** Runs `callback` once the events at hand are dealt with. */
  soon(callback: () => void): void;
}

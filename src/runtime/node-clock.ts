import type { Clock, Timer, Timers } from './clock.ts';

/** The longest delay that Node's timers take; beyond it they fire at once. */
const NODE_DELAY_MAX_MS = 0x7fff_ffff;

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * Timers of the event loop. They hold the process: work that is due gets done, and a timer somebody forgot to
 * cancel shows as a process that does not end, not as work silently lost. May fire up to 1 ms before its time.
 */
export const nodeTimers: Timers = {
  set: (delayMs, callback) => new NodeTimer(delayMs, callback),
  soon: (callback) => void setImmediate(callback),
};

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout;

  constructor(delayMs: number, callback: () => void) {
    this.#handle = this.#arm(delayMs, callback);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #arm(delayMs: number, callback: () => void): NodeJS.Timeout {
    if (delayMs <= NODE_DELAY_MAX_MS) return setTimeout(callback, delayMs);
    return setTimeout(() => {
      this.#handle = this.#arm(delayMs - NODE_DELAY_MAX_MS, callback);
    }, NODE_DELAY_MAX_MS);
  }
}

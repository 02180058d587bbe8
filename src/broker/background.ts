import type { Timer, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** Work that comes back after a pause counted from its end, until it is stopped. */
export class Background {
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #running = new Map<string, Timer>();
  #isStopped = false;

  constructor(timers: Timers, logger: Logger) {
    this.#timers = timers;
    this.#logger = logger;
  }

  /** Runs `work` each time `delayMs()` has passed; the delay is asked anew each time. */
  every(name: string, delayMs: () => number, work: () => void): void {
    if (this.#isStopped) return;
    const timer = this.#timers.set(Math.max(1, delayMs()), () => {
      try {
        work();
      } catch (error) {
        this.#logger.error('background work failed', { work: name, error });
      }
      this.every(name, delayMs, work);
    });
    this.#running.set(name, timer);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}

import type { SettledListener } from './producer-batch.ts';

/** Waits for a number of things that settle one by one. */
export class Flush implements SettledListener {
  #remaining = 0;
  #done: (() => void) | undefined;

  awaits(): void {
    this.#remaining++;
  }

  settled(): void {
    this.#remaining--;
    if (this.#remaining === 0) this.#done?.();
  }

  /** Resolves when all has settled that was awaited. */
  whenDone(): Promise<void> {
    if (this.#remaining === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}

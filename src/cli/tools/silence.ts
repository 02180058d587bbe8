import type { ClientRuntime } from '../../client/client-runtime.ts';
import type { Timer } from '../../runtime/clock.ts';

/** Notices when nothing was heard for so long. */
export class Silence {
  readonly #runtime: Pick<ClientRuntime, 'clock' | 'timers'>;
  readonly #mostMs: number;
  readonly #tooLong: () => void;
  #heardMs: number;
  #timer: Timer | undefined;
  #isBroken = false;

  /** @param mostMs undefined: for ever. */
  constructor(runtime: Pick<ClientRuntime, 'clock' | 'timers'>, mostMs: number | undefined, tooLong: () => void) {
    this.#runtime = runtime;
    this.#mostMs = mostMs ?? Number.POSITIVE_INFINITY;
    this.#tooLong = tooLong;
    this.#heardMs = runtime.clock.monotonicMs();
    if (mostMs !== undefined) this.#watch(mostMs);
  }

  /** Whether the time was up. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  heard(): void {
    this.#heardMs = this.#runtime.clock.monotonicMs();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #watch(delayMs: number): void {
    this.#timer = this.#runtime.timers.set(delayMs, () => {
      const leftMs = this.#heardMs + this.#mostMs - this.#runtime.clock.monotonicMs();
      if (leftMs > 0) {
        this.#watch(leftMs);
        return;
      }
      this.#isBroken = true;
      this.#tooLong();
    });
  }
}

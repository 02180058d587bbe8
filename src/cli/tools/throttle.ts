import { pause } from '../../client/retry.ts';
import type { ClientRuntime } from '../../client/client-runtime.ts';

/** A wait shorter than this is not worth a timer. */
const WAIT_MS_MIN = 2;

/** Keeps a pace of so many things a second, on the whole and not from one to the next (Kafka's ThroughputThrottler). */
export class Throttle {
  readonly #runtime: Pick<ClientRuntime, 'clock' | 'timers'>;
  readonly #perSecond: number;
  readonly #startMs: number;

  /** @param perSecond less than 0: as fast as it goes; 0: nothing at all. */
  constructor(runtime: Pick<ClientRuntime, 'clock' | 'timers'>, perSecond: number) {
    this.#runtime = runtime;
    this.#perSecond = perSecond;
    this.#startMs = runtime.clock.monotonicMs();
  }

  /** How long to wait before the thing with this number, the first being 0, has its time. */
  waitMs(number: number): number {
    if (this.#perSecond < 0) return 0;
    if (this.#perSecond === 0) return Number.POSITIVE_INFINITY;
    const elapsedMs = this.#runtime.clock.monotonicMs() - this.#startMs;
    const waitMs = (number / this.#perSecond) * 1000 - elapsedMs;
    return waitMs < WAIT_MS_MIN ? 0 : waitMs;
  }

  /** Lets the time pass; resolves at once when the signal fires. */
  async wait(waitMs: number, signal: AbortSignal): Promise<void> {
    if (waitMs <= 0) return;
    const most = 2 ** 31 - 1;
    await pause(this.#runtime, Math.min(waitMs, most), signal).catch(() => {});
  }
}

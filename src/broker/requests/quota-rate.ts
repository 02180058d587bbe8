import { WindowedSum, type RateWindows } from '../../base/windowed-sum.ts';

const MS_PER_SECOND = 1000;
/** The longest pause that fits into throttle_time_ms. */
const THROTTLE_MS_MAX = 0x7fff_ffff;

/**
 * A rate held against a limit, as Kafka measures it (Rate over SampledStat, QuotaUtils.throttleTime): sums per window, a
 * ring of windows, and as pause the time in which the excess would have been within the limit.
 */
export class QuotaRate {
  readonly limitPerSecond: number;
  readonly #windows: RateWindows;
  readonly #counted: WindowedSum;

  constructor(limitPerSecond: number, windows: RateWindows) {
    this.limitPerSecond = limitPerSecond;
    this.#windows = windows;
    this.#counted = new WindowedSum(windows);
  }

  /** Counts `value` and returns for how many milliseconds its client has to pause: 0 within the limit. */
  record(value: number, nowMs: number): number {
    this.#counted.add(value, nowMs);
    const { sum, sinceMs } = this.#counted.total(nowMs);
    const elapsedMs = this.#elapsedMs(nowMs - sinceMs);
    const perSecond = (sum / elapsedMs) * MS_PER_SECOND;
    if (perSecond <= this.limitPerSecond) return 0;
    const pauseMs = ((perSecond - this.limitPerSecond) / this.limitPerSecond) * elapsedMs;
    return Math.min(Math.round(pauseMs), THROTTLE_MS_MAX);
  }

  /** Windows that have not been yet count as passed, so that a start is no burst. */
  #elapsedMs(passedMs: number): number {
    const { count, windowMs } = this.#windows;
    const missing = Math.max(0, count - 1 - Math.floor(passedMs / windowMs));
    return Math.max(windowMs, passedMs + missing * windowMs);
  }
}

const MS_PER_SECOND = 1000;
/** The longest pause that fits into throttle_time_ms. */
const THROTTLE_MS_MAX = 0x7fff_ffff;

/** Over how much time a rate is averaged: quota.window.num windows of quota.window.size.seconds. */
export interface QuotaWindows {
  readonly count: number;
  readonly windowMs: number;
}

interface Sample {
  startMs: number;
  lastMs: number;
  total: number;
}

/**
 * A rate held against a limit, as Kafka measures it (Rate over SampledStat, QuotaUtils.throttleTime): sums per window, a
 * ring of windows, and as pause the time in which the excess would have been within the limit.
 */
export class QuotaRate {
  readonly limitPerSecond: number;
  readonly #windows: QuotaWindows;
  readonly #samples: Sample[] = [];
  #current = -1;

  constructor(limitPerSecond: number, windows: QuotaWindows) {
    this.limitPerSecond = limitPerSecond;
    this.#windows = windows;
  }

  /** Counts `value` and returns for how many milliseconds its client has to pause: 0 within the limit. */
  record(value: number, nowMs: number): number {
    const sample = this.#sampleAt(nowMs);
    sample.total += value;
    sample.lastMs = nowMs;
    this.#forgetOld(nowMs);
    const elapsedMs = this.#elapsedMs(nowMs);
    let total = 0;
    for (const each of this.#samples) total += each.total;
    const perSecond = (total / elapsedMs) * MS_PER_SECOND;
    if (perSecond <= this.limitPerSecond) return 0;
    const pauseMs = ((perSecond - this.limitPerSecond) / this.limitPerSecond) * elapsedMs;
    return Math.min(Math.round(pauseMs), THROTTLE_MS_MAX);
  }

  #sampleAt(nowMs: number): Sample {
    const current = this.#samples[this.#current];
    if (current !== undefined && nowMs - current.startMs < this.#windows.windowMs) return current;
    this.#current = (this.#current + 1) % this.#windows.count;
    const next = { startMs: nowMs, lastMs: nowMs, total: 0 };
    this.#samples[this.#current] = next;
    return next;
  }

  #forgetOld(nowMs: number): void {
    const expiryMs = this.#windows.count * this.#windows.windowMs;
    for (const sample of this.#samples) {
      if (nowMs - sample.lastMs < expiryMs) continue;
      sample.startMs = nowMs;
      sample.lastMs = nowMs;
      sample.total = 0;
    }
  }

  /** From the oldest window's start; windows that have not been yet count as passed, so that a start is no burst. */
  #elapsedMs(nowMs: number): number {
    const { count, windowMs } = this.#windows;
    let oldestMs = nowMs;
    for (const { startMs } of this.#samples) oldestMs = Math.min(oldestMs, startMs);
    const elapsedMs = nowMs - oldestMs;
    const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / windowMs));
    return Math.max(windowMs, elapsedMs + missing * windowMs);
  }
}

/** Over how much time a rate is averaged. */
export interface RateWindows {
  readonly count: number;
  readonly windowMs: number;
}

interface Sample {
  startMs: number;
  lastMs: number;
  total: number;
}

/** What was counted lately, as Kafka samples it (SampledStat): sums per window, in a ring of windows. */
export class WindowedSum {
  readonly #windows: RateWindows;
  readonly #samples: Sample[] = [];
  #current = -1;

  constructor(windows: RateWindows) {
    this.#windows = windows;
  }

  add(value: number, nowMs: number): void {
    const sample = this.#sampleAt(nowMs);
    sample.total += value;
    sample.lastMs = nowMs;
  }

  /** The sum of the windows that count, and when the oldest of them began: `nowMs` when nothing was counted. */
  total(nowMs: number): { readonly sum: number; readonly sinceMs: number } {
    const expiryMs = this.#windows.count * this.#windows.windowMs;
    let sum = 0;
    let sinceMs = nowMs;
    for (const sample of this.#samples) {
      if (nowMs - sample.lastMs >= expiryMs) {
        sample.startMs = nowMs;
        sample.lastMs = nowMs;
        sample.total = 0;
      }
      sum += sample.total;
      sinceMs = Math.min(sinceMs, sample.startMs);
    }
    return { sum, sinceMs };
  }

  #sampleAt(nowMs: number): Sample {
    const current = this.#samples[this.#current];
    if (current !== undefined && nowMs - current.startMs < this.#windows.windowMs) return current;
    this.#current = (this.#current + 1) % this.#windows.count;
    const next = { startMs: nowMs, lastMs: nowMs, total: 0 };
    this.#samples[this.#current] = next;
    return next;
  }
}

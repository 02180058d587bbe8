/** A number that only grows. Hot code holds on to the object and does `counter.value += n`. */
export class Counter {
  value = 0;
}

/** A number that goes up and down; set by its owner. */
export class Gauge {
  value = 0;
}

/**
 * Counts observations by size. Bucket `i` holds those up to `bounds[i]`, the last one the rest. All is plain numbers, so
 * that observing allocates nothing; a bucket's share of the range is the error of {@link Histogram.quantile}.
 */
export class Histogram {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  /** `bounds` ascend. */
  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= this.bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    this.counts[low]!++;
    this.count++;
    this.sum += value;
  }

  /**
   * The value that the share `quantile` (0 to 1) of all observations does not exceed, evened out within its bucket; the
   * largest bound for what lies above it; 0 without observations.
   */
  quantile(quantile: number): number {
    const rank = quantile * this.count;
    let below = 0;
    for (const [index, bound] of this.bounds.entries()) {
      const count = this.counts[index]!;
      if (count > 0 && below + count >= rank) {
        const from = index === 0 ? 0 : this.bounds[index - 1]!;
        return from + ((bound - from) * Math.max(rank - below, 0)) / count;
      }
      below += count;
    }
    return this.count === 0 ? 0 : (this.bounds.at(-1) ?? 0);
  }
}

/** Bounds for durations in seconds, from 50 µs to 30 s, each about double the one before. */
export const DURATION_BOUNDS_S: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Bounds for sizes in bytes, from 64 B to 64 MiB, each four times the one before. */
export const SIZE_BOUNDS_BYTES: readonly number[] = Array.from({ length: 11 }, (_, index) => 64 * 4 ** index);

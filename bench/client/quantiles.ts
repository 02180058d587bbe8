/** Microseconds. */
export interface Quantiles {
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** Sorts what it is given. */
export function quantiles(micros: Float64Array): Quantiles {
  micros.sort();
  const at = (part: number): number =>
    Math.round(micros[Math.min(micros.length - 1, Math.floor(micros.length * part))] ?? 0);
  return { p50Us: at(0.5), p90Us: at(0.9), p99Us: at(0.99), p999Us: at(0.999), maxUs: at(1) };
}

/** The middle value; between two, their mean. Throws on nothing: a workload without a measurement has no result. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
}

/** What the rounds of one metric come to, in the order they were measured. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    first: values[0]!,
    last: values.at(-1)!,
  };
}

/** The value below which the given part of them lies (nearest rank; 1 is the largest). Throws on nothing. */
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new Error('percentile of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}

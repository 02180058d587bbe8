import { median } from '../measure/statistics.ts';
import type { Values } from '../workload.ts';

/** More than this is slower, and not chance. */
export const SLOWDOWN_MAX = 1.15;

/** One round: each build had a turn, one right after the other. */
export interface Pair {
  readonly now: Values;
  readonly before: Values;
}

/** A number of which less is better: what a unit costs. */
export interface Cost {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
}

export interface Slowdown {
  readonly cost: Cost;
  readonly now: number;
  readonly before: number;
  /** The middle one of the rounds' ratios: what disturbs one round, or drifts over all of them, moves it little. */
  readonly ratio: number;
}

export function slowdowns(costs: readonly Cost[], pairs: readonly Pair[]): Slowdown[] {
  return costs.map((cost) => {
    const now = pairs.map((pair) => valueOf(pair.now, cost));
    const before = pairs.map((pair) => valueOf(pair.before, cost));
    return {
      cost,
      now: median(now),
      before: median(before),
      ratio: median(now.map((value, round) => value / (before[round] ?? Number.NaN))),
    };
  });
}

export function isSlower({ ratio }: Slowdown): boolean {
  return !(ratio <= SLOWDOWN_MAX);
}

function valueOf(values: Values, { key }: Cost): number {
  const value = values[key];
  if (value === undefined) throw new Error(`no ${key} was measured`);
  return value;
}

import { median } from '../measure/statistics.ts';
import type { Values } from '../workload.ts';

/** More than this is slower, and not chance. */
export const SLOWDOWN_MAX = 1.15;
/** Where other processes keep more cores busy than this, times tell about them; processor seconds still tell about us. */
export const FOREIGN_CORES_MAX = 0.3;

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
  /** Whether it is time that passes, which others take as well, or time of the processor. */
  readonly clock: 'wall' | 'cpu';
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

/** @param foreignCores what other processes kept busy meanwhile. */
export function isSlower({ cost, ratio }: Slowdown, foreignCores: number): boolean {
  if (cost.clock === 'wall' && foreignCores > FOREIGN_CORES_MAX) return false;
  return !(ratio <= SLOWDOWN_MAX);
}

function valueOf(values: Values, { key }: Cost): number {
  const value = values[key];
  if (value === undefined) throw new Error(`no ${key} was measured`);
  return value;
}

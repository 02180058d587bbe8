import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultName, type Curve } from '../curves/curve.ts';
import type { Workload } from '../workload.ts';
import { compare, type Comparison } from './comparison.ts';
import { curvePicture } from './curve-tables.ts';
import type { Result } from './results.ts';
import { barChart, type Bar } from './svg.ts';

/** Where pictures lie, seen from the documents. */
export const PICTURES = 'benchmarks';
const RATIOS = 'ratios.svg';

/** The picture of the README: one bar to a workload, by the number that its first goal of a ratio speaks of. */
export function ratiosPicture(workloads: readonly Workload[], results: ReadonlyMap<string, Result>): string {
  const bars = workloads.flatMap((workload): Bar[] => {
    const result = results.get(workload.name);
    if (result === undefined) return [];
    const shown = compare(workload, result).find(hasRatioGoal);
    if (shown === undefined) return [];
    const { metric, ratio = Number.NaN } = shown;
    return [{ label: `${workload.title}: ${metric.title}`, value: metric.better === 'less' ? 1 / ratio : ratio }];
  });
  return barChart(
    'Posthorn against Apache Kafka 4.3.1',
    'How many times better, on one machine in one run; red is worse. docs/benchmarks.md has the numbers.',
    bars,
  );
}

function hasRatioGoal({ metric }: Comparison): boolean {
  return metric.goals?.some(({ of }) => of === 'ratio') ?? false;
}

/** Writes all pictures anew; those of what is not measured any more go. */
export function writePictures(
  directory: string,
  workloads: readonly Workload[],
  curves: readonly Curve[],
  results: ReadonlyMap<string, Result>,
): void {
  const folder = join(directory, PICTURES);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.svg'))) rmSync(join(folder, name));
  writeFileSync(join(folder, RATIOS), ratiosPicture(workloads, results));
  for (const curve of curves) {
    const result = results.get(resultName(curve));
    if (result !== undefined) writeFileSync(join(folder, `${resultName(curve)}.svg`), curvePicture(curve, result));
  }
}

import type { Workload } from '../workload.ts';
import { compare, type Comparison } from './comparison.ts';
import { formatNumber, formatRatio, formatSpread } from './numbers.ts';
import { foreignCores, type Result } from './results.ts';

const WIDTHS = [52, 28, 28, 7] as const;

/** One workload as a table for the terminal: median and spread of both sides, ratio, goals (none between equals). */
export function terminalTable(workload: Workload, result: Result, isNoise: boolean): string {
  const rounds = Math.max(...result.measurements.map(({ round }) => round));
  const head = `${workload.name}: ${workload.title} (${result.scale.name}, rounds: ${rounds}, other processes: ${foreignCores(result).toFixed(2)} cores)`;
  const rows = compare(workload, result).map((comparison) => row(comparison, isNoise));
  return [head, columns(['', isNoise ? 'Kafka' : 'Posthorn', 'Kafka', 'ratio']), ...rows].join('\n');
}

function row({ metric, posthorn, kafka, ratio, goals, isLost }: Comparison, isNoise: boolean): string {
  const verdicts = goals.map(({ text, isMet }) => `${isMet ? 'met' : 'MISSED'}: ${text}`);
  if (goals.length === 0 && isLost) verdicts.push('worse than Kafka');
  const side = (summary: typeof posthorn): string => `${formatNumber(summary.median)} (${formatSpread(summary)})`;
  const cells = [`${metric.title}, ${metric.unit}`, side(posthorn), side(kafka), formatRatio(ratio)];
  return isNoise ? columns(cells) : `${columns(cells)}  ${verdicts.join('; ')}`.trimEnd();
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? `  ${cell}`.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index]!)))
    .join(' ');
}

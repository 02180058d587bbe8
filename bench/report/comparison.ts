import { summarize, type Summary } from '../measure/statistics.ts';
import type { SideName } from '../sides/side.ts';
import type { Goal, Metric, Workload } from '../workload.ts';
import { measuredOf, type Result } from './results.ts';

export interface JudgedGoal {
  readonly text: string;
  readonly isMet: boolean;
  readonly value: number;
}

/** Both sides of one metric. `ratio` is Posthorn's median through Kafka's, undefined where Kafka's is zero. */
export interface Comparison {
  readonly metric: Metric;
  readonly posthorn: Summary;
  readonly kafka: Summary;
  readonly ratio: number | undefined;
  readonly goals: readonly JudgedGoal[];
  /** Whether Kafka's median is the better one. */
  readonly isLost: boolean;
}

/** Condenses the raw data of a workload to medians, spread, ratios and goals. */
export function compare(workload: Workload, result: Result): Comparison[] {
  return measuredOf(workload.metrics, result).map((metric) => {
    const posthorn = summarize(series(result, 'posthorn', metric.key));
    const kafka = summarize(series(result, 'kafka', metric.key));
    const ratio = kafka.median === 0 ? undefined : posthorn.median / kafka.median;
    const goals = (metric.goals ?? []).map((goal) => judge(goal, metric, posthorn, ratio));
    return { metric, posthorn, kafka, ratio, goals, isLost: isLost(metric, posthorn.median, kafka.median) };
  });
}

function series(result: Result, side: SideName, key: string): number[] {
  return result.measurements
    .filter((measurement) => measurement.side === side)
    .toSorted((a, b) => a.round - b.round)
    .map(({ values }) => {
      const value = values[key];
      if (value === undefined) throw new Error(`${result.workload} has no ${key}`);
      return value;
    });
}

function judge(goal: Goal, metric: Metric, posthorn: Summary, ratio: number | undefined): JudgedGoal {
  const value = goalValue(goal, posthorn, ratio);
  const isMet = goal.bound === 'at least' ? value >= goal.limit : value <= goal.limit;
  return { text: goalText(goal, metric), isMet, value };
}

function goalValue(goal: Goal, posthorn: Summary, ratio: number | undefined): number {
  switch (goal.of) {
    case 'ratio':
      return ratio ?? Number.NaN;
    case 'median':
      return posthorn.median;
    case 'worst':
      return goal.bound === 'at most' ? posthorn.max : posthorn.min;
    case 'growth':
      return posthorn.last / posthorn.first;
    default:
      return goal.of satisfies never;
  }
}

function goalText({ of, bound, limit }: Goal, { unit }: Metric): string {
  switch (of) {
    case 'ratio':
      return `${bound} ${limit} of Kafka's`;
    case 'median':
      return `${bound} ${limit} ${unit}`;
    case 'worst':
      return `${bound} ${limit} ${unit} in every round`;
    case 'growth':
      return `last round ${bound} ${limit} of the first`;
    default:
      return of satisfies never;
  }
}

function isLost({ better }: Metric, posthorn: number, kafka: number): boolean {
  switch (better) {
    case 'more':
      return posthorn < kafka;
    case 'less':
      return posthorn > kafka;
    case 'neither':
      return false;
    default:
      return better satisfies never;
  }
}

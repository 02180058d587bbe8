import type { ClientGoal, ClientMetric, ClientWorkload } from '../clients/client-workload.ts';
import { CLIENT_NAMES, type ClientName } from '../clients/contestants.ts';
import { summarize, type Summary } from '../measure/statistics.ts';
import { formatNumber } from './numbers.ts';
import { measuredOf, type Result } from './results.ts';

/** The others that our client's ratios are taken to; of several, the one that does best. */
export const RIVALS: readonly { readonly title: string; readonly names: readonly ClientName[] }[] = [
  { title: 'to the best JavaScript client', names: ['kafkajs', 'platformatic'] },
  { title: 'to librdkafka', names: ['librdkafka'] },
  { title: 'to Java', names: ['java'] },
];

export interface JudgedClientGoal {
  readonly text: string;
  readonly value: number;
  readonly isMet: boolean;
}

/** One metric of all clients. */
export interface ClientComparison {
  readonly metric: ClientMetric;
  readonly summaries: ReadonlyMap<ClientName, Summary>;
  /** Our median through that of each of {@link RIVALS}, in their order. */
  readonly ratios: readonly number[];
  readonly goals: readonly JudgedClientGoal[];
}

/** Condenses the raw data of a workload to medians, spread, ratios and goals. */
export function compareClients({ metrics }: ClientWorkload, result: Result): ClientComparison[] {
  return measuredOf(metrics, result).map((metric) => {
    const summaries = new Map(CLIENT_NAMES.map((name) => [name, summaryOf(result, name, metric.key)]));
    const ratioTo = (names: readonly ClientName[]): number =>
      median(summaries, 'posthorn') / best(metric, summaries, names);
    return {
      metric,
      summaries,
      ratios: RIVALS.map(({ names }) => ratioTo(names)),
      goals: (metric.goals ?? []).map((goal) => judge(goal, metric, summaries)),
    };
  });
}

function judge(goal: ClientGoal, metric: ClientMetric, summaries: ReadonlyMap<ClientName, Summary>): JudgedClientGoal {
  const { bound, limit, name, enough } = goal;
  const ours = median(summaries, 'posthorn');
  const theirs = best(metric, summaries, goal.against);
  const value = ours / theirs;
  const isReached = bound === 'at least' ? value >= limit : value <= limit;
  const text = `${bound} ${limit} of ${name}`;
  if (enough === undefined) return { text, value, isMet: isReached };
  return { text: `${text}, or ${formatNumber(enough)} ${metric.unit}`, value, isMet: isReached || ours >= enough };
}

function best(metric: ClientMetric, summaries: ReadonlyMap<ClientName, Summary>, names: readonly ClientName[]): number {
  const medians = names.map((name) => median(summaries, name));
  return metric.better === 'more' ? Math.max(...medians) : Math.min(...medians);
}

function median(summaries: ReadonlyMap<ClientName, Summary>, name: ClientName): number {
  return summaries.get(name)?.median ?? Number.NaN;
}

function summaryOf({ workload, measurements }: Result, name: ClientName, key: string): Summary {
  const values = measurements
    .filter(({ side }) => side === name)
    .toSorted((a, b) => a.round - b.round)
    .map(({ values: found }) => {
      const value = found[key];
      if (value === undefined) throw new Error(`${workload} has no ${key} of ${name}`);
      return value;
    });
  return summarize(values);
}

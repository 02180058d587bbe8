import type { ClientWorkload } from '../clients/client-workload.ts';
import { CLIENT_NAMES, contestants } from '../clients/contestants.ts';
import { compareClients, RIVALS, type ClientComparison } from './client-comparison.ts';
import { formatNumber, formatRatio, formatSpread } from './numbers.ts';
import { foreignCores, type Result } from './results.ts';

const LABEL_WIDTH = 46;
const CELL_WIDTH = 34;

/** One workload for the terminal: a line to a client, then ratios and goals. */
export function clientTerminalTable(workload: ClientWorkload, result: Result): string {
  const clients = contestants();
  const lines = compareClients(workload, result).flatMap((comparison) => {
    const { metric, summaries, ratios, goals } = comparison;
    const rows = [...summaries].map(([name, summary]) => {
      const cell = `${formatNumber(summary.median)} (${formatSpread(summary)})`;
      return `    ${clients[name].title.padEnd(LABEL_WIDTH - 4)}${cell.padStart(CELL_WIDTH)}`;
    });
    const shown = RIVALS.map(({ title }, index) => `${formatRatio(ratios[index])} ${title}`);
    const verdicts = goals.map(({ text, isMet }) => `${isMet ? 'met' : 'MISSED'}: ${text}`);
    return [`  ${metric.title}, ${metric.unit}`, ...rows, `    ${[shown.join(', '), ...verdicts].join('; ')}`];
  });
  const other = `other processes: ${foreignCores(result).toFixed(2)} cores`;
  return [`${workload.name}: ${workload.title} (${result.scale.name}, ${other})`, ...lines].join('\n');
}

/** The part of the document about one workload. */
export function clientWorkloadPart(workload: ClientWorkload, result: Result): string {
  const clients = contestants();
  const rounds = Math.max(...result.measurements.map(({ round }) => round));
  const heads = [...CLIENT_NAMES.map((name) => clients[name].title), ...RIVALS.map(({ title }) => title)];
  const rows = compareClients(workload, result).map(({ metric, summaries, ratios }) => {
    const cells = [...summaries.values()].map((each) => `${formatNumber(each.median)} (${formatSpread(each)})`);
    return `| ${[`${metric.title}, ${metric.unit}`, ...cells, ...ratios.map(formatRatio)].join(' | ')} |`;
  });
  return [
    `## ${workload.title}`,
    '',
    `${workload.method} Rounds: ${rounds}; other processes used ${foreignCores(result).toFixed(2)} cores. \`npm run bench -- ${workload.name}\`.`,
    '',
    `| | ${heads.join(' | ')} |`,
    `| --- |${heads.map(() => ' ---: |').join('')}`,
    ...rows,
  ].join('\n');
}

export function clientGoalRows({ title }: ClientWorkload, comparisons: readonly ClientComparison[]): string[] {
  return comparisons.flatMap(({ metric, goals }) =>
    goals.map(({ text, value, isMet }) => {
      return `| ${title} | ${metric.title} | ${text} | ${formatNumber(value)} | ${isMet ? 'met' : '**missed**'} |`;
    }),
  );
}

/** Every missed goal, and every number in which another client is better. */
export function clientShortfalls({ title }: ClientWorkload, comparisons: readonly ClientComparison[]): string[] {
  return comparisons.flatMap(({ metric, ratios, goals }) => {
    const missed = goals.filter(({ isMet }) => !isMet);
    const lost = RIVALS.filter((_, index) => (metric.better === 'more' ? ratios[index]! < 1 : ratios[index]! > 1));
    return [
      ...missed.map(
        ({ text, value }) => `- Goal missed: ${title}, ${metric.title}: ${formatNumber(value)}, should be ${text}.`,
      ),
      ...lost.map((rival) => {
        return `- Another client is better: ${title}, ${metric.title}: ${formatRatio(ratios[RIVALS.indexOf(rival)])} ${rival.title}.`;
      }),
    ];
  });
}

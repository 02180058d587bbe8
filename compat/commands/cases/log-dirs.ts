import type { CommandCase } from '../case.ts';

const tool = 'kafka-log-dirs';
const made = [{ tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '3'] }] as const;

export const logDirCases: readonly CommandCase[] = [
  { tool, args: [], isBare: true },
  { tool, args: [] },
  { tool, args: ['--describe', '--topic-list', '{name}'], before: made, isReading: true },
  { tool, args: ['--describe', '--topic-list', '{name}', '--broker-list', '1'], before: made, isReading: true },
  { tool, args: ['--describe', '--broker-list', '1,7'] },
];

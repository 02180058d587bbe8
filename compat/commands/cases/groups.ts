import type { CommandCase } from '../case.ts';

const tool = 'kafka-groups';

export const groupCases: readonly CommandCase[] = [
  { tool, args: [], isBare: true },
  { tool, args: ['--list'], isBare: true },
  { tool, args: ['--help'], isBare: true },
  { tool, args: ['--help'] },
  { tool, args: ['--version'] },
  { tool, args: ['--foo'] },
  { tool, args: [] },
  { tool, isUnordered: true, args: ['--list'] },
  { tool, isUnordered: true, args: ['--list', '--consumer'] },
  { tool, isUnordered: true, args: ['--list', '--share'] },
  { tool, isUnordered: true, args: ['--list', '--streams'] },
  { tool, isUnordered: true, args: ['--list', '--group-type', 'Classic'] },
  { tool, isUnordered: true, args: ['--list', '--group-type', 'foo'] },
  { tool, isUnordered: true, args: ['--list', '--group-type', 'consumer', '--protocol', 'consumer'] },
  { tool, isUnordered: true, args: ['--list', '--protocol', 'connect'] },
  { tool, isUnordered: true, args: ['--list', '--consumer', '--share'] },
  { tool, isUnordered: true, args: ['--list', '--streams', '--protocol', 'x'] },
  { tool, isUnordered: true, args: ['--list', '--command-config', '/nowhere/at.all'] },
];

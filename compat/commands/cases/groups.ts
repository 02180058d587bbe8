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
  { tool, args: ['--list'] },
  { tool, args: ['--list', '--consumer'] },
  { tool, args: ['--list', '--share'] },
  { tool, args: ['--list', '--streams'] },
  { tool, args: ['--list', '--group-type', 'Classic'] },
  { tool, args: ['--list', '--group-type', 'foo'] },
  { tool, args: ['--list', '--group-type', 'consumer', '--protocol', 'consumer'] },
  { tool, args: ['--list', '--protocol', 'connect'] },
  { tool, args: ['--list', '--consumer', '--share'] },
  { tool, args: ['--list', '--streams', '--protocol', 'x'] },
  { tool, args: ['--list', '--command-config', '/nowhere/at.all'] },
];

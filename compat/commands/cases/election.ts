import type { CommandCase } from '../case.ts';

const tool = 'kafka-leader-election';
const preferred = ['--election-type', 'preferred'] as const;
const made = [{ tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '3'] }] as const;
const file = [...preferred, '--path-to-json-file', '{file:partitions.json}'] as const;

export const electionCases: readonly CommandCase[] = [
  { tool, args: [], isBare: true },
  { tool, args: [] },
  { tool, args: ['--help'] },
  { tool, args: ['--version'] },
  { tool, args: ['--foo'] },
  { tool, args: [...preferred, '--topic', 'x', '--partition', '0'], isBare: true },
  { tool, args: ['--election-type', 'foo', '--all-topic-partitions'] },
  { tool, args: [...preferred] },
  { tool, args: [...preferred, '--topic', 'x'] },
  { tool, args: [...preferred, '--all-topic-partitions', '--partition', '1'] },
  { tool, args: [...preferred, '--topic', 'x', '--all-topic-partitions'] },
  { tool, args: [...preferred, '--topic', 'x', '--partition', 'a'] },
  { tool, args: [...preferred, '--topic', '{name}', '--partition', '0'] },
  { tool, args: [...preferred, '--topic', '{name}', '--partition', '0'], before: made },
  { tool, args: [...preferred, '--topic', '{name}', '--partition', '9'], before: made },
  { tool, args: ['--election-type', 'UNCLEAN', '--topic', '{name}', '--partition', '0'], before: made },
  { tool, args: [...preferred, '--all-topic-partitions'] },
  { tool, args: [...preferred, '--all-topic-partitions', '--admin.config', '/nowhere/at.all'] },
  { tool, args: [...preferred, '--all-topic-partitions', '--admin.config', 'x', '--command-config', 'y'] },
  { tool, args: file, files: { 'partitions.json': '{' } },
  { tool, args: file, files: { 'partitions.json': '{}' } },
  { tool, args: file, files: { 'partitions.json': '{"partitions":[{"topic":"{name}"}]}' } },
  {
    tool,
    args: file,
    files: {
      'partitions.json':
        '{"partitions":[{"topic":"{name}","partition":0},{"topic":"{name}","partition":0},{"topic":"{name}","partition":2}]}',
    },
  },
  {
    tool,
    args: file,
    before: made,
    isReading: true,
    files: {
      'partitions.json':
        '{"partitions":[{"topic":"{name}","partition":0},{"topic":"{name}","partition":1},{"topic":"{name}","partition":5}]}',
    },
  },
  { tool, args: [...preferred, '--path-to-json-file', '/nowhere/at.all'] },
];

import type { CommandCase } from '../case.ts';

const offsets = 'kafka-get-offsets';
const records = 'kafka-delete-records';
const made = [{ tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '3'] }] as const;
const file = ['--offset-json-file', '{file:records.json}'] as const;

export const offsetCases: readonly CommandCase[] = [
  { tool: offsets, args: [], isBare: true },
  { tool: offsets, args: ['--topic', 'x'], isBare: true },
  { tool: offsets, args: ['--foo'] },
  { tool: offsets, args: ['--topic', '{name}'], before: made },
  { tool: offsets, args: ['--topic', '{name}'] },
  { tool: offsets, args: ['--topic', '{name}', '--time', '-2', '--partitions', '0,2'], before: made },
  { tool: offsets, args: ['--topic', '{name}', '--partitions', 'a'], before: made },
  { tool: offsets, args: ['--topic', '{name}', '--time', 'foo'], before: made },
  { tool: offsets, args: ['--topic', '{name}', '--time', 'max-timestamp'], before: made },
  { tool: offsets, args: ['--topic', '{name}', '--time', 'earliest'], before: made },
  { tool: offsets, args: ['--topic', '{name}', '--time', '1000'], before: made },
  { tool: offsets, args: ['--topic', '{name}', '--topic-partitions', 'a'] },
  { tool: offsets, args: ['--topic-partitions', '{name}:1-3'], before: made },
  { tool: offsets, args: ['--topic-partitions', '{name}:-2,{name}:2'], before: made },
  { tool: offsets, args: ['--topic-partitions', '{name}:a'], before: made },
  { tool: records, args: [], isBare: true },
  { tool: records, args: [] },
  { tool: records, args: ['--offset-json-file', '/nowhere/at.all'] },
  { tool: records, args: file, files: { 'records.json': '{' } },
  { tool: records, args: file, files: { 'records.json': '{}' } },
  { tool: records, args: file, files: { 'records.json': '{"partitions":[],"version":2}' } },
  {
    tool: records,
    args: file,
    files: {
      'records.json':
        '{"partitions":[{"topic":"{name}","partition":0,"offset":0},{"topic":"{name}","partition":0,"offset":1}]}',
    },
  },
  {
    tool: records,
    args: file,
    before: made,
    isReading: true,
    differs: 'Kafka tells the partitions in the order of a hash table, we in that of the file',
    files: {
      'records.json':
        '{"partitions":[{"topic":"{name}","partition":0,"offset":0},{"topic":"{name}","partition":1,"offset":5},{"topic":"{name}","partition":2,"offset":-1}],"version":1}',
    },
  },
];

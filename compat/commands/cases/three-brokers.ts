import type { CommandCase } from '../case.ts';

const reassign = 'kafka-reassign-partitions';
const election = 'kafka-leader-election';
const made = [
  { tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--replica-assignment', '1:2,2:3'] },
] as const;
const plan = ['--reassignment-json-file', '{file:plan.json}'] as const;
const files = {
  'plan.json':
    '{"version":1,"partitions":[{"topic":"{name}","partition":0,"replicas":[3,1]},{"topic":"{name}","partition":1,"replicas":[2,3]}]}',
} as const;
const grown = {
  'plan.json': '{"version":1,"partitions":[{"topic":"{name}","partition":0,"replicas":[1,2,3]}]}',
} as const;
const topics = { 'topics.json': '{"topics":[{"topic":"{name}"}],"version":1}' } as const;
const generate = ['--generate', '--topics-to-move-json-file', '{file:topics.json}', '--broker-list'] as const;
const common = { before: made, needsThree: true } as const;

/** What only a cluster can do. */
export const threeBrokerCases: readonly CommandCase[] = [
  { tool: reassign, args: ['--execute', ...plan], files, ...common },
  { tool: reassign, args: ['--execute', ...plan, '--throttle', '100000'], files, ...common },
  { tool: reassign, args: ['--execute', ...plan, '--disallow-replication-factor-change'], files: grown, ...common },
  { tool: reassign, args: ['--execute', ...plan], files: grown, ...common },
  { tool: reassign, args: ['--verify', ...plan], files, ...common },
  { tool: reassign, args: ['--verify', ...plan], files: grown, ...common },
  { tool: reassign, args: ['--cancel', ...plan], files, ...common },
  { tool: reassign, args: ['--list'], ...common },
  { tool: reassign, args: [...generate, '1'], files: topics, ...common },
  { tool: reassign, args: [...generate, '1,2,3'], files: topics, ...common, differs: 'both start at a random broker' },
  { tool: election, args: ['--election-type', 'preferred', '--topic', '{name}', '--partition', '1'], ...common },
  { tool: election, args: ['--election-type', 'unclean', '--topic', '{name}', '--partition', '1'], ...common },
  { tool: 'kafka-cluster', args: ['list-endpoints'], needsThree: true },
  {
    tool: 'kafka-broker-api-versions',
    args: [],
    needsThree: true,
    differs: 'Kafka tells brokers in the order of a hash table, and of the answer where they share a place in it',
  },
  { tool: 'kafka-topics', args: ['--describe', '--topic', '{name}'], ...common },
];

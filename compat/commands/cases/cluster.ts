import type { CommandCase } from '../case.ts';

const tool = 'kafka-cluster';
const versions = 'kafka-broker-api-versions';

export const clusterCases: readonly CommandCase[] = [
  { tool, args: [], isBare: true },
  { tool, args: ['--help'], isBare: true },
  { tool, args: ['--version'], isBare: true },
  { tool, args: ['foo'], isBare: true },
  { tool, args: ['unregistr'], isBare: true },
  { tool, args: ['cluster-id'], isBare: true },
  { tool, args: ['cluster-id', '--help'], isBare: true },
  { tool, args: ['cluster-id'] },
  { tool, args: ['cluster-id', '--config', '/nowhere/at.all'] },
  { tool, args: ['cluster-id', '--bootstrap-controller', 'a:1'] },
  { tool, args: ['cluster-id', '--bootstrap', 'a:1'] },
  { tool, args: ['cluster-id', '--foo'] },
  { tool, args: ['cluster-id', 'foo'] },
  { tool, args: ['unregister'] },
  { tool, args: ['unregister', '--help'] },
  { tool, args: ['unregister', '--id', 'x'] },
  { tool, args: ['unregister', '--id', '77'] },
  { tool, args: ['unregister', '-i77'] },
  { tool, args: ['unregister', '--id'], isBare: true },
  { tool, args: ['list-endpoints'] },
  { tool, args: ['list-endpoints', '--include-fenced-brokers'] },
  { tool, args: ['list-endpoints', '--include-fenced-brokers=true'] },
  { tool, args: ['list-endpoints', '--help'] },
  { tool, args: ['list-endpoints', '--bootstrap-controller', '127.0.0.1:1', '--include-fenced-brokers'], isBare: true },
  { tool: versions, args: [], isBare: true },
  { tool: versions, args: ['--help'] },
  { tool: versions, args: ['--version'] },
  { tool: versions, args: ['--foo'] },
  { tool: versions, args: ['foo'], isBare: true },
  { tool: versions, args: [] },
];

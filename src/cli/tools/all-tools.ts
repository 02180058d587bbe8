import type { Tool } from './tool.ts';

/** A command by its name, loaded when it is called. */
export interface ToolEntry {
  /** As Kafka's script is called, without `.sh`. */
  readonly name: string;
  load(): Promise<Tool>;
}

/** Every command that there is, under Kafka's names where Kafka has it. None is loaded before it is called: each start pays for its own command only. */
export const allTools: readonly ToolEntry[] = [
  { name: 'brokers', load: async () => (await import('../commands/brokers.ts')).brokersTool },
  {
    name: 'kafka-broker-api-versions',
    load: async () => (await import('../commands/broker-api-versions.ts')).brokerApiVersionsTool,
  },
  { name: 'kafka-cluster', load: async () => (await import('../commands/cluster.ts')).clusterTool },
  { name: 'kafka-configs', load: async () => (await import('../commands/configs.ts')).configsTool },
  { name: 'kafka-delete-records', load: async () => (await import('../commands/delete-records.ts')).deleteRecordsTool },
  { name: 'kafka-features', load: async () => (await import('../commands/features.ts')).featuresTool },
  { name: 'kafka-get-offsets', load: async () => (await import('../commands/get-offsets.ts')).getOffsetsTool },
  { name: 'kafka-groups', load: async () => (await import('../commands/groups.ts')).groupsTool },
  {
    name: 'kafka-leader-election',
    load: async () => (await import('../commands/leader-election.ts')).leaderElectionTool,
  },
  { name: 'kafka-log-dirs', load: async () => (await import('../commands/log-dirs.ts')).logDirsTool },
  { name: 'kafka-topics', load: async () => (await import('../commands/topics.ts')).topicsTool },
  { name: 'kafka-transactions', load: async () => (await import('../commands/transactions.ts')).transactionsTool },
];

/** A command by the name it is called by: `kafka-topics.sh`, `kafka-topics` and `topics` are one. */
export function toolNamed(name: string): ToolEntry | undefined {
  const plain = name.replace(/\.(?:sh|bat|cmd)$/, '');
  return allTools.find((tool) => tool.name === plain || tool.name === `kafka-${plain}`);
}

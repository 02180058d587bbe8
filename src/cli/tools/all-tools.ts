import { jsonListings } from '../listings/json-listings.ts';
import type { ToolEntry } from './tool-entry.ts';

/** Every command that there is, under Kafka's names where Kafka has it. None is loaded before it is called: each start pays for its own command only. */
export const allTools: readonly ToolEntry[] = [
  { name: 'brokers', load: async () => (await import('../commands/brokers.ts')).brokersTool },
  {
    name: 'kafka-broker-api-versions',
    load: async () => (await import('../commands/broker-api-versions.ts')).brokerApiVersionsTool,
  },
  { name: 'kafka-cluster', load: async () => (await import('../commands/cluster.ts')).clusterTool },
  { name: 'kafka-configs', load: async () => (await import('../commands/configs/configs.ts')).configsTool },
  {
    name: 'kafka-console-consumer',
    load: async () => (await import('../commands/console/console-consumer.ts')).consoleConsumerTool,
  },
  {
    name: 'kafka-console-producer',
    load: async () => (await import('../commands/console/console-producer.ts')).consoleProducerTool,
  },
  {
    name: 'kafka-consumer-groups',
    load: async () => (await import('../commands/consumer-groups/consumer-groups.ts')).consumerGroupsTool,
  },
  { name: 'kafka-delete-records', load: async () => (await import('../commands/delete-records.ts')).deleteRecordsTool },
  { name: 'kafka-features', load: async () => (await import('../commands/features.ts')).featuresTool },
  { name: 'kafka-get-offsets', load: async () => (await import('../commands/get-offsets.ts')).getOffsetsTool },
  { name: 'kafka-groups', load: async () => (await import('../commands/groups.ts')).groupsTool },
  {
    name: 'kafka-leader-election',
    load: async () => (await import('../commands/leader-election.ts')).leaderElectionTool,
  },
  { name: 'kafka-log-dirs', load: async () => (await import('../commands/log-dirs.ts')).logDirsTool },
  {
    name: 'kafka-reassign-partitions',
    load: async () => (await import('../commands/reassign-partitions/reassign-partitions.ts')).reassignPartitionsTool,
  },
  { name: 'kafka-topics', load: async () => (await import('../commands/topics/topics.ts')).topicsTool },
  {
    name: 'kafka-transactions',
    load: async () => (await import('../commands/transactions/transactions.ts')).transactionsTool,
  },
  {
    name: 'completion',
    load: async () => (await import('../commands/completion.ts')).completionOf(allTools, jsonListings),
  },
  { name: 'help', load: async () => (await import('../commands/help.ts')).helpOn(allTools) },
  { name: 'rebalance', load: async () => (await import('../commands/rebalance/rebalance.ts')).rebalanceTool },
  { name: 'tail', load: async () => (await import('../commands/live/tail.ts')).tailTool },
  { name: 'top', load: async () => (await import('../commands/live/top.ts')).topTool },
  {
    name: 'kafka-consumer-perf-test',
    load: async () => (await import('../commands/perf/consumer-perf-test.ts')).consumerPerfTestTool,
  },
  { name: 'kafka-dump-log', load: async () => (await import('../commands/dump-log/dump-log.ts')).dumpLogTool },
  { name: 'kafka-e2e-latency', load: async () => (await import('../commands/perf/e2e-latency.ts')).e2eLatencyTool },
  {
    name: 'kafka-producer-perf-test',
    load: async () => (await import('../commands/perf/producer-perf-test.ts')).producerPerfTestTool,
  },
  { name: 'kafka-server-stop', load: async () => (await import('../commands/server-stop.ts')).serverStopTool },
  { name: 'kafka-storage', load: async () => (await import('../commands/storage.ts')).storageTool },
  {
    name: 'kafka-verifiable-consumer',
    load: async () => (await import('../commands/verifiable-consumer.ts')).verifiableConsumerTool,
  },
  {
    name: 'kafka-verifiable-producer',
    load: async () => (await import('../commands/verifiable-producer.ts')).verifiableProducerTool,
  },
];

/** A command by the name it is called by: `kafka-topics.sh`, `kafka-topics` and `topics` are one. With `--json` some have another form. */
export function toolNamed(name: string, args: readonly string[] = []): ToolEntry | undefined {
  const plain = name.replace(/\.(?:sh|bat|cmd)$/, '');
  const isIt = (tool: ToolEntry): boolean => tool.name === plain || tool.name === `kafka-${plain}`;
  return (args.includes('--json') ? jsonListings.find(isIt) : undefined) ?? allTools.find(isIt);
}

import { listPartitionReassignments } from '../../protocol/messages/046-list-partition-reassignments.ts';
import { describeConfigs } from '../../protocol/messages/032-describe-configs.ts';
import { describeCluster } from '../../protocol/messages/060-describe-cluster.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { hashOrder, stringHash } from '../tools/java-text.ts';
import type { ParsedOptions } from '../tools/option-parser.ts';
import { throwRefusal, type ToolAdmin } from '../tools/tool-admin.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { describeTopics, type TopicFacts } from '../tools/topic-facts.ts';
import type { TopicOption } from './topics-options.ts';

const TOPIC_RESOURCE = 2;
/** Where a setting comes from that nobody made. */
const DEFAULT_CONFIG = 5;

type PartitionFacts = TopicFacts['partitions'][number];
type ConfigFacts = ReadMessage<typeof describeConfigs.response>['results'][number]['configs'];
type Reassignment = ReadMessage<typeof listPartitionReassignments.response>['topics'][number]['partitions'][number];

/** Prints topics with settings and partitions, as far as the options ask for them. */
export async function describeTopicsFor(
  admin: ToolAdmin,
  names: readonly string[],
  options: ParsedOptions<TopicOption>,
  world: ToolWorld,
): Promise<void> {
  const topics = await describeTopics(admin, names, options.integer('partition-size-limit-per-response'));
  const [configs, live, reassignments] = await Promise.all([
    configsOf(admin, names),
    liveBrokers(admin),
    reassignmentsOf(admin, topics),
  ]);
  const isReport = (
    [
      'under-replicated-partitions',
      'unavailable-partitions',
      'under-min-isr-partitions',
      'at-min-isr-partitions',
    ] as const
  ).some((option) => options.has(option));
  const overridesOnly = options.has('topics-with-overrides');
  for (const topic of topics) {
    const name = topic.name ?? '';
    const settings = configs.get(name) ?? [];
    const own = hashOrder(settings, (entry) => stringHash(entry.name)).filter(
      ({ configSource }) => configSource !== DEFAULT_CONFIG,
    );
    const moveOf = (partition: number): Reassignment | undefined => reassignments.get(`${name} ${partition}`);
    if (!isReport && (!overridesOnly || own.length > 0)) world.out(topicLine(topic, own, moveOf(0)));
    if (overridesOnly) continue;
    const minIsr = Number(settings.find((entry) => entry.name === 'min.insync.replicas')?.value ?? 1);
    for (const partition of topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex)) {
      const move = moveOf(partition.partitionIndex);
      if (isReport && !isWanted(partition, move, { options, live, minIsr })) continue;
      world.out(partitionLine(name, partition, move));
    }
  }
}

interface ReportOn {
  readonly options: ParsedOptions<TopicOption>;
  readonly live: ReadonlySet<number>;
  readonly minIsr: number;
}

function isWanted(
  partition: PartitionFacts,
  move: Reassignment | undefined,
  { options, live, minIsr }: ReportOn,
): boolean {
  const inSync = partition.isrNodes.length;
  return (
    (options.has('under-replicated-partitions') && replicationFactor(partition, move) > inSync) ||
    (options.has('unavailable-partitions') && !live.has(partition.leaderId)) ||
    (options.has('under-min-isr-partitions') && inSync < minIsr) ||
    (options.has('at-min-isr-partitions') && inSync === minIsr)
  );
}

/** Replicas that are only being added do not count yet. */
function replicationFactor({ replicaNodes }: PartitionFacts, move: Reassignment | undefined): number {
  return replicaNodes.length - (move?.addingReplicas.length ?? 0);
}

function topicLine(topic: TopicFacts, own: ConfigFacts, move: Reassignment | undefined): string {
  const [first] = topic.partitions;
  return [
    `Topic: ${topic.name}`,
    `TopicId: ${topic.topicId}`,
    `PartitionCount: ${topic.partitions.length}`,
    `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(first, move)}`,
    `Configs: ${own.map(({ name, value }) => `${name}=${value}`).join(',')}`,
  ].join('\t');
}

function partitionLine(topic: string, partition: PartitionFacts, move: Reassignment | undefined): string {
  const { leaderId, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr } = partition;
  return [
    '',
    `Topic: ${topic}`,
    `Partition: ${partition.partitionIndex}`,
    `Leader: ${leaderId < 0 ? 'none' : leaderId}`,
    `Replicas: ${replicaNodes.join(',')}`,
    `Isr: ${isrNodes.join(',')}`,
    ...(move === undefined
      ? []
      : [`Adding Replicas: ${move.addingReplicas.join(',')}`, `Removing Replicas: ${move.removingReplicas.join(',')}`]),
    `Elr: ${eligibleLeaderReplicas?.join(',') ?? 'N/A'}`,
    `LastKnownElr: ${lastKnownElr?.join(',') ?? 'N/A'}`,
  ].join('\t');
}

async function configsOf(admin: ToolAdmin, names: readonly string[]): Promise<ReadonlyMap<string, ConfigFacts>> {
  const { results } = await admin.ask('describeConfigs', 'any', describeConfigs, {
    resources: names.map((resourceName) => ({
      resourceType: TOPIC_RESOURCE,
      resourceName,
      configurationKeys: null,
    })),
  });
  for (const { errorCode, errorMessage } of results) throwRefusal(errorCode, errorMessage);
  return new Map(results.map(({ resourceName, configs }) => [resourceName, configs]));
}

async function liveBrokers(admin: ToolAdmin): Promise<ReadonlySet<number>> {
  const { brokers } = await admin.ask('describeCluster', 'any', describeCluster, {
    includeClusterAuthorizedOperations: false,
    includeFencedBrokers: false,
  });
  return new Set(brokers.map(({ brokerId }) => brokerId));
}

async function reassignmentsOf(
  admin: ToolAdmin,
  topics: readonly TopicFacts[],
): Promise<ReadonlyMap<string, Reassignment>> {
  const answer = await admin.ask('listPartitionReassignments', 'controller', listPartitionReassignments, {
    timeoutMs: admin.timeoutMs,
    topics: topics.map(({ name, partitions }) => ({
      name: name ?? '',
      partitionIndexes: partitions.map(({ partitionIndex }) => partitionIndex),
    })),
  });
  throwRefusal(answer.errorCode, answer.errorMessage);
  return new Map(
    answer.topics.flatMap(({ name, partitions }) =>
      partitions.map((partition) => [`${name} ${partition.partitionIndex}`, partition] as const),
    ),
  );
}

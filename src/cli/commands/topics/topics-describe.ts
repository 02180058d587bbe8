import type { Admin } from '../../../client/admin/admin.ts';
import type { ConfigEntry } from '../../../client/admin/config-entry.ts';
import { configResourceKey } from '../../../client/admin/configs.ts';
import type { PartitionDescription, TopicDescription } from '../../../client/admin/describe-topics.ts';
import type { OngoingReassignment } from '../../../client/admin/reassignments.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import { hashOrder, stringHash } from '../../tools/java-text.ts';
import type { ParsedOptions } from '../../tools/option-parser.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { describeTopics } from '../../tools/topic-facts.ts';
import type { TopicOption } from './topics-options.ts';

/** Prints topics with settings and partitions, as far as the options ask for them. */
export async function describeTopicsFor(
  admin: Admin,
  names: readonly string[],
  options: ParsedOptions<TopicOption>,
  world: ToolWorld,
): Promise<void> {
  const topics = await describeTopics(admin, names, options.integer('partition-size-limit-per-response'));
  const resources = names.map((name) => ({ type: 'topic', name }) as const);
  const all = topics.flatMap(({ name, partitions }) => partitions.map(({ partition }) => ({ topic: name, partition })));
  const [configs, { brokers }, reassignments] = await Promise.all([
    admin.describeConfigs(resources),
    admin.describeCluster(),
    admin.listReassignments(all),
  ]);
  const settingsOf = valuesOf(configs);
  const live = new Set(brokers.map(({ nodeId }) => nodeId));
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
    const { name } = topic;
    const settings = settingsOf.get(configResourceKey({ type: 'topic', name }));
    const own = hashOrder([...(settings?.values() ?? [])], (entry) => stringHash(entry.name)).filter(
      ({ source }) => source !== 'default',
    );
    const moveOf = (partition: number): OngoingReassignment | undefined => reassignments.get(name)?.get(partition);
    if (!isReport && (!overridesOnly || own.length > 0)) world.out(topicLine(topic, own, moveOf(0)));
    if (overridesOnly) continue;
    const minIsr = Number(settings?.get('min.insync.replicas')?.value ?? 1);
    for (const partition of topic.partitions.toSorted((a, b) => a.partition - b.partition)) {
      const move = moveOf(partition.partition);
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
  partition: PartitionDescription,
  move: OngoingReassignment | undefined,
  { options, live, minIsr }: ReportOn,
): boolean {
  const inSync = partition.inSync.length;
  return (
    (options.has('under-replicated-partitions') && replicationFactor(partition, move) > inSync) ||
    (options.has('unavailable-partitions') && !live.has(partition.leaderId)) ||
    (options.has('under-min-isr-partitions') && inSync < minIsr) ||
    (options.has('at-min-isr-partitions') && inSync === minIsr)
  );
}

/** Replicas that are only being added do not count yet. */
function replicationFactor({ replicas }: PartitionDescription, move: OngoingReassignment | undefined): number {
  return replicas.length - (move?.adding.length ?? 0);
}

function topicLine(
  topic: TopicDescription,
  own: readonly ConfigEntry[],
  move: OngoingReassignment | undefined,
): string {
  const [first] = topic.partitions;
  return [
    `Topic: ${topic.name}`,
    `TopicId: ${topic.topicId}`,
    `PartitionCount: ${topic.partitions.length}`,
    `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(first, move)}`,
    `Configs: ${own.map(({ name, value }) => `${name}=${value}`).join(',')}`,
  ].join('\t');
}

function partitionLine(topic: string, partition: PartitionDescription, move: OngoingReassignment | undefined): string {
  const { leaderId, replicas, inSync, eligibleLeaders, lastKnownEligibleLeaders } = partition;
  return [
    '',
    `Topic: ${topic}`,
    `Partition: ${partition.partition}`,
    `Leader: ${leaderId < 0 ? 'none' : leaderId}`,
    `Replicas: ${replicas.join(',')}`,
    `Isr: ${inSync.join(',')}`,
    ...(move === undefined
      ? []
      : [`Adding Replicas: ${move.adding.join(',')}`, `Removing Replicas: ${move.removing.join(',')}`]),
    `Elr: ${eligibleLeaders?.join(',') ?? 'N/A'}`,
    `LastKnownElr: ${lastKnownEligibleLeaders?.join(',') ?? 'N/A'}`,
  ].join('\t');
}

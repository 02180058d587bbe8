import type { Admin } from '../../../client/admin/admin.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import { BrokerError, KafkaError } from '../../../client/client-error.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { javaError } from '../../tools/java-error.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { partitionsOfTopic } from './consumer-groups-plan.ts';
import type { ConsumerGroupCall } from './consumer-groups-options.ts';
import { orUsageError } from './consumer-groups-reset.ts';

const TOPIC_MIN = 15;
const PARTITION_COLUMN = 10;
const STATUS_COLUMN = 15;
/** Stands for a topic whose partitions are not known. */
const NO_PARTITION = -1;

const OF_GROUP: readonly ErrorName[] = [
  'INVALID_GROUP_ID',
  'GROUP_ID_NOT_FOUND',
  'GROUP_AUTHORIZATION_FAILED',
  'NON_EMPTY_GROUP',
];
const OF_PARTITION: readonly ErrorName[] = [
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
];

interface Row extends TopicPartition {
  readonly error: KafkaError | undefined;
}

/** Deletes offsets of a group and tells of each partition. */
export async function deleteOffsets(admin: Admin, options: ConsumerGroupCall, world: ToolWorld): Promise<void> {
  const groupId = options.value('group') ?? '';
  const topics = [...new Set(options.values('topic'))];
  const rows: Row[] = [];
  const partitions = orUsageError(options, () =>
    topics.filter((topic) => topic.includes(':')).flatMap(partitionsOfTopic),
  );
  const whole = topics.filter((topic) => !topic.includes(':'));
  const described = whole.length === 0 ? [] : await admin.describeTopics(whole);
  for (const [topic, outcome] of described) {
    if (outcome instanceof KafkaError) rows.push({ topic, partition: NO_PARTITION, error: outcome });
    else partitions.push(...outcome.partitions.map(({ partition }) => ({ topic, partition })));
  }
  const { error, told } = await deleted(admin, groupId, partitions);
  rows.push(...told);
  world.out(headline(groupId, error));
  const width = Math.max(TOPIC_MIN, ...rows.map(({ topic }) => topic.length));
  const line = (topic: string, partition: string, status: string): string =>
    `${topic.padEnd(width)} ${partition.padEnd(PARTITION_COLUMN)} ${status.padEnd(STATUS_COLUMN)}`;
  world.out(`\n${line('TOPIC', 'PARTITION', 'STATUS')}`);
  const keyOf = ({ topic, partition }: Row): string => `${topic}${partition}`;
  for (const row of rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    const partition = row.partition === NO_PARTITION ? '-' : String(row.partition);
    world.out(line(row.topic, partition, row.error === undefined ? 'Successful' : `Error: ${javaError(row.error)}`));
  }
}

/** The outcomes by partition, and the error of the whole: that of the group, or the first of a partition. */
async function deleted(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<{ readonly error: KafkaError | undefined; readonly told: readonly Row[] }> {
  try {
    // Without partitions there is nothing to delete, yet a group that is not there is told.
    if (partitions.length === 0) valuesOf(await admin.describeGroups([groupId]));
    const outcomes = await admin.deleteGroupOffsets(groupId, partitions);
    const told = partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      error: outcomes.get(topic)?.get(partition),
    }));
    return { error: told.find(({ error }) => error !== undefined)?.error, told };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { error, told: partitions.map((partition) => ({ ...partition, error })) };
  }
}

function headline(groupId: string, error: KafkaError | undefined): string {
  if (error === undefined) return `Request succeeded for deleting offsets from group ${groupId}.`;
  const name = error instanceof BrokerError ? error.spec.name : 'UNKNOWN_SERVER_ERROR';
  if (error instanceof BrokerError && OF_GROUP.includes(name)) return `\nError: ${error.spec.text}`;
  if (OF_PARTITION.includes(name)) {
    return '\nError: Encountered some partition-level error, see the follow-up details.';
  }
  return `\nError: Encountered some unknown error: ${name}`;
}

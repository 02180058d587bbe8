import { validateTopicSettings } from '../config/topic-alteration.ts';
import { ZERO_UUID, type Uuid } from '../base/uuid.ts';
import { hasCollidingCharacters, unifyCollidingName } from '../metadata/cluster-image.ts';
import type { PartitionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { putRecord, type Decided, type DecisionContext, type ItemResult, type Mutation } from './decision.ts';
import { randomUuid } from './random-id.ts';
import { ALL_BROKERS_FENCED, assignmentProblem, newPartition, placeReplicas } from './replica-placement.ts';
import { topicNameProblem } from './topic-name.ts';

/** Partitions that one request may create, and records of Kafka's log that it may stand for. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000;
export const RECORDS_PER_REQUEST_MAX = 10_000;
const METADATA_TOPIC = '__cluster_metadata';

/** A topic as CreateTopics asks for it. -1 as a count means the broker's default. */
export interface NewTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface TopicCreation extends ItemResult {
  readonly name: string;
  /** The zero id, -1 and no settings where the topic was not created. */
  readonly topicId: Uuid;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** The settings that the topic has of its own. */
  readonly configs: ReadonlyMap<string, string>;
}

type Layout = { readonly partitions: readonly PartitionRecord[] } | Refusal;
type Refusal = { readonly error: ErrorSpec; readonly message: string };

/** Decides a CreateTopics request, each topic by itself; in the order of the request, then names given twice. */
export function decideCreateTopics(context: DecisionContext, topics: readonly NewTopic[]): Decided<TopicCreation>[] {
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const accepted = topics.filter(({ name }) => counts.get(name) === 1 && name !== METADATA_TOPIC);
  const asked = accepted.reduce((sum, topic) => sum + askedPartitions(context, topic), 0);
  if (asked > PARTITIONS_PER_REQUEST_MAX) {
    return refuseAll(topics, 'Excessively large number of partitions per request.');
  }
  const decided = accepted.map((topic) => decideTopic(context, topic));
  const records = decided.reduce((sum, { result }) => sum + recordCount(result), 0);
  if (records > RECORDS_PER_REQUEST_MAX) {
    return refuseAll(topics, 'Unable to perform excessively large batch operation.');
  }
  for (const [name, count] of counts) {
    if (count > 1) decided.push(refusal(name, { error: E.INVALID_REQUEST, message: 'Duplicate topic name.' }));
    else if (name === METADATA_TOPIC) {
      const message = `Creation of internal topic ${METADATA_TOPIC} is prohibited.`;
      decided.push(refusal(name, { error: E.INVALID_REQUEST, message }));
    }
  }
  return decided;
}

/** Counts what the topic claims, not what is wrong with it. */
function askedPartitions({ config }: DecisionContext, topic: NewTopic): number {
  if (topic.assignments.length > 0) return topic.assignments.length;
  return topic.numPartitions === -1 ? config.get('num.partitions') : Math.max(topic.numPartitions, 0);
}

function recordCount({ error, numPartitions, configs }: TopicCreation): number {
  return error === E.NONE ? 1 + numPartitions + configs.size : 0;
}

function refuseAll(topics: readonly NewTopic[], message: string): Decided<TopicCreation>[] {
  return [...new Set(topics.map(({ name }) => name))].map((name) =>
    refusal(name, { error: E.POLICY_VIOLATION, message }),
  );
}

function refusal(name: string, { error, message }: Refusal): Decided<TopicCreation> {
  const nothing = { topicId: ZERO_UUID, numPartitions: -1, replicationFactor: -1, configs: new Map() };
  return { result: { name, error, message, ...nothing } };
}

function decideTopic(context: DecisionContext, topic: NewTopic): Decided<TopicCreation> {
  const problem = nameProblem(context, topic.name) ?? configProblem(context, topic);
  if (problem !== undefined) return refusal(topic.name, problem);
  const layout = topic.assignments.length > 0 ? manualLayout(context, topic) : automaticLayout(context, topic);
  if ('error' in layout) return refusal(topic.name, layout);
  const { partitions } = layout;
  const topicId = randomUuid(context.random);
  const configs = new Map(topic.configs.map(({ name, value }) => [name, value!]));
  return {
    result: {
      name: topic.name,
      error: E.NONE,
      message: null,
      topicId,
      numPartitions: partitions.length,
      replicationFactor: partitions[0]!.replicas.length,
      configs,
    },
    mutation: creation(topic.name, topicId, partitions, configs),
  };
}

/** Partitions first, the topic last: its entry makes it exist. */
function creation(
  name: string,
  id: Uuid,
  partitions: readonly PartitionRecord[],
  configs: ReadonlyMap<string, string>,
): Mutation {
  const staged = partitions.map((partition, index) => putRecord(storeKeys.partition(id, index), partition));
  const commit = [putRecord(storeKeys.topic(name), { id, partitions: partitions.length })];
  if (configs.size > 0) {
    commit.push(putRecord(storeKeys.config({ type: 'topic', name }), Object.fromEntries(configs)));
  }
  return { staged, commit };
}

function nameProblem({ image }: DecisionContext, name: string): Refusal | undefined {
  if (image.topics.has(name)) {
    return { error: E.TOPIC_ALREADY_EXISTS, message: `Topic '${name}' already exists.` };
  }
  const illegal = topicNameProblem(name);
  if (illegal !== undefined) return { error: E.INVALID_TOPIC_EXCEPTION, message: illegal };
  const colliding = hasCollidingCharacters(name) ? image.collidingNames.get(unifyCollidingName(name)) : undefined;
  if (colliding === undefined) return undefined;
  const message = `Topic '${name}' collides with existing topic: ${colliding[0]}`;
  return { error: E.INVALID_TOPIC_EXCEPTION, message };
}

function configProblem({ config }: DecisionContext, topic: NewTopic): Refusal | undefined {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) {
    return { error: E.INVALID_CONFIG, message: `Null value not supported for topic configs: ${nulls.join(',')}` };
  }
  if (topic.configs.length === 0) return undefined;
  const rejection = validateTopicSettings(new Map(topic.configs.map(({ name, value }) => [name, value!])), config);
  if (rejection === null) return undefined;
  const error = rejection.kind === 'invalid-config' ? E.INVALID_CONFIG : E.INVALID_REQUEST;
  return { error, message: rejection.message };
}

function manualLayout({ image }: DecisionContext, topic: NewTopic): Layout {
  if (topic.replicationFactor !== -1) {
    const message = 'A manual partition assignment was specified, but replication factor was not set to -1.';
    return { error: E.INVALID_REQUEST, message };
  }
  if (topic.numPartitions !== -1) {
    const message = 'A manual partition assignment was specified, but numPartitions was not set to -1.';
    return { error: E.INVALID_REQUEST, message };
  }
  const partitions = new Map<number, PartitionRecord>();
  let expected: number | undefined;
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    const problem = partitions.has(partitionIndex)
      ? `Found multiple manual partition assignments for partition ${partitionIndex}`
      : assignmentProblem(image, brokerIds, expected);
    if (problem !== undefined) return { error: E.INVALID_REPLICA_ASSIGNMENT, message: problem };
    expected = brokerIds.length;
    const partition = newPartition(image, brokerIds);
    if (partition === undefined) {
      const message = `All brokers specified in the manual partition assignment for partition ${partitionIndex} are fenced or in controlled shutdown.`;
      return { error: E.INVALID_REPLICA_ASSIGNMENT, message };
    }
    partitions.set(partitionIndex, partition);
  }
  const ordered: PartitionRecord[] = [];
  for (let index = 0; index < partitions.size; index++) {
    const partition = partitions.get(index);
    if (partition === undefined) {
      const message = 'partitions should be a consecutive 0-based integer sequence';
      return { error: E.INVALID_REPLICA_ASSIGNMENT, message };
    }
    ordered.push(partition);
  }
  return { partitions: ordered };
}

function automaticLayout({ image, config, random }: DecisionContext, topic: NewTopic): Layout {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.';
    return { error: E.INVALID_REPLICATION_FACTOR, message };
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    const message = 'Number of partitions was set to an invalid non-positive value.';
    return { error: E.INVALID_PARTITIONS, message };
  }
  const replicationFactor =
    topic.replicationFactor === -1 ? config.get('default.replication.factor') : topic.replicationFactor;
  const count = topic.numPartitions === -1 ? config.get('num.partitions') : topic.numPartitions;
  const placement = placeReplicas(image, random, { count, replicationFactor });
  const partitions: PartitionRecord[] = [];
  let problem = 'problem' in placement ? placement.problem : undefined;
  for (const replicas of 'replicas' in placement ? placement.replicas : []) {
    const partition = newPartition(image, replicas);
    if (partition === undefined) problem = ALL_BROKERS_FENCED;
    else partitions.push(partition);
  }
  if (problem === undefined) return { partitions };
  const message = `Unable to replicate the partition ${replicationFactor} time(s): ${problem}`;
  return { error: E.INVALID_REPLICATION_FACTOR, message };
}

import type { Uuid } from '../../base/uuid.ts';
import { createTopics as createTopicsApi } from '../../protocol/messages/019-create-topics.ts';
import { createPartitions as createPartitionsApi } from '../../protocol/messages/037-create-partitions.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkNames, invalid } from './arguments.ts';
import { configEntry, type ConfigEntry } from './config-entry.ts';
import { toldError, type Outcome, type Results } from './results.ts';

const BROKER_DEFAULT = -1;
const INT16_MAX = 0x7fff;
/** From this version on the broker tells what it made; before, only that it did. */
const TELLS_COUNTS_VERSION = 5;

/** A topic to create: either counts, or the brokers of each partition. */
export interface NewTopic {
  readonly name: string;
  /** The broker's `num.partitions` when left out (KIP-464). */
  readonly partitions?: number;
  /** The broker's `default.replication.factor` when left out. */
  readonly replicationFactor?: number;
  /** Ids of the replicas' brokers, the preferred leader first, for each partition by its index; in place of the counts. */
  readonly assignments?: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

export interface CreatedTopic {
  readonly topicId: Uuid;
  /** -1 where the caller may not describe the topic's configuration, or the broker is older than KIP-525. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly ConfigEntry[];
}

export interface ValidateOptions {
  /** Checks and changes nothing. */
  readonly validateOnly?: boolean;
}

export async function createTopics(
  calls: AdminCalls,
  topics: readonly NewTopic[],
  { validateOnly = false }: ValidateOptions,
): Promise<Results<CreatedTopic>> {
  checkNames(
    topics.map(({ name }) => name),
    'topic',
  );
  const items = new Map(topics.map((topic) => [topic.name, wireTopic(topic)]));
  return calls.each('create topic', 'controller', items, async (open) => {
    const body = { topics: [...open.values()], timeoutMs: calls.timeoutMs, validateOnly };
    const connection = await calls.controller();
    const version = connection.versionFor(createTopicsApi);
    const answer = await connection.request(createTopicsApi, version, body);
    return new Map(
      answer.topics.map((told): [string, Outcome<CreatedTopic>] => [
        told.name,
        toldError(`create topic ${told.name}`, told.errorCode, told.errorMessage) ?? {
          topicId: told.topicId,
          partitions: version < TELLS_COUNTS_VERSION ? BROKER_DEFAULT : told.numPartitions,
          replicationFactor: version < TELLS_COUNTS_VERSION ? BROKER_DEFAULT : told.replicationFactor,
          configs: (told.configs ?? []).map((entry) => configEntry(entry)),
        },
      ]),
    );
  });
}

function wireTopic({ name, partitions, replicationFactor, assignments, configs = {} }: NewTopic) {
  if (assignments !== undefined && (partitions !== undefined || replicationFactor !== undefined)) {
    throw invalid(`topic ${name} has assignments and counts; give one of them`);
  }
  if (partitions !== undefined) checkInteger(partitions, `partitions of ${name}`, 1);
  if (replicationFactor !== undefined) checkInteger(replicationFactor, `replicationFactor of ${name}`, 1, INT16_MAX);
  checkAssignments(name, assignments ?? []);
  return {
    name,
    numPartitions: partitions ?? BROKER_DEFAULT,
    replicationFactor: replicationFactor ?? BROKER_DEFAULT,
    assignments: (assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  };
}

/** The number of partitions that a topic shall have, and where the new ones go. */
export interface NewPartitions {
  readonly name: string;
  /** All partitions together, not the new ones alone. */
  readonly total: number;
  /** Ids of the replicas' brokers for each new partition; the controller chooses when left out. */
  readonly assignments?: readonly (readonly number[])[];
}

export async function createPartitions(
  calls: AdminCalls,
  topics: readonly NewPartitions[],
  { validateOnly = false }: ValidateOptions,
): Promise<Results<undefined>> {
  checkNames(
    topics.map(({ name }) => name),
    'topic',
  );
  for (const { name, total, assignments } of topics) {
    checkInteger(total, `total of ${name}`);
    checkAssignments(name, assignments ?? []);
  }
  const items = new Map(topics.map((topic) => [topic.name, topic]));
  return calls.each('add partitions', 'controller', items, async (open) => {
    const answer = await calls.ask(await calls.controller(), createPartitionsApi, {
      topics: [...open.values()].map(({ name, total, assignments }) => ({
        name,
        count: total,
        assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
      })),
      timeoutMs: calls.timeoutMs,
      validateOnly,
    });
    return new Map(
      answer.results.map(({ name, errorCode, errorMessage }) => [
        name,
        toldError(`add partitions to ${name}`, errorCode, errorMessage),
      ]),
    );
  });
}

function checkAssignments(topic: string, assignments: readonly (readonly number[])[]): void {
  for (const [index, brokerIds] of assignments.entries()) {
    for (const id of brokerIds) checkInteger(id, `broker in assignment ${index} of ${topic}`);
  }
}

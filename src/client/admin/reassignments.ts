import { electLeaders as electLeadersApi } from '../../protocol/messages/043-elect-leaders.ts';
import { alterPartitionReassignments } from '../../protocol/messages/045-alter-partition-reassignments.ts';
import { listPartitionReassignments } from '../../protocol/messages/046-list-partition-reassignments.ts';
import { KafkaError } from '../client-error.ts';
import { byTopic, partitionName, type TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkPartitions, invalid } from './arguments.ts';
import { Codes } from './codes.ts';
import { partitionItems } from './placed.ts';
import { partitionResults, throwTold, toldError, type Outcome, type PartitionResults } from './results.ts';

const FACTOR_VERSION = 1;
const UNCLEAN_VERSION = 1;

export type ElectionType = 'preferred' | 'unclean';
const ELECTION_TYPES = new Codes<ElectionType>('election', { preferred: 0, unclean: 1 });

/** Partitions that need no election are left out when all are meant, and told as ELECTION_NOT_NEEDED when named (KIP-460). */
export async function electLeaders(
  calls: AdminCalls,
  election: ElectionType,
  partitions: readonly TopicPartition[] | 'all',
): Promise<PartitionResults<undefined>> {
  const electionType = ELECTION_TYPES.code(election);
  if (partitions !== 'all') checkPartitions(partitions);
  const topicPartitions =
    partitions === 'all'
      ? null
      : [...byTopic(partitions)].map(([topic, some]) => ({
          topic,
          partitions: some.map(({ partition }) => partition),
        }));
  const about = `elect ${election} leaders`;
  return calls.atController(about, async (connection) => {
    const answer = await calls.ask(connection, electLeadersApi, (version) => {
      if (electionType !== 0 && version < UNCLEAN_VERSION) {
        throw new KafkaError('UNSUPPORTED', 'the broker elects preferred leaders only');
      }
      return { electionType, topicPartitions, timeoutMs: calls.timeoutMs };
    });
    throwTold(about, answer.errorCode);
    return new Map(
      answer.replicaElectionResults.map(({ topic, partitionResult }) => [
        topic,
        new Map(
          partitionResult.map(({ partitionId, errorCode, errorMessage }): [number, Outcome<undefined>] => [
            partitionId,
            toldError(`${about}, ${topic}-${partitionId}`, errorCode, errorMessage),
          ]),
        ),
      ]),
    );
  });
}

export interface Reassignment extends TopicPartition {
  /** Broker ids, the preferred leader first; null takes back a move under way. */
  readonly replicas: readonly number[] | null;
}

export interface ReassignOptions {
  /** Refuses moves that change the number of replicas when false (KIP-860); true. */
  readonly allowReplicationFactorChange?: boolean;
}

/** Starts moves or takes them back; they go on after the answer (KIP-455). */
export async function alterReassignments(
  calls: AdminCalls,
  moves: readonly Reassignment[],
  { allowReplicationFactorChange = true }: ReassignOptions,
): Promise<PartitionResults<undefined>> {
  checkPartitions(moves);
  for (const { topic, partition, replicas } of moves) {
    if (replicas?.length === 0) throw invalid(`${topic}-${partition} has no replicas; null takes a move back`);
    for (const id of replicas ?? []) checkInteger(id, `replica of ${topic}-${partition}`);
  }
  const about = 'reassign partitions';
  const outcomes = await calls.each(about, 'controller', partitionItems(moves), async (open) => {
    const answer = await calls.ask(await calls.controller(), alterPartitionReassignments, (version) => {
      if (!allowReplicationFactorChange && version < FACTOR_VERSION) {
        throw new KafkaError('UNSUPPORTED', 'the broker does not watch over the replication factor');
      }
      return {
        timeoutMs: calls.timeoutMs,
        allowReplicationFactorChange,
        topics: [...byTopic(open.values())].map(([name, some]) => ({
          name,
          partitions: some.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })),
        })),
      };
    });
    throwTold(about, answer.errorCode, answer.errorMessage);
    const told = new Map<string, Outcome<undefined>>();
    for (const { name, partitions } of answer.responses) {
      for (const { partitionIndex, errorCode, errorMessage } of partitions) {
        const key = partitionName({ topic: name, partition: partitionIndex });
        told.set(key, toldError(`${about}: ${key}`, errorCode, errorMessage));
      }
    }
    return told;
  });
  return partitionResults(moves, outcomes);
}

export interface OngoingReassignment {
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

/** Moves under way, by topic and partition; those that are at rest are left out. */
export async function listReassignments(
  calls: AdminCalls,
  partitions: readonly TopicPartition[] | 'all',
): Promise<ReadonlyMap<string, ReadonlyMap<number, OngoingReassignment>>> {
  if (partitions !== 'all') checkPartitions(partitions);
  const topics =
    partitions === 'all'
      ? null
      : [...byTopic(partitions)].map(([name, some]) => ({
          name,
          partitionIndexes: some.map(({ partition }) => partition),
        }));
  const about = 'list reassignments';
  return calls.atController(about, async (connection) => {
    const answer = await calls.ask(connection, listPartitionReassignments, { timeoutMs: calls.timeoutMs, topics });
    throwTold(about, answer.errorCode, answer.errorMessage);
    return new Map(
      answer.topics.map(({ name, partitions: some }) => [
        name,
        new Map(
          some.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => [
            partitionIndex,
            { replicas, adding: addingReplicas, removing: removingReplicas },
          ]),
        ),
      ]),
    );
  });
}

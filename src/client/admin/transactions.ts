import { initProducerId } from '../../protocol/messages/022-init-producer-id.ts';
import { describeTransactions as describeTransactionsApi } from '../../protocol/messages/065-describe-transactions.ts';
import { listTransactions as listTransactionsApi } from '../../protocol/messages/066-list-transactions.ts';
import { KafkaError } from '../client-error.ts';
import type { TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls, BrokerNode } from './admin-calls.ts';
import { checkInteger, checkNames } from './arguments.ts';
import { atCoordinators } from './placed.ts';
import { throwTold, toldError, type Outcome, type Results } from './results.ts';

const DURATION_VERSION = 1;
const PATTERN_VERSION = 2;
const NONE = -1;

export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: number;
  /** Kafka's name for it, like `Ongoing`, `PrepareCommit` or `CompleteAbort`. */
  readonly state: string;
  /** Id of the broker that coordinates it. */
  readonly coordinatorId: number;
}

export interface ListTransactionsOptions {
  /** Kafka's names of states. */
  readonly states?: readonly string[];
  readonly producerIds?: readonly number[];
  /** Only those that run longer than this (KIP-994). */
  readonly longerThanMs?: number;
  /** A regular expression (RE2) that the whole transactional id has to match (KIP-1152). */
  readonly pattern?: string;
}

/** Every broker tells the transactions that it coordinates (KIP-664). */
export async function listTransactions(
  calls: AdminCalls,
  { states = [], producerIds = [], longerThanMs, pattern }: ListTransactionsOptions,
): Promise<readonly TransactionListing[]> {
  if (longerThanMs !== undefined) checkInteger(longerThanMs, 'longerThanMs', 0, Number.MAX_SAFE_INTEGER);
  const about = 'list transactions';
  const listings = await calls.atEveryBroker(about, async (connection) => {
    const answer = await calls.ask(connection, listTransactionsApi, (version) => {
      if (longerThanMs !== undefined && version < DURATION_VERSION) throw tooOld('duration');
      if (pattern !== undefined && version < PATTERN_VERSION) throw tooOld('pattern');
      return {
        stateFilters: states,
        producerIdFilters: producerIds,
        durationFilter: longerThanMs ?? NONE,
        transactionalIdPattern: pattern ?? null,
      };
    });
    throwTold(about, answer.errorCode);
    const [unknown] = answer.unknownStateFilters;
    if (unknown !== undefined) {
      throw new KafkaError('INVALID_ARGUMENT', `"${unknown}" is no state of transactions to the broker`);
    }
    const { nodeId: coordinatorId } = calls.nodeOf(connection);
    return answer.transactionStates.map(({ transactionState, ...rest }) => ({
      ...rest,
      state: transactionState,
      coordinatorId,
    }));
  });
  return listings.flat();
}

function tooOld(what: string): KafkaError {
  return new KafkaError('UNSUPPORTED', `the broker does not filter transactions by ${what}`);
}

export interface TransactionDescription {
  readonly state: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** Milliseconds of the wall clock; -1 while there is no transaction. */
  readonly startTimeMs: number;
  readonly partitions: readonly TopicPartition[];
  /** The broker that told. */
  readonly coordinator: BrokerNode;
}

export async function describeTransactions(
  calls: AdminCalls,
  transactionalIds: readonly string[],
): Promise<Results<TransactionDescription>> {
  checkNames(transactionalIds, 'transactional id');
  const about = 'describe transaction';
  return atCoordinators(calls, { kind: 'transaction', about }, transactionalIds, async (connection, ids) => {
    const answer = await calls.ask(connection, describeTransactionsApi, { transactionalIds: ids });
    const coordinator = calls.nodeOf(connection);
    return new Map(
      answer.transactionStates.map((told): [string, Outcome<TransactionDescription>] => [
        told.transactionalId,
        toldError(`${about} ${told.transactionalId}`, told.errorCode) ?? {
          state: told.transactionState,
          producerId: told.producerId,
          producerEpoch: told.producerEpoch,
          timeoutMs: told.transactionTimeoutMs,
          startTimeMs: told.transactionStartTimeMs,
          partitions: told.topics.flatMap(({ topic, partitions }) =>
            partitions.map((partition) => ({ topic, partition })),
          ),
          coordinator,
        },
      ]),
    );
  });
}

export interface FencedProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Ends what producers with these ids have open and keeps them from going on, by taking their place for a moment (KIP-699). */
export async function fenceProducers(
  calls: AdminCalls,
  transactionalIds: readonly string[],
): Promise<Results<FencedProducer>> {
  checkNames(transactionalIds, 'transactional id');
  const about = 'fence producer';
  return atCoordinators(calls, { kind: 'transaction', about }, transactionalIds, async (connection, ids) => {
    const version = connection.versionFor(initProducerId);
    const entries = ids.map(async (transactionalId): Promise<[string, Outcome<FencedProducer>]> => {
      const transactionTimeoutMs = calls.timeoutMs;
      const answer = await connection.request(initProducerId, version, { transactionalId, transactionTimeoutMs });
      const { producerId, producerEpoch } = answer;
      return [
        transactionalId,
        toldError(`${about} ${transactionalId}`, answer.errorCode) ?? { producerId, producerEpoch },
      ];
    });
    return new Map(await Promise.all(entries));
  });
}

import { coordinatorPartition } from '../../base/java-hash.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { initProducerId as initProducerIdApi } from '../../protocol/messages/022-init-producer-id.ts';
import type { addPartitionsToTxn } from '../../protocol/messages/024-add-partitions-to-txn.ts';
import type { addOffsetsToTxn } from '../../protocol/messages/025-add-offsets-to-txn.ts';
import type { endTxn } from '../../protocol/messages/026-end-txn.ts';
import type { describeTransactions } from '../../protocol/messages/065-describe-transactions.ts';
import type { listTransactions } from '../../protocol/messages/066-list-transactions.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { Clock, Timers } from '../../runtime/clock.ts';
import type { CoordinatorLog } from '../coordinator-log.ts';
import type { Reply } from '../pending-reply.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import { addPartitions, verifyPartitions, type TransactionalProducer } from './add-partitions.ts';
import { endTransaction } from './end-transaction.ts';
import { initProducerId, initRefused, type InitAnswer } from './init-producer-id.ts';
import type { TopicPartition } from './marker-sender.ts';
import { MANY_VERSION, partitionsOf, resultsOf, transactionsIn, type AskedTransaction } from './partition-requests.ts';
import type { TransactionCoordinatorConfig } from './transaction-config.ts';
import type { Enrolment, TransactionEnrolment } from './transaction-enrolment.ts';
import {
  describeTransaction,
  listTransactionsOf,
  notDescribed,
  type DescribedTransaction,
} from './transaction-listing.ts';
import type { TransactionRecord } from './transaction-records.ts';
import { TransactionShard } from './transaction-shard.ts';
import { EPOCH_BUMP_VERSION, NONE } from './transaction-state.ts';
import { STATUS_NAMES } from './transaction-status.ts';
import type { TransactionEffects, TransactionSeams, TransactionTable } from './transaction-table.ts';

type InitProducerIdRequest = ReadMessage<typeof initProducerIdApi.request>;
type InitProducerIdResponse = WriteMessage<typeof initProducerIdApi.response>;
type AddPartitionsRequest = ReadMessage<typeof addPartitionsToTxn.request>;
type AddPartitionsResponse = WriteMessage<typeof addPartitionsToTxn.response>;
type AddOffsetsRequest = ReadMessage<typeof addOffsetsToTxn.request>;
type AddOffsetsResponse = WriteMessage<typeof addOffsetsToTxn.response>;
type EndTxnRequest = ReadMessage<typeof endTxn.request>;
type EndTxnResponse = WriteMessage<typeof endTxn.response>;
type ListTransactionsRequest = ReadMessage<typeof listTransactions.request>;
type ListTransactionsResponse = WriteMessage<typeof listTransactions.response>;
type DescribeTransactionsRequest = ReadMessage<typeof describeTransactions.request>;
type DescribeTransactionsResponse = WriteMessage<typeof describeTransactions.response>;

export interface TransactionCoordinatorSeams extends TransactionSeams {
  readonly log: CoordinatorLog;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Leader epoch of a partition of `__transaction_state` that this broker leads. */
  readonly coordinatorEpoch: (partition: number) => number;
  /** Partitions of `__transaction_state`. */
  readonly partitionCount: () => number;
  readonly isInternalTopic: (topic: string) => boolean;
  /** What a pattern in RE2's syntax matches; undefined for one that is not valid. */
  readonly compilePattern: (pattern: string) => ((text: string) => boolean) | undefined;
  /** The partition of offsets that a group's commits go to. */
  readonly offsetsPartition: (groupId: string) => TopicPartition;
}

/** Before these versions PRODUCER_FENCED was not known; INVALID_PRODUCER_EPOCH stands for it. */
const FENCED_VERSION = { initProducerId: 4, addPartitions: 2, addOffsets: 2, endTxn: 2 } as const;

/** From this version of EndTxn on a client goes by the rules of transaction version 2. */
const EPOCH_BUMP_REQUEST_VERSION = 5;

/**
 * The transaction coordinator of one broker (KIP-98), as the request handlers see it: each method takes a decoded request
 * and answers with the response of the request's version. Promises never reject. Transactional ids live in the partitions of
 * `__transaction_state` that {@link load} was called for; the rest is answered NOT_COORDINATOR.
 */
export class TransactionCoordinator implements TransactionEnrolment {
  readonly #config: TransactionCoordinatorConfig;
  readonly #seams: TransactionCoordinatorSeams;
  readonly #runtime: CoordinatorRuntime<TransactionShard, TransactionRecord>;

  constructor(config: TransactionCoordinatorConfig, seams: TransactionCoordinatorSeams) {
    this.#config = config;
    this.#seams = seams;
    this.#runtime = new CoordinatorRuntime<TransactionShard, TransactionRecord>({
      log: seams.log,
      clock: seams.clock,
      timers: seams.timers,
      logger: seams.logger,
      commitTimeoutMs: () => config.commitTimeoutMs,
      createMachine: (partition) => new TransactionShard(config, seams, seams.coordinatorEpoch(partition)),
    });
  }

  /** This broker leads the partition of `__transaction_state` from now on. */
  load(partition: number): void {
    this.#runtime.load(partition);
  }

  /** It leads it no longer. */
  unload(partition: number): void {
    this.#runtime.unload(partition);
  }

  close(): void {
    this.#runtime.close();
  }

  /** The partition of `__transaction_state` whose leader coordinates the transactional id. */
  partitionFor(transactionalId: string): number {
    return coordinatorPartition(transactionalId, this.#seams.partitionCount());
  }

  async initProducerId(request: InitProducerIdRequest, apiVersion: number): Promise<InitProducerIdResponse> {
    const { error, producerId, producerEpoch } = await this.#init(request);
    return { errorCode: told(error, apiVersion, FENCED_VERSION.initProducerId), producerId, producerEpoch };
  }

  async addPartitionsToTxn(request: AddPartitionsRequest, apiVersion: number): Promise<AddPartitionsResponse> {
    const results = transactionsIn(request, apiVersion).map(async (asked) => {
      const errors = await this.#addOrVerify(asked, apiVersion);
      const codes = errors.map((error) => told(error, apiVersion, FENCED_VERSION.addPartitions));
      return { transactionalId: asked.transactionalId, topicResults: resultsOf(asked, codes) };
    });
    const resultsByTransaction = await Promise.all(results);
    const errorCode = E.NONE.code;
    return apiVersion >= MANY_VERSION
      ? { errorCode, resultsByTransaction, resultsByTopicV3AndBelow: [] }
      : { errorCode, resultsByTransaction: [], resultsByTopicV3AndBelow: resultsByTransaction[0]!.topicResults };
  }

  async addOffsetsToTxn(request: AddOffsetsRequest, apiVersion: number): Promise<AddOffsetsResponse> {
    const partition = this.#seams.offsetsPartition(request.groupId);
    const error = await this.#add(request, [partition], 0);
    return { errorCode: told(error, apiVersion, FENCED_VERSION.addOffsets) };
  }

  /** What {@link addPartitionsToTxn} does for other brokers, for the partitions of this one. */
  async enrol({ mode, partitions, ...producer }: Enrolment): Promise<readonly ErrorSpec[]> {
    if (mode === 'verify') return this.#verify(producer, partitions);
    const error = await this.#add(producer, partitions, EPOCH_BUMP_VERSION);
    return partitions.map(() => error);
  }

  async endTxn(request: EndTxnRequest, apiVersion: number): Promise<EndTxnResponse> {
    const clientVersion = apiVersion >= EPOCH_BUMP_REQUEST_VERSION ? EPOCH_BUMP_VERSION : 0;
    const { error, producerId, producerEpoch } =
      request.transactionalId === ''
        ? initRefused(E.INVALID_REQUEST)
        : await this.#submit(request.transactionalId, initRefused, (table, effects, reply) =>
            endTransaction(table, effects, { ...request, isCommit: request.committed, clientVersion, reply }),
          );
    return { errorCode: told(error, apiVersion, FENCED_VERSION.endTxn), producerId, producerEpoch };
  }

  /** The transactions of all partitions that are led here; while one is loading there is no whole answer. */
  async listTransactions(request: ListTransactionsRequest): Promise<ListTransactionsResponse> {
    const states = new Set(request.stateFilters);
    const unknownStateFilters = [...states].filter((name) => !STATUS_NAMES.has(name));
    const pattern = request.transactionalIdPattern ?? '';
    const matches = pattern === '' ? () => true : this.#seams.compilePattern(pattern);
    if (matches === undefined) return notListed(E.INVALID_REGULAR_EXPRESSION);
    const { durationFilter: durationMs, producerIdFilters } = request;
    const filter = { states, producerIds: new Set(producerIdFilters), durationMs, matches };
    const listing = await this.#runtime.listAll(({ table }, effects) =>
      listTransactionsOf(table, effects.nowMs, filter),
    );
    if (!Array.isArray(listing)) return notListed(listing);
    return { errorCode: E.NONE.code, unknownStateFilters, transactionStates: listing };
  }

  async describeTransactions(request: DescribeTransactionsRequest): Promise<DescribeTransactionsResponse> {
    const states = request.transactionalIds.map(async (id): Promise<DescribedTransaction> => {
      if (id === '') return notDescribed(id, E.INVALID_REQUEST);
      return this.#read(
        id,
        (error) => notDescribed(id, error),
        (table, effects, reply) => effects.answer(reply, describeTransaction(table, id)),
      );
    });
    return { transactionStates: await Promise.all(states) };
  }

  #init(request: InitProducerIdRequest): Promise<InitAnswer> | InitAnswer {
    const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request;
    if ((producerId === NONE) !== (producerEpoch === NONE)) return initRefused(E.INVALID_REQUEST);
    if (transactionalId === null) return this.#initIdempotent();
    if (transactionalId === '') return initRefused(E.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.#config.transactionMaxTimeoutMs) {
      return initRefused(E.INVALID_TRANSACTION_TIMEOUT);
    }
    const expected = producerId === NONE ? undefined : { producerId, producerEpoch };
    return this.#submit(transactionalId, initRefused, (table, effects, reply) =>
      initProducerId(table, effects, { transactionalId, timeoutMs, expected, reply }),
    );
  }

  /** A producer without transactions gets an id of its own; any broker may give it. */
  #initIdempotent(): Promise<InitAnswer> {
    return new Promise((given) => {
      this.#seams.takeProducerId((producerId) =>
        given(
          producerId === undefined
            ? initRefused(E.COORDINATOR_LOAD_IN_PROGRESS)
            : { error: E.NONE, producerId, producerEpoch: 0 },
        ),
      );
    });
  }

  /** Clients may not write to internal topics; brokers ask about those that hold a group's offsets. */
  async #addOrVerify(asked: AskedTransaction, apiVersion: number): Promise<ErrorSpec[]> {
    const isClient = apiVersion < MANY_VERSION;
    const partitions = partitionsOf(asked);
    const errors = partitions.map((partition) => {
      if (isClient && this.#seams.isInternalTopic(partition.topic)) return E.TOPIC_AUTHORIZATION_FAILED;
      return this.#seams.partitionExists(partition) ? E.NONE : E.UNKNOWN_TOPIC_OR_PARTITION;
    });
    if (errors.some((error) => error !== E.NONE)) {
      return errors.map((error) => (error === E.NONE ? E.OPERATION_NOT_ATTEMPTED : error));
    }
    if (asked.verifyOnly) return this.#verify(asked, partitions);
    const error = await this.#add(asked, partitions, isClient ? 0 : EPOCH_BUMP_VERSION);
    return partitions.map(() => error);
  }

  async #add(
    producer: TransactionalProducer,
    partitions: readonly TopicPartition[],
    clientVersion: number,
  ): Promise<ErrorSpec> {
    const { transactionalId } = producer;
    if (transactionalId === '') return E.INVALID_REQUEST;
    return this.#submit(
      transactionalId,
      (error): ErrorSpec => error,
      (table, effects, reply) =>
        effects.answer(reply, addPartitions(table, effects, producer, { partitions, clientVersion })),
    );
  }

  async #verify(producer: TransactionalProducer, partitions: readonly TopicPartition[]): Promise<ErrorSpec[]> {
    const { transactionalId } = producer;
    if (transactionalId === '') return partitions.map(() => E.INVALID_REQUEST);
    return this.#read(
      transactionalId,
      (error): ErrorSpec[] => partitions.map(() => error),
      (table, effects, reply) => effects.answer(reply, verifyPartitions(table, producer, partitions)),
    );
  }

  #submit<T>(
    transactionalId: string,
    failure: (error: ErrorSpec) => T,
    decide: (table: TransactionTable, effects: TransactionEffects, reply: Reply<T>) => void,
    mayWrite = true,
  ): Promise<T> {
    return this.#runtime.submit(this.partitionFor(transactionalId), {
      mayWrite,
      failure,
      decide: ({ table }, effects, reply) => decide(table, effects, reply),
    });
  }

  /** As {@link #submit}, for what writes nothing. */
  #read<T>(
    transactionalId: string,
    failure: (error: ErrorSpec) => T,
    decide: (table: TransactionTable, effects: TransactionEffects, reply: Reply<T>) => void,
  ): Promise<T> {
    return this.#submit(transactionalId, failure, decide, false);
  }
}

function notListed({ code }: ErrorSpec): ListTransactionsResponse {
  return { errorCode: code, unknownStateFilters: [], transactionStates: [] };
}

/** The error's code as the request's version knows it. */
function told(error: ErrorSpec, apiVersion: number, fencedVersion: number): number {
  return (error === E.PRODUCER_FENCED && apiVersion < fencedVersion ? E.INVALID_PRODUCER_EPOCH : error).code;
}

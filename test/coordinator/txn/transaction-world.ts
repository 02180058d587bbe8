import { E, errorName, type ErrorSpec } from '../../../src/protocol/errors.ts';
import type { MarkerResult, TopicPartition, TransactionMarker } from '../../../src/coordinator/txn/marker-sender.ts';
import type { TransactionCoordinatorConfig } from '../../../src/coordinator/txn/transaction-config.ts';
import { TransactionCoordinator } from '../../../src/coordinator/txn/transaction-coordinator.ts';
import { encodeTransactionRecord } from '../../../src/coordinator/txn/transaction-records.ts';
import type { TransactionState } from '../../../src/coordinator/txn/transaction-state.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { MemoryCoordinatorLog } from '../memory-coordinator-log.ts';
import { silentLogger } from '../group/group-world.ts';

export type Settings = { -readonly [K in keyof TransactionCoordinatorConfig]: TransactionCoordinatorConfig[K] };

/** A marker on its way to the leaders of its partitions. */
export interface SentMarker {
  readonly marker: TransactionMarker;
  /** Answers it for all its partitions. */
  answer(error: ErrorSpec): void;
  answerEach(errorOf: (partition: TopicPartition) => ErrorSpec): void;
}

export const ORDERS = [0, 1, 2].map((partition) => ({ topic: 'orders', partition }));

/** A producer as a client knows itself. */
export interface Producer {
  producerId: number;
  producerEpoch: number;
}

export const NOBODY: Producer = { producerId: -1, producerEpoch: -1 };

/** The newest versions of the requests, and the last before transaction version 2. */
export const TV2 = { init: 5, add: 5, offsets: 4, end: 5 } as const;
export const TV1 = { init: 4, add: 3, offsets: 3, end: 4 } as const;

/** A transaction coordinator on virtual time over a log in memory, with one partition; markers go where a test says. */
export class TransactionWorld {
  readonly time = new VirtualTime();
  readonly log = new MemoryCoordinatorLog((callback) => this.time.soon(callback));
  readonly settings: Settings = {
    transactionMaxTimeoutMs: 900_000,
    abortTimedOutIntervalMs: 10_000,
    transactionalIdExpirationMs: 7 * 24 * 3_600_000,
    removeExpiredIntervalMs: 3_600_000,
    commitTimeoutMs: 30_000,
    transactionVersion: 2,
  };
  /** All markers sent so far; `held` are those that a test has to answer. */
  readonly sent: TransactionMarker[] = [];
  readonly held: SentMarker[] = [];
  /** What leaders answer at once; undefined: the marker is held. */
  markerError: ErrorSpec | undefined = E.NONE;
  readonly missing = new Set<string>();
  partitionsOfLog = 1;
  coordinatorEpoch = 0;
  nextProducerId = 1000;
  hasProducerIds = true;
  coordinator: TransactionCoordinator;

  constructor(settings: Partial<Settings> = {}) {
    Object.assign(this.settings, settings);
    this.coordinator = this.#start();
  }

  /** The coordinator's process dies and another one takes over from the log. */
  restart(): void {
    this.coordinator.close();
    this.held.length = 0;
    this.coordinatorEpoch++;
    this.coordinator = this.#start();
  }

  /** As if the transactional ids had come to these states before; the coordinator loads them. */
  async history(states: Iterable<readonly [id: string, state: TransactionState]>): Promise<void> {
    const records = Array.from(states, ([transactionalId, state]) =>
      encodeTransactionRecord({ transactionalId, state }, this.settings.transactionVersion),
    );
    this.log.append(0, buildBatch(records));
    this.restart();
    await this.settle();
  }

  /** InitProducerId: the producer, or the name of the error. */
  async init(
    transactionalId: string | null,
    expected: Producer = NOBODY,
    wish: InitWish = {},
  ): Promise<Producer | string> {
    const { timeoutMs = 60_000, apiVersion = TV2.init } = wish;
    const request = {
      transactionalId,
      transactionTimeoutMs: timeoutMs,
      ...expected,
      enable2Pc: false,
      keepPreparedTxn: false,
    };
    const { errorCode, producerId, producerEpoch } = await this.#answer(
      this.coordinator.initProducerId(request, apiVersion),
    );
    return errorCode === 0 ? { producerId: producerId!, producerEpoch } : errorName(errorCode);
  }

  /** As {@link init} for a producer that a test cannot go on without. */
  async producer(transactionalId: string, wish: InitWish = {}): Promise<Producer> {
    const producer = await this.init(transactionalId, NOBODY, wish);
    if (typeof producer === 'string') throw new Error(producer);
    return producer;
  }

  /** AddPartitionsToTxn of one transaction: the names of the errors, by partition. */
  async add(
    transactionalId: string,
    producer: Producer,
    partitions = ORDERS.slice(0, 1),
    apiVersion: number = TV2.add,
  ) {
    const answer = await this.#answer(
      this.coordinator.addPartitionsToTxn(
        addRequest({ transactionalId, ...producer, verifyOnly: false }, partitions),
        apiVersion,
      ),
    );
    const topics = apiVersion >= 4 ? answer.resultsByTransaction[0]!.topicResults : answer.resultsByTopicV3AndBelow;
    return topics.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map((one) => errorName(one.partitionErrorCode)),
    );
  }

  async enrol(
    transactionalId: string,
    producer: Producer,
    partitions = ORDERS.slice(0, 1),
    mode: 'add' | 'verify' = 'add',
  ) {
    const errors = await this.#answer(this.coordinator.enrol({ transactionalId, ...producer, partitions, mode }));
    return errors.map(({ name }) => name);
  }

  async addOffsets(transactionalId: string, producer: Producer, apiVersion: number = TV2.offsets): Promise<string> {
    const request = { transactionalId, ...producer, groupId: 'readers' };
    return errorName((await this.#answer(this.coordinator.addOffsetsToTxn(request, apiVersion))).errorCode);
  }

  /** EndTxn: the producer as it goes on (version 5 and later), or the name of the error. */
  async end(
    transactionalId: string,
    producer: Producer,
    committed = true,
    apiVersion: number = TV2.end,
  ): Promise<Producer | string> {
    const answer = await this.#answer(this.coordinator.endTxn({ transactionalId, ...producer, committed }, apiVersion));
    if (answer.errorCode !== 0 || apiVersion < 5) return errorName(answer.errorCode);
    return { producerId: answer.producerId!, producerEpoch: answer.producerEpoch! };
  }

  async describe(transactionalId: string) {
    const answer = await this.#answer(this.coordinator.describeTransactions({ transactionalIds: [transactionalId] }));
    return answer.transactionStates[0]!;
  }

  /** The state of a transactional id, or the name of the error. */
  async state(transactionalId: string): Promise<string> {
    const { errorCode, transactionState } = await this.describe(transactionalId);
    return errorCode === 0 ? transactionState : errorName(errorCode);
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return this.time.settle();
  }

  /** Lets time go by. */
  async pass(ms: number): Promise<void> {
    await this.time.settle();
    this.time.advance(ms);
    await this.time.settle();
  }

  async #answer<T>(promise: Promise<T>): Promise<T> {
    await this.time.settle();
    return promise;
  }

  #start(): TransactionCoordinator {
    const coordinator = new TransactionCoordinator(this.settings, {
      log: this.log,
      clock: this.time,
      timers: this.time,
      logger: silentLogger,
      markers: { send: (marker, answered) => this.#send(marker, answered) },
      takeProducerId: (given) => {
        const id = this.hasProducerIds ? this.nextProducerId++ : undefined;
        this.time.soon(() => given(id));
      },
      partitionExists: ({ topic, partition }) => !this.missing.has(`${topic}-${partition}`),
      isInternalTopic: (topic) => topic.startsWith('__'),
      compilePattern: (pattern) => (pattern === '*' ? undefined : (text) => text === pattern),
      coordinatorEpoch: () => this.coordinatorEpoch,
      partitionCount: () => this.partitionsOfLog,
      offsetsPartition: () => ({ topic: '__consumer_offsets', partition: 7 }),
    });
    for (let partition = 0; partition < this.partitionsOfLog; partition++) coordinator.load(partition);
    return coordinator;
  }

  #send(marker: TransactionMarker, answered: (results: readonly MarkerResult[]) => void): void {
    this.sent.push(marker);
    const answerEach = (errorOf: (partition: TopicPartition) => ErrorSpec) =>
      answered(marker.partitions.map((partition) => ({ ...partition, error: errorOf(partition) })));
    const error = this.markerError;
    if (error === undefined) this.held.push({ marker, answer: (given) => answerEach(() => given), answerEach });
    else this.time.soon(() => answerEach(() => error));
  }
}

export interface InitWish {
  readonly timeoutMs?: number;
  readonly apiVersion?: number;
}

interface AddedTransaction extends Producer {
  readonly transactionalId: string;
  readonly verifyOnly: boolean;
}

/** AddPartitionsToTxn in the form of every version at once. */
export function addRequest(transaction: AddedTransaction, partitions: readonly TopicPartition[]) {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  const topics = Array.from(byTopic, ([name, indexes]) => ({ name, partitions: indexes }));
  return {
    transactions: [{ ...transaction, topics }],
    v3AndBelowTransactionalId: transaction.transactionalId,
    v3AndBelowProducerId: transaction.producerId,
    v3AndBelowProducerEpoch: transaction.producerEpoch,
    v3AndBelowTopics: topics,
  };
}

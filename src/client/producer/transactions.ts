import { E } from '../../protocol/errors.ts';
import { asKafkaError, FencedError, KafkaError, type ClientErrorCode } from '../client-error.ts';
import type { CoordinatorCalls } from './coordinator-calls.ts';
import type { Idempotence } from './idempotence.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { SendGate } from './sender.ts';
import type { GroupMetadata, TransactionIdentity, TransactionOffset } from './transaction-offsets.ts';

/** `failed`: has to be aborted. `committing` and `aborting` stay when the answer did not come: the same call may be made again. */
type Phase = 'none' | 'beginning' | 'open' | 'failed' | 'committing' | 'aborting' | 'dead';

/** The newest version of Produce in transactions of version 1. */
const V1_PRODUCE_MAX = 11;

/** After these no producer with this transactional id can go on here; Kafka's fatal errors (TransactionManager). */
const FATAL: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  E.PRODUCER_FENCED.name,
  E.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.name,
  E.CLUSTER_AUTHORIZATION_FAILED.name,
  E.INVALID_TRANSACTION_TIMEOUT.name,
  E.UNSUPPORTED_VERSION.name,
  'UNSUPPORTED',
  'CLOSED',
]);
/** What besides is fatal when the coordinator says it: the transaction is not what it takes it for. */
const FATAL_FROM_COORDINATOR: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  E.INVALID_PRODUCER_EPOCH.name,
  E.INVALID_TXN_STATE.name,
]);

/** What transactions ask of the producer. */
export interface TransactionParts {
  readonly transactionalId: string;
  readonly idempotence: Idempotence;
  readonly calls: CoordinatorCalls;
  /** Everything that was sent is settled. */
  readonly flush: () => Promise<void>;
  /** Fails what was not sent yet; what was sent once goes on. */
  readonly dropUnsent: (error: KafkaError) => void;
  readonly wake: () => void;
}

/**
 * One transaction after the other (KIP-98, and KIP-890 where the cluster has it). What fails within one makes it `failed`: it can only be
 * aborted, and then the next may begin. What shows that another took the transactional id ends the producer.
 */
export class Transactions implements SendGate {
  readonly #parts: TransactionParts;
  #phase: Phase = 'none';
  #failure: KafkaError | undefined;
  #isVersion2 = false;
  #needsEpoch = true;
  /** Whether the coordinator may know of the transaction. */
  #isKnown = false;
  readonly #added = new Set<PartitionQueue>();
  #wanted = new Set<PartitionQueue>();
  #adding: Promise<void> | undefined;

  constructor(parts: TransactionParts) {
    this.#parts = parts;
  }

  get produceVersionMax(): number {
    return this.#isVersion2 ? Infinity : V1_PRODUCE_MAX;
  }

  /** Whether there is a transaction that can be aborted. Not one whose commit got no answer: it may be committed. */
  get mayAbort(): boolean {
    return this.#phase === 'open' || this.#phase === 'failed';
  }

  /** Throws unless a transaction is open and well. */
  checkOpen(): void {
    if (this.#phase === 'open') return;
    if (this.#phase === 'dead') throw this.#deadError();
    if (this.#phase === 'failed') throw this.#failedError();
    throw new KafkaError('INVALID_STATE', 'no transaction is open; begin one first');
  }

  /** Takes the transactional id, if that is still to be done: another producer that has it is fenced, what it left open aborted. */
  async initialise(): Promise<void> {
    await this.#prepare('initTransactions');
    this.#phase = 'none';
  }

  async begin(): Promise<void> {
    await this.#prepare('begin');
    this.#phase = 'open';
  }

  async #prepare(what: string): Promise<void> {
    this.#expect(['none'], what);
    this.#phase = 'beginning';
    const { calls, idempotence } = this.#parts;
    try {
      const wasVersion2 = this.#isVersion2;
      this.#isVersion2 = await calls.isVersion2();
      if (this.#needsEpoch || wasVersion2 !== this.#isVersion2) {
        const current = idempotence.hasProducerId ? this.#identity() : undefined;
        const next = await calls.initialise(current);
        idempotence.adopt(next.producerId, next.producerEpoch);
        this.#needsEpoch = false;
      }
    } catch (error) {
      this.#phase = 'none';
      throw this.#fromCoordinator(error);
    }
  }

  /** Sends what waits and makes it visible, all of it. Rejects with what failed; then {@link abort}. */
  async commit(): Promise<void> {
    this.#expect(['open', 'failed', 'committing'], 'commit');
    if (this.#phase === 'open') {
      await this.#parts.flush();
      await this.#adding;
    }
    if (this.#phase === 'failed') throw this.#failedError();
    if (this.#phase === 'dead') throw this.#deadError();
    this.#phase = 'committing';
    await this.#end(true);
  }

  /** Takes everything back; afterwards the next transaction may begin. */
  async abort(): Promise<void> {
    this.#expect(['open', 'failed', 'aborting'], 'abort');
    this.#phase = 'aborting';
    this.#parts.dropUnsent(new KafkaError('ABORTED', 'the transaction was aborted'));
    await this.#parts.flush();
    await this.#adding;
    if (this.#phase !== 'aborting') throw this.#deadError();
    await this.#end(false);
  }

  /** Commits offsets of a group with the transaction. What goes wrong fails the transaction. */
  async sendOffsets(offsets: readonly TransactionOffset[], group: GroupMetadata): Promise<void> {
    this.checkOpen();
    if (offsets.length === 0) return;
    const { calls } = this.#parts;
    const isVersion2 = this.#isVersion2;
    try {
      this.#isKnown = true;
      if (!isVersion2) await calls.addOffsets(this.#identity(), group);
      await calls.commitOffsets(this.#identity(), group, { offsets, isVersion2 });
    } catch (error) {
      const reason = this.#fromCoordinator(error);
      this.failed(reason);
      throw reason;
    }
  }

  maySend(queue: PartitionQueue): boolean {
    if (this.#phase === 'dead') return false;
    if (this.#isVersion2 || this.#added.has(queue)) return true;
    if (this.#phase !== 'open') return false;
    this.#wanted.add(queue);
    this.#adding ??= this.#add().finally(() => {
      this.#adding = undefined;
      this.#parts.wake();
    });
    return false;
  }

  sending(): void {
    this.#isKnown = true;
  }

  failed(error: KafkaError): void {
    if (this.#phase === 'dead') return;
    this.#needsEpoch ||= !this.#isVersion2;
    if (FATAL.has(error.code)) this.#die(error);
    else if (this.#phase === 'open' || this.#phase === 'committing') {
      this.#phase = 'failed';
      this.#failure = error;
      this.#parts.dropUnsent(this.#failedError());
    }
  }

  /** Transactions of version 1: tells the coordinator of partitions before the first batch for them. */
  async #add(): Promise<void> {
    const queues = this.#wanted;
    this.#wanted = new Set();
    this.#isKnown = true;
    try {
      await this.#parts.calls.addPartitions(this.#identity(), queues);
      for (const queue of queues) this.#added.add(queue);
    } catch (error) {
      this.failed(this.#fromCoordinator(error));
    }
  }

  async #end(isCommit: boolean): Promise<void> {
    const { calls, idempotence } = this.#parts;
    if (this.#isKnown) {
      try {
        const next = await calls.end(this.#identity(), isCommit, this.#isVersion2);
        if (next !== undefined) idempotence.adopt(next.producerId, next.producerEpoch);
      } catch (error) {
        const reason = this.#fromCoordinator(error);
        // Without an answer nobody knows the outcome: the same call settles it.
        if (!reason.retriable) this.failed(reason);
        throw reason;
      }
    }
    this.#phase = 'none';
    this.#failure = undefined;
    this.#isKnown = false;
    this.#added.clear();
    this.#wanted.clear();
  }

  #fromCoordinator(thrown: unknown): KafkaError {
    const error = asKafkaError(thrown, 'the transaction');
    if (FATAL.has(error.code) || FATAL_FROM_COORDINATOR.has(error.code)) this.#die(error);
    return error;
  }

  #die(error: KafkaError): void {
    if (this.#phase === 'dead') return;
    this.#phase = 'dead';
    this.#failure = error;
    this.#parts.dropUnsent(error);
  }

  #expect(phases: readonly Phase[], what: string): void {
    if (this.#phase === 'dead') throw this.#deadError();
    if (phases.includes(this.#phase)) return;
    const text = this.#phase === 'none' ? 'no transaction is open' : `the transaction is ${this.#phase}`;
    throw new KafkaError('INVALID_STATE', `${what}: ${text}`);
  }

  #identity(): TransactionIdentity {
    const { transactionalId, idempotence } = this.#parts;
    return { transactionalId, producerId: idempotence.producerId, producerEpoch: idempotence.epoch };
  }

  #failedError(): KafkaError {
    const cause = this.#failure;
    if (cause instanceof FencedError) return cause;
    const text = `the transaction failed and has to be aborted: ${cause?.message ?? ''}`;
    return new KafkaError(cause?.code ?? 'INVALID_STATE', text, { cause });
  }

  #deadError(): KafkaError {
    const cause = this.#failure;
    if (cause instanceof FencedError) return cause;
    const text = `this producer cannot go on, make a new one: ${cause?.message ?? ''}`;
    return new KafkaError(cause?.code ?? 'INVALID_STATE', text, { cause });
  }
}

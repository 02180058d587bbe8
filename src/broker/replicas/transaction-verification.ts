import type { BrokerConfig } from '../../config/broker-config.ts';
import type { TransactionEnrolment } from '../../coordinator/txn/transaction-enrolment.ts';
import { Verification } from '../../log/producers/verification.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Clock, Timers } from '../../runtime/clock.ts';
import { absenceError } from './absent-partition.ts';
import type { Partitions } from './partitions.ts';
import type { Turn } from '../turn.ts';

/**
 * What the version of a request says of its client's transactions (AddPartitionsToTxnManager.TransactionSupportedOperation):
 * `plain` knows no TRANSACTION_ABORTABLE, `abortable` does, and `adds` leaves it to the broker to add its partitions.
 */
export type TransactionSupport = 'plain' | 'abortable' | 'adds';

export function supportOfProduce(apiVersion: number): TransactionSupport {
  return apiVersion > 11 ? 'adds' : apiVersion > 10 ? 'abortable' : 'plain';
}

export function supportOfOffsetCommit(apiVersion: number): TransactionSupport {
  return apiVersion > 4 ? 'adds' : apiVersion > 3 ? 'abortable' : 'plain';
}

/** Records of a transaction on their way to a partition. */
export interface TransactionalWrite {
  readonly topic: string;
  readonly partition: number;
  /** First sequence; -1 for records without. */
  readonly sequence: number;
}

/** What a request wants to write in one transaction. */
export interface TransactionalRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly support: TransactionSupport;
  readonly writes: readonly TransactionalWrite[];
  /** Asks again for a while when the transaction before is still being ended, as Kafka does for Produce alone. */
  readonly isPatient: boolean;
}

/** Whether a write may be appended, and with what. */
export interface Verdict {
  readonly error: ErrorSpec;
  /** Undefined when none is needed: the transaction is open in the partition. */
  readonly verification: Verification | undefined;
}

/** What a verification needs of the broker. */
export interface VerificationSeams {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly turn: Turn;
  readonly partitions: Partitions;
  readonly enrolment: TransactionEnrolment;
  image(): Pick<ClusterImage, 'partition'>;
}

const NOTHING_NEEDED: Verdict = { error: E.NONE, verification: undefined };

/**
 * Asks the transaction coordinator about the first records of a transaction in each partition (KIP-890,
 * ReplicaManager.maybeSendPartitionsToTransactionCoordinator). `decided` is told one verdict for each write, in this very
 * turn when nothing has to be asked. Returns whether it was.
 */
export function verifyTransaction(
  request: TransactionalRequest,
  seams: VerificationSeams,
  decided: (verdicts: readonly Verdict[]) => void,
): boolean {
  if (request.support !== 'adds' && !seams.config.get('transaction.partition.verification.enable')) {
    decided(request.writes.map(() => NOTHING_NEEDED));
    return true;
  }
  return new TransactionVerification(request, seams, decided).ask();
}

class TransactionVerification {
  readonly #request: TransactionalRequest;
  readonly #seams: VerificationSeams;
  readonly #decided: (verdicts: readonly Verdict[]) => void;
  readonly #giveUpAtMs: number;

  constructor(
    request: TransactionalRequest,
    seams: VerificationSeams,
    decided: (verdicts: readonly Verdict[]) => void,
  ) {
    this.#request = request;
    this.#seams = seams;
    this.#decided = decided;
    const { config, clock } = seams;
    const patienceMs = Math.min(
      config.get('add.partitions.to.txn.retry.backoff.max.ms'),
      config.get('request.timeout.ms'),
    );
    this.#giveUpAtMs = request.isPatient && request.support === 'adds' ? clock.monotonicMs() + patienceMs : 0;
  }

  /** Returns whether it was decided at once. */
  ask(): boolean {
    const { transactionalId, producerId, producerEpoch, support, writes } = this.#request;
    const verdicts = writes.map((write) => this.#start(write));
    const asked = writes.filter((_, index) => verdicts[index]!.verification !== undefined);
    if (asked.length === 0) {
      this.#decided(verdicts);
      return true;
    }
    const enrolment = {
      transactionalId,
      producerId,
      producerEpoch,
      partitions: asked.map(({ topic, partition }) => ({ topic, partition })),
      mode: support === 'adds' ? 'add' : 'verify',
    } as const;
    const answered = (errors: readonly ErrorSpec[]): void => {
      this.#seams.turn.run(() => this.#seams.turn.guard(() => this.#answered(verdicts, errors)));
    };
    this.#seams.enrolment.enrol(enrolment).then(answered, () => answered(asked.map(() => E.UNKNOWN_SERVER_ERROR)));
    return false;
  }

  #start({ topic, partition: index, sequence }: TransactionalWrite): Verdict {
    const { partitions, clock } = this.#seams;
    const { producerId, producerEpoch: epoch, support } = this.#request;
    const partition = partitions.get(topic, index);
    if (partition === undefined) return refused(absenceError(this.#seams.image(), topic, index));
    const error = partition.check(-1);
    if (error !== E.NONE) return refused(error);
    const start = { producerId, epoch, sequence, supportsEpochBump: support === 'adds' };
    const started = partition.log.producerState.startVerification(start, clock.nowMs());
    if (started === undefined) return NOTHING_NEEDED;
    return started instanceof Verification ? { error: E.NONE, verification: started } : refused(started);
  }

  /** @param errors of those writes that were asked about. */
  #answered(started: readonly Verdict[], errors: readonly ErrorSpec[]): void {
    const { clock, timers, turn, config } = this.#seams;
    if (errors.includes(E.CONCURRENT_TRANSACTIONS) && clock.monotonicMs() < this.#giveUpAtMs) {
      timers.set(config.get('add.partitions.to.txn.retry.backoff.ms'), () => turn.run(() => void this.ask()));
      return;
    }
    let next = 0;
    const verdicts = started.map((verdict) => {
      if (verdict.verification === undefined) return verdict;
      const error = this.#toldError(errors[next++] ?? E.UNKNOWN_SERVER_ERROR);
      return error === E.NONE ? verdict : refused(error);
    });
    this.#decided(verdicts);
  }

  /** The coordinator's error as the request's version knows it. */
  #toldError(error: ErrorSpec): ErrorSpec {
    if (error === E.PRODUCER_FENCED) return E.INVALID_PRODUCER_EPOCH;
    return error === E.TRANSACTION_ABORTABLE && this.#request.support === 'plain' ? E.INVALID_TXN_STATE : error;
  }
}

function refused(error: ErrorSpec): Verdict {
  return { error, verification: undefined };
}

/** A produce request's error and message for a partition whose verification failed (ReplicaManager.handleProduceAppend). */
export function produceRefusal(
  error: ErrorSpec,
  support: TransactionSupport,
): { readonly error: ErrorSpec; readonly message: string | null } {
  switch (error) {
    case E.INVALID_TXN_STATE:
      return { error, message: 'Partition was not added to the transaction' };
    case E.CONCURRENT_TRANSACTIONS:
      return support === 'adds' ? { error, message: null } : notVerified(error);
    case E.NETWORK_EXCEPTION:
    case E.COORDINATOR_LOAD_IN_PROGRESS:
    case E.COORDINATOR_NOT_AVAILABLE:
    case E.NOT_COORDINATOR:
      return notVerified(error);
    default:
      return { error, message: null };
  }
}

/** A producer tries again after this one, and knows no errors of coordinators. */
function notVerified({ name }: ErrorSpec): { error: ErrorSpec; message: string } {
  return {
    error: E.NOT_ENOUGH_REPLICAS,
    message: `Unable to verify the partition has been added to the transaction. Underlying error: ${name}`,
  };
}

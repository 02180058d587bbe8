import { TransactionPartitions } from './transaction-partitions.ts';
import { TransactionStatus } from './transaction-status.ts';

/** Stands for no producer id, no epoch and no time. */
export const NONE = -1;
export const EPOCH_MAX = 0x7fff;

/** Level of the feature transaction.version at which each end of a transaction bumps the epoch (KIP-890). */
export const EPOCH_BUMP_VERSION = 2;

/** What the log tells of a transactional id. Never changes; each function below makes the state that comes next. */
export interface TransactionState {
  readonly producerId: number;
  /** The producer id before the last change of state: differs from `producerId` right after it was replaced. */
  readonly previousProducerId: number;
  /** The producer id that the next transaction gets because the epochs of this one are used up; {@link NONE}. */
  readonly nextProducerId: number;
  readonly producerEpoch: number;
  /** The epoch before the last bump. Not in the log, as in Kafka: {@link NONE} after a load. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly status: TransactionStatus;
  readonly partitions: TransactionPartitions;
  readonly lastUpdateMs: number;
  /** When the transaction got its first partition; {@link NONE} before. */
  readonly startMs: number;
  /** Rules under which the producer ends its transactions: 0 or {@link EPOCH_BUMP_VERSION}. */
  readonly clientVersion: number;
}

/** The last epoch is kept back, so that a producer can always be fenced. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= EPOCH_MAX - 1;
}

/** A new transactional id, with the epoch that its first producer gets. */
export function created(producerId: number, timeoutMs: number, nowMs: number): TransactionState {
  return {
    producerId,
    previousProducerId: producerId,
    nextProducerId: NONE,
    producerEpoch: 0,
    lastProducerEpoch: NONE,
    timeoutMs,
    status: TransactionStatus.empty,
    partitions: TransactionPartitions.none,
    lastUpdateMs: nowMs,
    startMs: NONE,
    clientVersion: 0,
  };
}

/** Ready for a producer's first transaction, under the ids and epochs given. */
export function initialized(
  state: TransactionState,
  producer: Pick<TransactionState, 'producerId' | 'producerEpoch' | 'lastProducerEpoch'>,
  { timeoutMs, nowMs }: { timeoutMs: number; nowMs: number },
): TransactionState {
  return {
    ...state,
    ...producer,
    previousProducerId: state.producerId,
    timeoutMs,
    status: TransactionStatus.empty,
    partitions: TransactionPartitions.none,
    lastUpdateMs: nowMs,
    startMs: NONE,
  };
}

/** Partitions were added; the first ones begin the transaction. */
export function withPartitions(
  state: TransactionState,
  partitions: TransactionPartitions,
  { clientVersion, nowMs }: { clientVersion: number; nowMs: number },
): TransactionState {
  const begins = state.status !== TransactionStatus.ongoing;
  return {
    ...state,
    previousProducerId: state.producerId,
    status: TransactionStatus.ongoing,
    partitions,
    startMs: begins ? nowMs : state.startMs,
    lastUpdateMs: nowMs,
    clientVersion,
  };
}

/** The outcome of a transaction, and under which rules it is decided. */
export interface Decision {
  readonly isCommit: boolean;
  readonly clientVersion: number;
  /** Takes over when the epochs are used up; {@link NONE} when they are not. */
  readonly nextProducerId: number;
  /** Nothing was written: an abort all the same bumps the epoch. */
  readonly isWithoutPartitions: boolean;
  readonly nowMs: number;
}

/** The outcome is decided: from here on there is only one way to go. */
export function prepared(state: TransactionState, decision: Decision): TransactionState {
  const bumps = decision.clientVersion >= EPOCH_BUMP_VERSION;
  return {
    ...state,
    previousProducerId: state.producerId,
    nextProducerId: decision.nextProducerId,
    producerEpoch: bumps ? Math.min(state.producerEpoch + 1, EPOCH_MAX) : state.producerEpoch,
    lastProducerEpoch: bumps ? state.producerEpoch : state.lastProducerEpoch,
    status: decision.isCommit ? TransactionStatus.prepareCommit : TransactionStatus.prepareAbort,
    startMs: decision.isWithoutPartitions ? decision.nowMs : state.startMs,
    lastUpdateMs: decision.nowMs,
    clientVersion: decision.clientVersion,
  };
}

/** The broker ends the transaction of a producer that is gone: later requests of that producer are to be refused. */
export function fenced(state: TransactionState, decision: Omit<Decision, 'isCommit' | 'isWithoutPartitions'>) {
  const abort = { ...decision, isCommit: false, isWithoutPartitions: false };
  if (decision.clientVersion >= EPOCH_BUMP_VERSION) return prepared(state, abort);
  const producerEpoch = Math.min(state.producerEpoch + 1, EPOCH_MAX);
  return prepared({ ...state, producerEpoch, lastProducerEpoch: NONE }, { ...abort, clientVersion: 0 });
}

/** All markers are written. */
export function completed(state: TransactionState, nowMs: number): TransactionState {
  const rotates = state.clientVersion >= EPOCH_BUMP_VERSION && state.nextProducerId !== NONE;
  return {
    ...state,
    previousProducerId: state.producerId,
    producerId: rotates ? state.nextProducerId : state.producerId,
    producerEpoch: rotates ? 0 : state.producerEpoch,
    nextProducerId: NONE,
    status:
      state.status === TransactionStatus.prepareCommit
        ? TransactionStatus.completeCommit
        : TransactionStatus.completeAbort,
    partitions: TransactionPartitions.none,
    lastUpdateMs: nowMs,
  };
}

import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Reply } from '../pending-reply.ts';
import type { TransactionalProducer } from './add-partitions.ts';
import { initRefused, type InitAnswer } from './init-producer-id.ts';
import { startMarkers } from './transaction-markers.ts';
import {
  completed,
  EPOCH_BUMP_VERSION,
  EPOCH_MAX,
  isEpochExhausted,
  NONE,
  prepared,
  type TransactionState,
} from './transaction-state.ts';
import { TransactionStatus } from './transaction-status.ts';
import { isBusy, type Transaction, type TransactionEffects, type TransactionTable } from './transaction-table.ts';

/** The producer goes on under the id and epoch of the answer; before version 5 it is not told them. */
export type EndAnswer = InitAnswer;

export interface EndRequest extends TransactionalProducer {
  readonly isCommit: boolean;
  /** 0, or {@link EPOCH_BUMP_VERSION} for a producer that takes a new epoch with each end. */
  readonly clientVersion: number;
  readonly reply: Reply<EndAnswer>;
}

/** What is to be made of a request: it is refused, it was done before, or it ends the transaction. */
type Verdict = { readonly error: ErrorSpec } | 'done before' | 'end' | 'end without partitions';

/**
 * Decides the outcome of a transaction. It is answered when the decision is committed; the markers follow behind. Under
 * transaction version 2 each end bumps the epoch, so that nothing late can reach the next transaction (KIP-890).
 */
export function endTransaction(table: TransactionTable, effects: TransactionEffects, request: EndRequest): void {
  const { transactionalId, clientVersion, reply } = request;
  const transaction = table.transactions.get(transactionalId);
  if (transaction === undefined) {
    effects.answer(reply, initRefused(E.INVALID_PRODUCER_ID_MAPPING));
    return;
  }
  const { state } = transaction;
  const bumps = clientVersion >= EPOCH_BUMP_VERSION;
  const verdict = bumps ? verdictWithBump(transaction, request) : verdictWithoutBump(transaction, request);
  if (verdict === 'done before') {
    const { producerId, producerEpoch } = bumps ? state : initRefused(E.NONE);
    effects.answer(reply, { error: E.NONE, producerId, producerEpoch });
  } else if (typeof verdict === 'object') {
    effects.answer(reply, initRefused(verdict.error));
  } else if (bumps && isEpochExhausted(state.producerEpoch)) {
    table.seams.takeProducerId(
      effects.callback((later: TransactionEffects, producerId: number | undefined) => {
        if (producerId === undefined) later.answer(reply, initRefused(E.COORDINATOR_LOAD_IN_PROGRESS));
        else if (transaction.state !== state || !later.isWritable) {
          later.answer(reply, initRefused(E.CONCURRENT_TRANSACTIONS));
        } else prepare(table, later, { transaction, request, verdict, nextProducerId: producerId });
      }),
    );
  } else prepare(table, effects, { transaction, request, verdict, nextProducerId: NONE });
}

function prepare(
  table: TransactionTable,
  effects: TransactionEffects,
  end: { transaction: Transaction; request: EndRequest; verdict: Verdict; nextProducerId: number },
): void {
  const { transaction, request, verdict, nextProducerId } = end;
  const { isCommit, clientVersion, reply } = request;
  const { nowMs } = effects;
  const isWithoutPartitions = verdict === 'end without partitions';
  const next = prepared(transaction.state, { isCommit, clientVersion, nextProducerId, isWithoutPartitions, nowMs });
  table.write(effects, transaction.id, next);
  effects.answer(reply, answerOf(next));
  effects.whenCommitted((later) => startMarkers(table, later, transaction));
}

function answerOf(state: TransactionState): EndAnswer {
  if (state.clientVersion < EPOCH_BUMP_VERSION) return initRefused(E.NONE);
  const { producerId, producerEpoch } = completed(state, state.lastUpdateMs);
  return { error: E.NONE, producerId, producerEpoch };
}

/** Rules of transaction versions 0 and 1: the epoch stays, so a repeated request looks like the first. */
function verdictWithoutBump(transaction: Transaction, request: EndRequest): Verdict {
  const { state } = transaction;
  if (state.producerId !== request.producerId) return { error: E.INVALID_PRODUCER_ID_MAPPING };
  if (state.producerEpoch !== request.producerEpoch) return { error: E.PRODUCER_FENCED };
  if (isBusy(transaction)) return { error: E.CONCURRENT_TRANSACTIONS };
  if (state.status === TransactionStatus.ongoing) return 'end';
  return state.status === completeStatus(request) ? 'done before' : { error: E.INVALID_TXN_STATE };
}

/**
 * Rules of transaction version 2: a request with the epoch before the present one repeats the last end; one with the
 * present epoch is about the next transaction, which may have no partitions yet and can then only be aborted.
 */
function verdictWithBump(transaction: Transaction, request: EndRequest): Verdict {
  const { state } = transaction;
  const { producerId, producerEpoch, isCommit } = request;
  const repeatsOverflow =
    state.previousProducerId === producerId && producerEpoch === EPOCH_MAX - 1 && state.producerEpoch === 0;
  const isRepeated = repeatsOverflow || state.producerEpoch === producerEpoch + 1;
  if (isBusy(transaction)) return { error: E.CONCURRENT_TRANSACTIONS };
  if (state.producerId !== producerId && !repeatsOverflow) return { error: E.INVALID_PRODUCER_ID_MAPPING };
  const isComplete =
    state.status === TransactionStatus.completeCommit || state.status === TransactionStatus.completeAbort;
  if (state.producerEpoch !== producerEpoch && !(isComplete && isRepeated)) return { error: E.PRODUCER_FENCED };
  if (state.status === TransactionStatus.ongoing) return 'end';
  if (isComplete && isRepeated) {
    return state.status === completeStatus(request) ? 'done before' : { error: E.INVALID_TXN_STATE };
  }
  return isCommit ? { error: E.INVALID_TXN_STATE } : 'end without partitions';
}

function completeStatus({ isCommit }: EndRequest): TransactionStatus {
  return isCommit ? TransactionStatus.completeCommit : TransactionStatus.completeAbort;
}

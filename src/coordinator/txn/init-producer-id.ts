import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Reply } from '../pending-reply.ts';
import { fence } from './transaction-fencing.ts';
import { created, initialized, isEpochExhausted, NONE, type TransactionState } from './transaction-state.ts';
import { isBusy, type TransactionEffects, type TransactionTable } from './transaction-table.ts';
import { TransactionStatus } from './transaction-status.ts';

/** A producer as it names itself, or as it is told to. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** What InitProducerId comes to. */
export interface InitAnswer extends ProducerIdentity {
  readonly error: ErrorSpec;
}

export interface InitRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Given by a producer that goes on after an error (KIP-360); undefined from one that starts. */
  readonly expected: ProducerIdentity | undefined;
  readonly reply: Reply<InitAnswer>;
}

export function initRefused(error: ErrorSpec): InitAnswer {
  return { error, producerId: NONE, producerEpoch: NONE };
}

/**
 * Gives a transactional producer its id and the next epoch, so that an earlier one with the same transactional id is fenced
 * (KIP-98, 360). A transaction that the earlier one left open is aborted first; until that is done the answer is
 * CONCURRENT_TRANSACTIONS, and the producer asks again.
 */
export function initProducerId(table: TransactionTable, effects: TransactionEffects, request: InitRequest): void {
  const { transactionalId, expected, reply } = request;
  const refuse = (error: ErrorSpec) => effects.answer(reply, initRefused(error));
  const transaction = table.transactions.get(transactionalId);
  if (transaction === undefined) {
    if (!table.hasRoomFor(transactionalId)) return refuse(E.POLICY_VIOLATION);
    return withNewId(table, effects, request);
  }
  const { state } = transaction;
  if (isBusy(transaction)) return refuse(E.CONCURRENT_TRANSACTIONS);
  if (expected !== undefined && !isKnown(state, expected)) return refuse(E.PRODUCER_FENCED);
  if (state.status === TransactionStatus.ongoing) {
    return fence(table, effects, transaction, (later, isDecided) =>
      later.answer(reply, initRefused(isDecided ? E.CONCURRENT_TRANSACTIONS : E.COORDINATOR_LOAD_IN_PROGRESS)),
    );
  }
  if (isEpochExhausted(state.producerEpoch)) {
    if (expected === undefined || expected.producerEpoch === state.producerEpoch) {
      return withNewId(table, effects, request);
    }
    // Kafka stumbles over this case; an epoch below the last one is of a producer that was fenced.
    return refuse(E.PRODUCER_FENCED);
  }
  const epochs = nextEpochs(state, expected);
  if (epochs === undefined) return refuse(E.PRODUCER_FENCED);
  const { producerId } = state;
  answerWith(table, effects, request, initialized(state, { producerId, ...epochs }, timesOf(request, effects)));
}

/** The epochs that come next; undefined for a producer that was fenced. */
function nextEpochs(
  { producerEpoch, lastProducerEpoch }: TransactionState,
  expected: ProducerIdentity | undefined,
): Pick<TransactionState, 'producerEpoch' | 'lastProducerEpoch'> | undefined {
  if (expected === undefined) return { producerEpoch: producerEpoch + 1, lastProducerEpoch: NONE };
  if (expected.producerEpoch === producerEpoch) {
    return { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch };
  }
  // The answer to the last request was lost: the epoch it bumped to is still nobody else's.
  if (expected.producerEpoch === lastProducerEpoch) return { producerEpoch, lastProducerEpoch };
  return undefined;
}

/** The producer id is the present one, or the one before it whose epochs were used up. */
function isKnown(state: TransactionState, { producerId, producerEpoch }: ProducerIdentity): boolean {
  return (
    producerId === state.producerId || (producerId === state.previousProducerId && isEpochExhausted(producerEpoch))
  );
}

function withNewId(table: TransactionTable, effects: TransactionEffects, request: InitRequest): void {
  const { transactionalId, expected, reply } = request;
  const before = table.transactions.get(transactionalId);
  const stateBefore = before?.state;
  table.seams.takeProducerId(
    effects.callback((later: TransactionEffects, producerId: number | undefined) => {
      const now = table.transactions.get(transactionalId);
      if (producerId === undefined) later.answer(reply, initRefused(E.COORDINATOR_LOAD_IN_PROGRESS));
      else if (now !== before || now?.state !== stateBefore || !later.isWritable) {
        later.answer(reply, initRefused(E.CONCURRENT_TRANSACTIONS));
      } else if (now === undefined && !table.hasRoomFor(transactionalId)) {
        later.answer(reply, initRefused(E.POLICY_VIOLATION));
      } else if (now === undefined) {
        answerWith(table, later, request, created(producerId, request.timeoutMs, later.nowMs));
      } else {
        const lastProducerEpoch = expected === undefined ? NONE : now.state.producerEpoch;
        const producer = { producerId, producerEpoch: 0, lastProducerEpoch };
        answerWith(table, later, request, initialized(now.state, producer, timesOf(request, later)));
      }
    }),
  );
}

function timesOf({ timeoutMs }: InitRequest, { nowMs }: TransactionEffects): { timeoutMs: number; nowMs: number } {
  return { timeoutMs, nowMs };
}

function answerWith(
  table: TransactionTable,
  effects: TransactionEffects,
  { transactionalId, reply }: InitRequest,
  state: TransactionState,
): void {
  table.write(effects, transactionalId, state);
  const { producerId, producerEpoch } = state;
  effects.answer(reply, { error: E.NONE, producerId, producerEpoch });
}

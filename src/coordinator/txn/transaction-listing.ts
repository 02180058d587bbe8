import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { describeTransactions } from '../../protocol/messages/065-describe-transactions.ts';
import type { listTransactions } from '../../protocol/messages/066-list-transactions.ts';
import type { WriteMessage } from '../../protocol/schema.ts';
import type { TransactionTable } from './transaction-table.ts';
import { isPrepared, statusName } from './transaction-status.ts';

export type ListedTransaction = WriteMessage<typeof listTransactions.response>['transactionStates'][number];
export type DescribedTransaction = WriteMessage<typeof describeTransactions.response>['transactionStates'][number];

/** What a listing asks for; empty sets and a negative duration ask for all. */
export interface TransactionFilter {
  readonly states: ReadonlySet<string>;
  readonly producerIds: ReadonlySet<number>;
  /** Only what began longer ago than this. */
  readonly durationMs: number;
  readonly matches: (transactionalId: string) => boolean;
}

/** The transactions of one partition that the filter asks for (KIP-664, 994, 1152). */
export function listTransactionsOf(
  table: TransactionTable,
  nowMs: number,
  filter: TransactionFilter,
): ListedTransaction[] {
  const listed: ListedTransaction[] = [];
  for (const { id, state } of table.transactions.values()) {
    const name = statusName(state.status);
    if (filter.producerIds.size > 0 && !filter.producerIds.has(state.producerId)) continue;
    if (filter.states.size > 0 && !filter.states.has(name)) continue;
    if (filter.durationMs >= 0 && nowMs - state.startMs <= filter.durationMs) continue;
    if (!filter.matches(id)) continue;
    listed.push({ transactionalId: id, producerId: state.producerId, transactionState: name });
  }
  return listed;
}

/** State of one transactional id; while markers are written, only partitions without one are named, as in Kafka. */
export function describeTransaction(table: TransactionTable, transactionalId: string): DescribedTransaction {
  const transaction = table.transactions.get(transactionalId);
  if (transaction === undefined) return notDescribed(transactionalId, E.TRANSACTIONAL_ID_NOT_FOUND);
  const { state, unmarked } = transaction;
  return {
    errorCode: E.NONE.code,
    transactionalId,
    transactionState: statusName(state.status),
    transactionTimeoutMs: state.timeoutMs,
    transactionStartTimeMs: state.startMs,
    producerId: state.producerId,
    producerEpoch: state.producerEpoch,
    topics: (isPrepared(state.status) ? unmarked : state.partitions).byTopic(),
  };
}

export function notDescribed(transactionalId: string, error: ErrorSpec): DescribedTransaction {
  return {
    errorCode: error.code,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}

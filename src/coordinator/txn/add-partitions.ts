import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { ProducerIdentity } from './init-producer-id.ts';
import type { TopicPartition } from './marker-sender.ts';
import { recordBytesAtMost } from './transaction-records.ts';
import { withPartitions } from './transaction-state.ts';
import { isPrepared, TransactionStatus } from './transaction-status.ts';
import { isBusy, type Transaction, type TransactionEffects, type TransactionTable } from './transaction-table.ts';

/** A producer that takes partitions into its transaction, or whose partitions are looked up. */
export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string;
}

/**
 * Takes partitions into a producer's transaction, which begins with the first of them. The error is to be answered once what was
 * written is committed. A transaction of more partitions than one record can tell is refused, as Kafka's append is.
 */
export function addPartitions(
  table: TransactionTable,
  effects: TransactionEffects,
  producer: TransactionalProducer,
  { partitions, clientVersion }: { partitions: readonly TopicPartition[]; clientVersion: number },
): ErrorSpec {
  const transaction = table.transactions.get(producer.transactionalId);
  if (transaction === undefined) return E.INVALID_PRODUCER_ID_MAPPING;
  if (isBusy(transaction)) return E.CONCURRENT_TRANSACTIONS;
  const error = mismatch(transaction, producer);
  if (error !== E.NONE) return error;
  const { state, id } = transaction;
  if (state.status === TransactionStatus.ongoing && state.partitions.hasAll(partitions)) return E.NONE;
  const all = state.partitions.with(partitions);
  if (recordBytesAtMost(id, all) > effects.recordBytesMax) return E.UNKNOWN_SERVER_ERROR;
  table.write(effects, id, withPartitions(state, all, { clientVersion, nowMs: effects.nowMs }));
  return E.NONE;
}

/** Whether partitions are part of a producer's open transaction: an error for each, in their order (KIP-890). */
export function verifyPartitions(
  table: TransactionTable,
  producer: TransactionalProducer,
  partitions: readonly TopicPartition[],
): ErrorSpec[] {
  const transaction = table.transactions.get(producer.transactionalId);
  if (transaction === undefined) return partitions.map(() => E.INVALID_PRODUCER_ID_MAPPING);
  let error = mismatch(transaction, producer);
  const { status, partitions: added } = transaction.state;
  if (error === E.NONE && isPrepared(status)) error = E.CONCURRENT_TRANSACTIONS;
  if (error !== E.NONE) return partitions.map(() => error);
  return partitions.map((partition) => (added.has(partition) ? E.NONE : E.TRANSACTION_ABORTABLE));
}

function mismatch({ state }: Transaction, { producerId, producerEpoch }: ProducerIdentity): ErrorSpec {
  if (state.producerId !== producerId) return E.INVALID_PRODUCER_ID_MAPPING;
  return state.producerEpoch === producerEpoch ? E.NONE : E.PRODUCER_FENCED;
}

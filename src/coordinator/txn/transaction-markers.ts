import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { MarkerResult } from './marker-sender.ts';
import { MARKER_RETRY_MAX_MS, MARKER_RETRY_MIN_MS, MARKERS_IN_FLIGHT_MAX } from './transaction-config.ts';
import type { Transaction, TransactionEffects, TransactionTable } from './transaction-table.ts';
import { completed } from './transaction-state.ts';
import { isPrepared, TransactionStatus } from './transaction-status.ts';

/** After a load: the outcome of these was decided, their markers may or may not have been written. */
export function startMarkersOfAll(table: TransactionTable, effects: TransactionEffects): void {
  for (const transaction of table.transactions.values()) {
    if (isPrepared(transaction.state.status)) startMarkers(table, effects, transaction);
  }
}

/** The Prepare record is committed: the markers go out, and once all are written the transaction is complete. */
export function startMarkers(table: TransactionTable, effects: TransactionEffects, transaction: Transaction): void {
  const { marking } = table;
  if (marking.inFlight >= MARKERS_IN_FLIGHT_MAX) {
    marking.waiting.push(transaction);
    return;
  }
  marking.inFlight++;
  send(table, effects, transaction, MARKER_RETRY_MIN_MS);
}

function send(table: TransactionTable, effects: TransactionEffects, transaction: Transaction, retryMs: number): void {
  const { state } = transaction;
  // What has no partition any more needs no marker: its records are gone with it.
  transaction.unmarked = transaction.unmarked.filter((partition) => table.seams.partitionExists(partition));
  if (transaction.unmarked.isEmpty) {
    complete(table, effects, transaction, retryMs);
    return;
  }
  const marker = {
    producerId: state.producerId,
    producerEpoch: state.producerEpoch,
    isCommit: state.status === TransactionStatus.prepareCommit,
    coordinatorEpoch: table.coordinatorEpoch,
    transactionVersion: state.clientVersion,
    partitions: [...transaction.unmarked],
  };
  const answered = effects.callback((later: TransactionEffects, results: readonly MarkerResult[]) => {
    noteResults(table, transaction, { results, isFirst: retryMs === MARKER_RETRY_MIN_MS });
    if (transaction.unmarked.isEmpty) complete(table, later, transaction, retryMs);
    else retry(table, later, transaction, retryMs);
  });
  table.seams.markers.send(marker, answered);
}

/** A refusal that stands is worth one warning: the same comes back from each later attempt. */
function noteResults(
  table: TransactionTable,
  transaction: Transaction,
  { results, isFirst }: { results: readonly MarkerResult[]; isFirst: boolean },
): void {
  const { logger } = table.seams;
  const done = new Map<string, Set<number>>();
  for (const { topic, partition, error } of results) {
    const outcome = outcomeOf(error);
    if (outcome !== 'written') {
      const facts = { transactionalId: transaction.id, topic, partition, error: error.name };
      const isNews = outcome === 'given up' || (outcome === 'refused' && isFirst);
      if (isNews) logger.warn('a transaction marker was refused', { ...facts, outcome });
      else logger.debug('a transaction marker is sent again', facts);
    }
    if (outcome !== 'written' && outcome !== 'given up') continue;
    const ofTopic = done.get(topic) ?? new Set();
    done.set(topic, ofTopic.add(partition));
  }
  transaction.unmarked = transaction.unmarked.filter(({ topic, partition }) => !done.get(topic)?.has(partition));
}

/**
 * What to make of a leader's answer (Kafka's TransactionMarkerRequestCompletionHandler). Unlike there, a partition that has
 * seen a later epoch of the producer is given up and not waited for: no marker of this transaction can end anything there.
 */
function outcomeOf(error: ErrorSpec): 'written' | 'retry' | 'given up' | 'refused' {
  switch (error) {
    case E.NONE:
      return 'written';
    case E.INVALID_PRODUCER_EPOCH:
    case E.UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case E.UNSUPPORTED_VERSION:
      return 'given up';
    case E.UNKNOWN_TOPIC_OR_PARTITION:
    case E.NOT_LEADER_OR_FOLLOWER:
    case E.NOT_ENOUGH_REPLICAS:
    case E.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case E.REQUEST_TIMED_OUT:
    case E.KAFKA_STORAGE_ERROR:
    case E.COORDINATOR_NOT_AVAILABLE:
    case E.COORDINATOR_LOAD_IN_PROGRESS:
    case E.NOT_COORDINATOR:
      return 'retry';
    default:
      // TRANSACTION_COORDINATOR_FENCED: another leader took over, and this one will hear of it.
      return 'refused';
  }
}

function retry(table: TransactionTable, effects: TransactionEffects, transaction: Transaction, delayMs: number): void {
  const nextMs = Math.min(delayMs * 2, MARKER_RETRY_MAX_MS);
  effects.setTimer(`markers ${transaction.id}`, delayMs, (later) => send(table, later, transaction, nextMs));
}

function complete(
  table: TransactionTable,
  effects: TransactionEffects,
  transaction: Transaction,
  retryMs: number,
): void {
  if (!effects.isWritable) {
    retry(table, effects, transaction, retryMs);
    return;
  }
  table.write(effects, transaction.id, completed(transaction.state, effects.nowMs));
  const { marking } = table;
  marking.inFlight--;
  const next = marking.waiting.shift();
  if (next !== undefined) startMarkers(table, effects, next);
}

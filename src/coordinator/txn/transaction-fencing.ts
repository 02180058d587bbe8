import { startMarkers } from './transaction-markers.ts';
import { EPOCH_BUMP_VERSION, fenced, isEpochExhausted, NONE } from './transaction-state.ts';
import type { Transaction, TransactionEffects, TransactionTable } from './transaction-table.ts';
import { isBusy } from './transaction-table.ts';

/**
 * Ends an ongoing transaction against its producer: what it still sends will be refused, and the records it wrote are
 * aborted. `decided` runs once the abort is decided for good, with false when it could not be.
 */
export function fence(
  table: TransactionTable,
  effects: TransactionEffects,
  transaction: Transaction,
  decided: (effects: TransactionEffects, isDecided: boolean) => void,
): void {
  const { state } = transaction;
  const clientVersion = table.config.transactionVersion;
  if (clientVersion < EPOCH_BUMP_VERSION || !isEpochExhausted(state.producerEpoch)) {
    abort(table, effects, transaction, NONE);
    decided(effects, true);
    return;
  }
  table.seams.takeProducerId(
    effects.callback((later: TransactionEffects, producerId: number | undefined) => {
      const isSame = transaction.state === state && !isBusy(transaction);
      const isDecided = producerId !== undefined && isSame && later.isWritable;
      if (isDecided) abort(table, later, transaction, producerId);
      decided(later, isDecided);
    }),
  );
}

function abort(
  table: TransactionTable,
  effects: TransactionEffects,
  transaction: Transaction,
  nextProducerId: number,
): void {
  const { nowMs } = effects;
  const clientVersion = table.config.transactionVersion >= EPOCH_BUMP_VERSION ? EPOCH_BUMP_VERSION : 0;
  const next = fenced(transaction.state, { clientVersion, nextProducerId, nowMs });
  table.write(effects, transaction.id, next);
  effects.whenCommitted((later) => startMarkers(table, later, transaction));
}

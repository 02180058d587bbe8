import { isBusy, type TransactionEffects, type TransactionTable } from './transaction-table.ts';
import { TransactionStatus } from './transaction-status.ts';

const TIMER = 'expiry';

/** Looks for transactional ids that nobody used for long, again and again, and forgets them. */
export function scheduleExpiry(table: TransactionTable, effects: TransactionEffects): void {
  effects.setTimer(TIMER, table.config.removeExpiredIntervalMs, (due) => {
    removeExpired(table, due);
    scheduleExpiry(table, due);
  });
}

function removeExpired(table: TransactionTable, effects: TransactionEffects): void {
  if (!effects.isWritable) return;
  const expiredBefore = effects.nowMs - table.config.transactionalIdExpirationMs;
  for (const transaction of Array.from(table.transactions.values())) {
    const { status, lastUpdateMs } = transaction.state;
    if (isBusy(transaction) || status === TransactionStatus.ongoing || lastUpdateMs > expiredBefore) continue;
    effects.write({ transactionalId: transaction.id, state: null });
  }
}

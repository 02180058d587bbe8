import { fence } from './transaction-fencing.ts';
import { isBusy, type TransactionEffects, type TransactionTable } from './transaction-table.ts';

const TIMER = 'timeouts';

/** Looks for transactions that took too long, again and again. */
export function scheduleTimeouts(table: TransactionTable, effects: TransactionEffects): void {
  effects.setTimer(TIMER, table.config.abortTimedOutIntervalMs, (due) => {
    abortTimedOut(table, due);
    scheduleTimeouts(table, due);
  });
}

function abortTimedOut(table: TransactionTable, effects: TransactionEffects): void {
  if (!effects.isWritable) return;
  for (const transaction of Array.from(table.ongoing)) {
    const { startMs, timeoutMs } = transaction.state;
    if (isBusy(transaction) || startMs + timeoutMs >= effects.nowMs) continue;
    table.seams.logger.info('a transaction took too long and is aborted', {
      transactionalId: transaction.id,
      timeoutMs,
    });
    fence(table, effects, transaction, () => {});
  }
}

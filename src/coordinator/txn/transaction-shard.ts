import type { StateMachine } from '../state-machine.ts';
import type { TransactionCoordinatorConfig } from './transaction-config.ts';
import { scheduleExpiry } from './transaction-expiry.ts';
import { startMarkersOfAll } from './transaction-markers.ts';
import { decodeTransactionRecord, encodeTransactionRecord, type TransactionRecord } from './transaction-records.ts';
import { TransactionTable, type TransactionEffects, type TransactionSeams } from './transaction-table.ts';
import { scheduleTimeouts } from './transaction-timeouts.ts';

/** One partition of `__transaction_state` for the coordinator's runtime. */
export class TransactionShard implements StateMachine<TransactionRecord> {
  readonly table: TransactionTable;

  constructor(config: TransactionCoordinatorConfig, seams: TransactionSeams, coordinatorEpoch: number) {
    this.table = new TransactionTable(config, seams, coordinatorEpoch);
  }

  encode(record: TransactionRecord): { key: Uint8Array; value: Uint8Array | null } {
    return encodeTransactionRecord(record, this.table.config.transactionVersion);
  }

  decode(key: Uint8Array, value: Uint8Array | null): TransactionRecord | undefined {
    return decodeTransactionRecord(key, value);
  }

  apply(record: TransactionRecord): void {
    this.table.apply(record);
  }

  /** The topic of transactions takes part in none: it holds no markers. */
  endTransaction(): void {}

  loaded(effects: TransactionEffects): void {
    startMarkersOfAll(this.table, effects);
    scheduleTimeouts(this.table, effects);
    scheduleExpiry(this.table, effects);
  }
}

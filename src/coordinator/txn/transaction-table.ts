import { assert } from '../../base/assert.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Effects } from '../state-machine.ts';
import type { MarkerSender, TopicPartition } from './marker-sender.ts';
import {
  TRANSACTIONAL_ID_LETTERS_MAX,
  TRANSACTIONAL_IDS_MAX,
  type TransactionCoordinatorConfig,
} from './transaction-config.ts';
import type { TransactionPartitions } from './transaction-partitions.ts';
import type { TransactionRecord } from './transaction-records.ts';
import type { TransactionState } from './transaction-state.ts';
import { isPrepared, TransactionStatus } from './transaction-status.ts';

export type TransactionEffects = Effects<TransactionRecord>;

/** A transactional id: what the log tells of it, and what is under way. */
export interface Transaction {
  readonly id: string;
  state: TransactionState;
  /** Records of it that are not committed yet. */
  writesUnderWay: number;
  /** Once prepared: the partitions that have not got their marker yet. */
  unmarked: TransactionPartitions;
}

/** What the decisions on transactions need of the outside. */
export interface TransactionSeams {
  readonly markers: MarkerSender;
  /** Calls back with a producer id that was never given before, or undefined when there is none to be had now. */
  readonly takeProducerId: (given: (producerId: number | undefined) => void) => void;
  readonly partitionExists: (partition: TopicPartition) => boolean;
  readonly logger: Logger;
}

/** The transactional ids of one partition of `__transaction_state`. The decisions on them are functions in files of their own. */
export class TransactionTable {
  readonly transactions = new Map<string, Transaction>();
  #idLetters = 0;
  /** Those that are Ongoing: what the search for timeouts goes through. */
  readonly ongoing = new Set<Transaction>();
  /** Transactions whose markers are under way, and those that wait for their turn. */
  readonly marking = { inFlight: 0, waiting: [] as Transaction[] };
  readonly config: TransactionCoordinatorConfig;
  readonly seams: TransactionSeams;
  /** Leader epoch of the partition: markers of an older coordinator are refused by it. */
  readonly coordinatorEpoch: number;

  constructor(config: TransactionCoordinatorConfig, seams: TransactionSeams, coordinatorEpoch: number) {
    this.config = config;
    this.seams = seams;
    this.coordinatorEpoch = coordinatorEpoch;
  }

  apply({ transactionalId, state }: TransactionRecord): void {
    const known = this.transactions.get(transactionalId);
    if (state === null) {
      if (known !== undefined) this.#forget(known);
      return;
    }
    const transaction = known ?? { id: transactionalId, state, writesUnderWay: 0, unmarked: state.partitions };
    transaction.state = state;
    transaction.unmarked = state.partitions;
    if (known === undefined) {
      this.transactions.set(transactionalId, transaction);
      this.#idLetters += transactionalId.length;
    }
    if (state.status === TransactionStatus.ongoing) this.ongoing.add(transaction);
    else this.ongoing.delete(transaction);
  }

  /** Whether one more transactional id may be remembered. */
  hasRoomFor(transactionalId: string): boolean {
    return (
      this.transactions.size < TRANSACTIONAL_IDS_MAX &&
      this.#idLetters + transactionalId.length <= TRANSACTIONAL_ID_LETTERS_MAX
    );
  }

  /** Writes the next state of a transactional id. Until it is committed, nothing else happens to the id. */
  write(effects: TransactionEffects, transactionalId: string, state: TransactionState): Transaction {
    effects.write({ transactionalId, state });
    const transaction = this.transactions.get(transactionalId);
    assert(transaction !== undefined, 'a written transactional id is there');
    transaction.writesUnderWay++;
    effects.whenCommitted(() => {
      transaction.writesUnderWay--;
    });
    return transaction;
  }

  #forget(transaction: Transaction): void {
    this.transactions.delete(transaction.id);
    this.ongoing.delete(transaction);
    this.#idLetters -= transaction.id.length;
  }
}

/** A change is under way: requests that want another are told to come again (CONCURRENT_TRANSACTIONS). */
export function isBusy(transaction: Transaction): boolean {
  return transaction.writesUnderWay > 0 || isPrepared(transaction.state.status);
}

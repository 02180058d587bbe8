import { openRecords } from '../../records/batch-records.ts';
import { isControl, isTransactional, lastOffset, producerId } from '../../records/batch.ts';
import { ControlType, readControlType } from '../../records/control-records.ts';
import type { AbortedTransaction } from '../segments/transaction-index.ts';

interface OngoingAbort {
  readonly transaction: AbortedTransaction;
  hasBatches: boolean;
}

/**
 * Follows the transactions of a log while it is cleaned from its beginning (Kafka's CleanedTransactionMetadata): batches
 * of an aborted one may go, and a marker once no batch of its transaction is left.
 */
export class CleanedTransactions {
  readonly #waiting: readonly AbortedTransaction[];
  readonly #retained: (transaction: AbortedTransaction) => void;
  readonly #aborting = new Map<number, OngoingAbort>();
  readonly #committing = new Set<number>();
  #next = 0;

  /** @param retained told of each aborted transaction whose marker is needed still. */
  constructor(aborted: readonly AbortedTransaction[], retained: (transaction: AbortedTransaction) => void) {
    this.#waiting = aborted.toSorted((left, right) => left.firstOffset - right.firstOffset);
    this.#retained = retained;
  }

  /** Takes in the next batch, all of it; answers whether nobody needs it any more. Throws Malformed. */
  mayDiscard(bytes: Uint8Array, view: DataView): boolean {
    this.#begin(lastOffset(view, 0));
    if (isControl(view, 0)) return this.#marker(bytes, view);
    if (!isTransactional(view, 0)) return false;
    const producer = producerId(view, 0);
    const abort = this.#aborting.get(producer);
    if (abort === undefined) {
      this.#committing.add(producer);
      return false;
    }
    abort.hasBatches = true;
    return true;
  }

  #marker(bytes: Uint8Array, view: DataView): boolean {
    const cursor = openRecords(bytes, view, 0);
    // Emptied by an earlier cleaning.
    if (!cursor.next()) return true;
    const producer = producerId(view, 0);
    const type = readControlType(cursor.key());
    if (type === ControlType.commit) return !this.#committing.delete(producer);
    if (type !== ControlType.abort) return false;
    const abort = this.#aborting.get(producer);
    this.#aborting.delete(producer);
    if (abort?.hasBatches !== true) return true;
    this.#retained(abort.transaction);
    return false;
  }

  #begin(upTo: number): void {
    for (; this.#next < this.#waiting.length; this.#next++) {
      const transaction = this.#waiting[this.#next]!;
      if (transaction.firstOffset > upTo) return;
      if (!this.#aborting.has(transaction.producerId)) {
        this.#aborting.set(transaction.producerId, { transaction, hasBatches: false });
      }
    }
  }
}

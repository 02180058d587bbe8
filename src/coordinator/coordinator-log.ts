import type { ErrorSpec } from '../protocol/errors.ts';
import type { TransactionEnd, TransactionProducer } from './transaction-producer.ts';

/** What an append came to: an error, or E.NONE and the offset of the last record. */
export interface AppendResult {
  readonly error: ErrorSpec;
  readonly lastOffset: number;
}

/** The transaction that a batch belongs to, and its end when the batch is the marker of it. */
export interface AppendTransaction {
  readonly producer: TransactionProducer;
  readonly end?: TransactionEnd;
}

/** Work that is done once when all that had arrived is decided; the broker's turn takes it as it is. */
export interface TurnEnd {
  endOfTurn(): void;
}

/**
 * The internal topic of a coordinator, as the coordinator sees it: the broker implements it over the partitions that
 * it leads. Every call is synchronous. A partition that is not led here answers NOT_LEADER_OR_FOLLOWER.
 */
export interface CoordinatorLog {
  /** The largest batch that `append` takes (max.message.bytes of the topic). */
  batchBytesMax(partition: number): number;
  /**
   * The error that an append would meet now: not the leader, too few in-sync replicas, directory offline; E.NONE
   * when none is known. Asked before a decision, so that no state has to be thrown away for what was known beforehand.
   * With `transaction`, also what its records or its marker would meet: an epoch that was superseded, a state that forbids it.
   */
  appendError(partition: number, transaction?: AppendTransaction): ErrorSpec;
  /** Appends one batch as the leader with acks=all; offsets and leader epoch are filled in by the log. */
  append(partition: number, batch: Uint8Array, transaction?: AppendTransaction): AppendResult;
  /**
   * Calls back once: with E.NONE when the high watermark has passed `offset` (at once if it has already), or with the
   * error when this broker stops leading the partition before.
   */
  whenCommitted(partition: number, offset: number, callback: (error: ErrorSpec) => void): void;
  /** First offset of the log. */
  logStartOffset(partition: number): number;
  /**
   * Whole batches from the one that holds `fromOffset` on, up to the end of the log and not only to the high watermark: at
   * most `bytesMax` bytes but at least one batch; empty at the end. Throws when the log cannot be read.
   */
  read(partition: number, fromOffset: number, bytesMax: number): Uint8Array;
  /** Has `work` done once what had arrived by now, over all connections, is decided. */
  enlist(work: TurnEnd): void;
}

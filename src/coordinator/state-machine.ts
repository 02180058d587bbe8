import type { Reply } from './pending-reply.ts';
import type { TransactionProducer } from './transaction-producer.ts';

/**
 * What a decision can bring about. The runtime hands it to every decision; nothing else reaches the outside, so
 * a decision is a function of the state, its input and the time.
 */
export interface Effects<R> {
  /** Wall clock in milliseconds: for timestamps in records, retention and the like. */
  readonly nowMs: number;
  /** Monotonic milliseconds: for deadlines. */
  readonly monotonicMs: number;
  /** The most that key and value of a record may take together. */
  readonly recordBytesMax: number;
  /** Applies the record and appends it with the others that had arrived. With `producer` it belongs to a transaction. */
  write(record: R, producer?: TransactionProducer): void;
  /** Answers a request once everything written so far is committed. The first answer to a request counts. */
  answer<T>(reply: Reply<T>, response: T): void;
  /**
   * Runs `due` as a decision of its own once what this decision wrote is committed; never when the partition is closed or
   * loaded anew before. Call it after {@link write}.
   */
  whenCommitted(due: (effects: Effects<R>) => void): void;
  /**
   * Runs `due` as a decision of its own when all requests that had arrived are decided, and before their records are
   * appended: for work that one of them does for all. Never when the partition is closed or loaded anew before.
   */
  beforeAppend(due: (effects: Effects<R>) => void): void;
  /** Whether an append would be taken now, as far as is known: for decisions that no request's check went before. */
  readonly isWritable: boolean;
  /**
   * A callback to hand to the outside: what it is called with goes to `due` as a decision of its own. It does nothing once
   * the partition is closed or loaded anew.
   */
  callback<T>(due: (effects: Effects<R>, outcome: T) => void): (outcome: T) => void;
  /** Runs `due` as a decision of its own after `delayMs`; takes the place of a timer with the same key. */
  setTimer(key: string, delayMs: number, due: (effects: Effects<R>) => void): void;
  cancelTimer(key: string): void;
}

/**
 * The state machine of one partition of an internal topic. `apply` is the only way in which recorded state changes:
 * it runs for each record when the partition is loaded, and for each record that a decision writes.
 */
export interface StateMachine<R> {
  /** The record as it stands in the log. */
  encode(record: R): { readonly key: Uint8Array; readonly value: Uint8Array | null };
  /** The record that lies in the log; undefined for a type of a later version, which is passed over. Throws Malformed. */
  decode(key: Uint8Array, value: Uint8Array | null): R | undefined;
  apply(record: R, producer?: TransactionProducer): void;
  /** A transaction's marker: its records become real or vanish. Runs at load and when a marker is written. */
  endTransaction(producer: TransactionProducer, isCommit: boolean): void;
  /** All records are applied: sets the timers that the state calls for. */
  loaded(effects: Effects<R>): void;
}

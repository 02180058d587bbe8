import { E, type ErrorSpec } from '../protocol/errors.ts';
import type { RecordError } from './batch-validation.ts';

/** Who writes: a producer, whose batch is held against every rule, or this broker's own coordinators. */
export type AppendOrigin = 'client' | 'coordinator';

export interface AppendContext {
  readonly leaderEpoch: number;
  readonly origin: AppendOrigin;
  readonly nowMs: number;
  /** Version of the Produce request; the newest when left out. */
  readonly apiVersion?: number;
  /**
   * Set for a transactional batch whose transaction has to be known to the coordinator: whether that was asked and
   * answered with yes (KIP-890). Left out: not checked.
   */
  readonly isTransactionVerified?: boolean;
}

/** What became of a batch. */
export interface AppendResult {
  readonly error: ErrorSpec;
  /** Kafka's text for the error; null without one. */
  readonly message: string | null;
  /** -1 on an error. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** -1 unless the topic has LogAppendTime. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  readonly recordErrors: readonly RecordError[];
  /** The batch was there already, at the offsets given here. */
  readonly isDuplicate: boolean;
}

const NO_RECORD_ERRORS: readonly RecordError[] = [];

export function refusedAppend(
  error: ErrorSpec,
  message: string | null,
  logStartOffset: number,
  recordErrors = NO_RECORD_ERRORS,
): AppendResult {
  return {
    error,
    message,
    firstOffset: -1,
    lastOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset,
    recordErrors,
    isDuplicate: false,
  };
}

/** Where a batch lies that was appended now or, as a duplicate, before. */
export interface AppendedAt {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
}

export function appended(at: AppendedAt, isDuplicate: boolean): AppendResult {
  return {
    error: E.NONE,
    message: null,
    firstOffset: at.firstOffset,
    lastOffset: at.lastOffset,
    logAppendTimeMs: at.logAppendTimeMs,
    logStartOffset: at.logStartOffset,
    recordErrors: NO_RECORD_ERRORS,
    isDuplicate,
  };
}

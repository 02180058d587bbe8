import { E, type ErrorSpec } from '../protocol/errors.ts';
import type { RecordError } from './batch-validation.ts';
import type { Verification } from './producers/verification.ts';

/** Who writes: a producer, whose batch is held against every rule, or this broker's own coordinators. */
export type AppendOrigin = 'client' | 'coordinator';

export interface AppendContext {
  readonly leaderEpoch: number;
  readonly origin: AppendOrigin;
  readonly nowMs: number;
  /** Version of the Produce request; the newest when left out. */
  readonly apiVersion?: number;
  /** Whether the first batch of a transaction is refused unless it comes with {@link verification} (KIP-890). */
  readonly mustBeVerified?: boolean;
  /** What the partition gave out before the coordinator was asked, and said yes. */
  readonly verification?: Verification | undefined;
  /** Of a transaction marker: by which rules its epoch is judged; 0 when left out. */
  readonly transactionVersion?: number;
}

/** What became of a batch. */
export interface AppendResult {
  readonly error: ErrorSpec;
  /** What Kafka tells the client besides the code: in most cases nothing. */
  readonly message: string | null;
  /** What went wrong, for logs. */
  readonly detail: string | null;
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

/** What is said of a refusal besides its code. */
export interface RefusalText {
  readonly detail: string | null;
  readonly message?: string | null;
  readonly recordErrors?: readonly RecordError[];
}

/** @param logStartOffset -1 for a refusal that Kafka gives without looking at the log. */
export function refusedAppend(error: ErrorSpec, text: RefusalText, logStartOffset: number): AppendResult {
  return {
    error,
    message: text.message ?? null,
    detail: text.detail,
    firstOffset: -1,
    lastOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset,
    recordErrors: text.recordErrors ?? NO_RECORD_ERRORS,
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
    detail: null,
    firstOffset: at.firstOffset,
    lastOffset: at.lastOffset,
    logAppendTimeMs: at.logAppendTimeMs,
    logStartOffset: at.logStartOffset,
    recordErrors: NO_RECORD_ERRORS,
    isDuplicate,
  };
}

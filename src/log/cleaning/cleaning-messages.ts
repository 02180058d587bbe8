import type { CleanedGroup, CleaningJob, CleaningOutcome } from './cleaning-job.ts';

/**
 * Of the messages between a broker and its cleaning thread. To be raised when they change: an upgrade may put another
 * thread's file under a broker that runs.
 */
export const CLEANING_VERSION = 2;

/** What the thread is told. */
export type ToCleaner =
  | { readonly kind: 'clean'; readonly job: CleaningJob }
  /** The segment it made is in place. */
  | { readonly kind: 'goOn' }
  | { readonly kind: 'remove'; readonly paths: readonly string[] };

/** What the thread tells. */
export type FromCleaner =
  | { readonly kind: 'ready'; readonly version: number }
  | { readonly kind: 'cleaned'; readonly group: CleanedGroup }
  | { readonly kind: 'done'; readonly outcome: CleaningOutcome }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };

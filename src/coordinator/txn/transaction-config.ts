/** The settings of the transaction coordinator, read anew at each use. */
export interface TransactionCoordinatorConfig {
  /** transaction.max.timeout.ms: the longest timeout that a producer may ask for. */
  readonly transactionMaxTimeoutMs: number;
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms: how often transactions that took too long are looked for. */
  readonly abortTimedOutIntervalMs: number;
  /** transactional.id.expiration.ms: how long a transactional id that is not used is remembered. */
  readonly transactionalIdExpirationMs: number;
  /** transaction.remove.expired.transaction.cleanup.interval.ms: how often those are looked for. */
  readonly removeExpiredIntervalMs: number;
  /** How long an answer waits for its record to be committed. */
  readonly commitTimeoutMs: number;
  /** The finalized level of the feature transaction.version. */
  readonly transactionVersion: number;
}

/**
 * Transactional ids in one partition of `__transaction_state`. One more is refused with POLICY_VIOLATION: clients that make
 * up an id for each run would otherwise fill the memory until the ids expire.
 */
export const TRANSACTIONAL_IDS_MAX = 20_000;

/** Letters of all transactional ids in one partition, refused alike beyond it; one id has up to 32,767 bytes. */
export const TRANSACTIONAL_ID_LETTERS_MAX = 4_000_000;

/** Transactions of one partition whose markers are under way at a time; the others wait for their turn. */
export const MARKERS_IN_FLIGHT_MAX = 1_000;

/** Pause before markers that failed are sent again: doubled each time, up to the longest. */
export const MARKER_RETRY_MIN_MS = 20;
export const MARKER_RETRY_MAX_MS = 1_000;

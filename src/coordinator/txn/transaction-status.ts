/** Where a transactional id stands, with the numbers that the log knows (Kafka's TransactionState). */
export const TransactionStatus = {
  empty: 0,
  ongoing: 1,
  prepareCommit: 2,
  prepareAbort: 3,
  completeCommit: 4,
  completeAbort: 5,
} as const;
export type TransactionStatus = (typeof TransactionStatus)[keyof typeof TransactionStatus];

const NAMES: Readonly<Record<TransactionStatus, string>> = {
  [TransactionStatus.empty]: 'Empty',
  [TransactionStatus.ongoing]: 'Ongoing',
  [TransactionStatus.prepareCommit]: 'PrepareCommit',
  [TransactionStatus.prepareAbort]: 'PrepareAbort',
  [TransactionStatus.completeCommit]: 'CompleteCommit',
  [TransactionStatus.completeAbort]: 'CompleteAbort',
};

/** All names that a listing may ask for; the last two are states of Kafka's that no transactional id rests in here. */
export const STATUS_NAMES: ReadonlySet<string> = new Set([...Object.values(NAMES), 'Dead', 'PrepareEpochFence']);

export function statusName(status: TransactionStatus): string {
  return NAMES[status];
}

export function isTransactionStatus(value: number): value is TransactionStatus {
  return Object.hasOwn(NAMES, value);
}

/** The outcome is decided; markers are on their way. */
export function isPrepared(status: TransactionStatus): boolean {
  return status === TransactionStatus.prepareCommit || status === TransactionStatus.prepareAbort;
}

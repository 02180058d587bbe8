/** Money that goes from one account to another. In `transfers`. */
export interface Transfer {
  readonly transferId: string;
  readonly from: string;
  readonly to: string;
  readonly cents: number;
}

/** What a transfer does to one account. In `bookings`, keyed by account: twice the same would be somebody's money. */
export interface Booking {
  readonly bookingId: string;
  readonly account: string;
  readonly cents: number;
}

export function book({ transferId, from, to, cents }: Transfer): Booking[] {
  return [
    { bookingId: `${transferId}/from`, account: from, cents: -cents },
    { bookingId: `${transferId}/to`, account: to, cents },
  ];
}

/** After which step the machine fails. */
export const STEPS = {
  /** Read, nothing done. */
  read: 'read',
  /** Processed, nothing sent. */
  process: 'process',
  /** The results are with the broker. */
  write: 'write',
  /** The offsets as well. */
  offsets: 'offsets',
  /** The commit is under way: nobody can know whether it arrived. */
  commit: 'commit',
  /** Committed, and not yet back at reading. */
  committed: 'committed',
} as const;
export type Step = (typeof STEPS)[keyof typeof STEPS];

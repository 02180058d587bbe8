import type { BenchContext, Metric, Session } from '../workload.ts';
import type { ClientName } from './contestants.ts';

/** What must hold of our client: its median through that of the best of the others named, or by itself. */
export interface ClientGoal {
  readonly against: readonly ClientName[];
  /** For the report. */
  readonly name: string;
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  /** Once the best of them is so good, as good is enough. */
  readonly enough?: number;
}

export interface ClientMetric extends Omit<Metric, 'goals'> {
  readonly goals?: readonly ClientGoal[];
}

/** A workload that compares clients over one broker. */
export interface ClientWorkload {
  readonly kind: 'clients';
  readonly name: string;
  readonly title: string;
  readonly method: string;
  readonly metrics: readonly ClientMetric[];
  /** Starts the broker and fetches the clients. @param nodeFlags for our own client. */
  open(context: BenchContext, nodeFlags?: readonly string[]): Promise<Session<ClientName>>;
}

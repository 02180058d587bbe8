import type { Scale } from './scale.ts';
import type { ClusterSide } from './sides/cluster-side.ts';
import type { Side, SideName } from './sides/side.ts';

/**
 * What must hold of a metric. `ratio` is Posthorn's median through Kafka's, `median` and `worst` are Posthorn's own over
 * the rounds, `growth` its last round through its first.
 */
export interface Goal {
  readonly of: 'ratio' | 'median' | 'worst' | 'growth';
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
}

/** One number that every measurement of a workload gives. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** Which direction wins; `neither` for numbers that are shown without judging. */
  readonly better: 'more' | 'less' | 'neither';
  readonly goals?: readonly Goal[];
}

export type Values = Readonly<Record<string, number>>;

/** What a workload needs to run: the sides to compare, how much to do, and where data may lie. */
export interface BenchContext {
  readonly sides: readonly Side[];
  /** The same two, as clusters of three brokers. */
  readonly clusters: readonly ClusterSide[];
  readonly scale: Scale;
  /** Whether a workload may take over the brokers of the one before, when they have the settings that it wants. */
  readonly sharesBrokers: boolean;
  /** A directory of this run; it goes at the end. */
  readonly workRoot: string;
  note(text: string): void;
}

/** Brokers prepared for one workload. `measure` throws when a record is missing: a wrong run has no number. */
export interface Session<Who extends string = SideName> {
  measure(who: Who, round: number): Promise<Values>;
  close(): Promise<void>;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** How it is measured, for the report. */
  readonly method: string;
  readonly metrics: readonly Metric[];
  /** Starts what is needed and warms it up. */
  open(context: BenchContext): Promise<Session>;
}

import type { BenchContext, Metric, Values } from '../workload.ts';
import type { SideName } from '../sides/side.ts';

/** How something grows with something else: the same measurement at several sizes, a decade apart. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  /** How it is measured, for the report. */
  readonly method: string;
  /** What grows. */
  readonly sizeTitle: string;
  readonly sizes: readonly number[];
  readonly metrics: readonly Metric[];
  /** The metric that the picture shows. */
  readonly drawn: string;
  open(context: BenchContext): Promise<CurveSession>;
}

/** Brokers prepared for one curve. */
export interface CurveSession {
  measure(side: SideName, size: number, round: number): Promise<Values>;
  close(): Promise<void>;
}

/** The curve as the bench runs workloads: which results are kept under this name. */
export function resultName({ name }: Curve): string {
  return `curve-${name}`;
}

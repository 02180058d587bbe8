import { ForeignLoad } from './measure/foreign-load.ts';
import type { Measurement } from './report/results.ts';
import type { BenchContext, Session, Values } from './workload.ts';

/** What takes turns in a workload. */
export interface Turns<Who extends string> {
  readonly name: string;
  readonly who: readonly Who[];
  /** Every measurement has to give these. */
  readonly metrics: readonly { readonly key: string }[];
  readonly open: (context: BenchContext) => Promise<Session<Who>>;
}

/** Runs one workload: warmed sides, then rounds in the order A B, B A, A B, so that drift favours none. */
export async function runWorkload<Who extends string>(
  { name, who, metrics, open }: Turns<Who>,
  context: BenchContext,
  rounds: number,
): Promise<Measurement[]> {
  context.note(`${name}: preparing`);
  const session = await open(context);
  const measurements: Measurement[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 === 1 ? who : who.toReversed();
      for (const side of order) {
        context.note(`${name}: round ${round} of ${rounds}, ${side}`);
        const foreign = new ForeignLoad();
        const values = await session.measure(side, round);
        expectAll(name, metrics, values);
        const foreignCores = Number(foreign.cores().toFixed(2));
        measurements.push({ turn: measurements.length + 1, round, side, foreignCores, values });
      }
    }
  } finally {
    await session.close();
  }
  return measurements;
}

/** Throws when a measurement left out a number. */
export function expectAll(name: string, metrics: readonly { readonly key: string }[], values: Values): void {
  for (const { key } of metrics) {
    if (values[key] === undefined || Number.isNaN(values[key])) throw new Error(`${name} gave no ${key}`);
  }
}

import { ForeignLoad } from './measure/foreign-load.ts';
import type { Measurement } from './report/results.ts';
import type { BenchContext, Session } from './workload.ts';

/** What takes turns in a workload. */
export interface Turns<Who extends string> {
  readonly name: string;
  readonly who: readonly Who[];
  readonly open: (context: BenchContext) => Promise<Session<Who>>;
}

/** Runs one workload: warmed sides, then rounds in the order A B, B A, A B, so that drift favours none. */
export async function runWorkload<Who extends string>(
  { name, who, open }: Turns<Who>,
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
        const foreignCores = Number(foreign.cores().toFixed(2));
        measurements.push({ turn: measurements.length + 1, round, side, foreignCores, values });
      }
    }
  } finally {
    await session.close();
  }
  return measurements;
}

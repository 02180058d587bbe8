import { ForeignLoad } from './measure/foreign-load.ts';
import type { Measurement } from './report/results.ts';
import type { BenchContext, Workload } from './workload.ts';

/** Runs one workload: warmed sides, then rounds in the order A B, B A, A B, so that drift favours neither. */
export async function runWorkload(workload: Workload, context: BenchContext, rounds: number): Promise<Measurement[]> {
  context.note(`${workload.name}: preparing`);
  const session = await workload.open(context);
  const measurements: Measurement[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 === 1 ? context.sides : context.sides.toReversed();
      for (const { name } of order) {
        context.note(`${workload.name}: round ${round} of ${rounds}, ${name}`);
        const foreign = new ForeignLoad();
        const values = await session.measure(name, round);
        const foreignCores = Number(foreign.cores().toFixed(2));
        measurements.push({ turn: measurements.length + 1, round, side: name, foreignCores, values });
      }
    }
  } finally {
    await session.close();
  }
  return measurements;
}

import { ForeignLoad } from '../measure/foreign-load.ts';
import { expectAll } from '../run.ts';
import type { Measurement } from '../report/results.ts';
import type { BenchContext } from '../workload.ts';
import type { Curve } from './curve.ts';

/** Runs one curve, from the smallest size to the largest; sides take turns at each, in an order that changes from turn to turn. */
export async function runCurve(curve: Curve, context: BenchContext, rounds: number): Promise<Measurement[]> {
  context.note(`curve ${curve.name}: preparing`);
  const session = await curve.open(context);
  const measurements: Measurement[] = [];
  const who = context.sides.map((side) => side.name);
  try {
    for (const [place, size] of curve.sizes.entries()) {
      for (let round = 1; round <= rounds; round++) {
        const order = (place + round) % 2 === 1 ? who : who.toReversed();
        for (const side of order) {
          context.note(`curve ${curve.name}: ${size}, round ${round} of ${rounds}, ${side}`);
          const foreign = new ForeignLoad();
          const values = await session.measure(side, size, round);
          expectAll(curve.name, curve.metrics, values);
          const foreignCores = Number(foreign.cores().toFixed(2));
          measurements.push({ turn: measurements.length + 1, round, side, size, foreignCores, values });
        }
      }
    }
  } finally {
    await session.close();
  }
  return measurements;
}

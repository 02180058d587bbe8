import assert from 'node:assert/strict';
import { simulate } from '../../../src/testing/simulator/simulate.ts';

/** Runs the seeds from `first` on and tells of all that failed, each with the command that repeats it. */
export async function runSeeds(first: number, count: number): Promise<void> {
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const { violation } = await simulate(seed);
    if (violation !== undefined) failures.push(`npm run simulate -- --from ${seed} --trace: ${violation}`);
  }
  assert.deepEqual(failures, []);
}

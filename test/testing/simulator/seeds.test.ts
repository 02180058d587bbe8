import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../../src/testing/simulator/simulate.ts';

const FIRST_SEEDS = [1, 151];
const SEEDS_EACH = 25;

test('fifty seeds go through their faults', async () => {
  const failures: string[] = [];
  for (const first of FIRST_SEEDS) {
    for (let seed = first; seed < first + SEEDS_EACH; seed++) {
      const { violation } = await simulate(seed);
      if (violation !== undefined) failures.push(`npm run simulate -- --from ${seed} --trace: ${violation}`);
    }
  }
  assert.deepEqual(failures, []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../../src/testing/simulator/simulate.ts';

const FIRST_SEED = 1;
const SEEDS = 150;

test('the first hundred and fifty seeds go through their faults', async () => {
  const failures: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const { violation } = await simulate(seed);
    if (violation !== undefined) failures.push(`npm run simulate -- --from ${seed} --trace: ${violation}`);
  }
  assert.deepEqual(failures, []);
});

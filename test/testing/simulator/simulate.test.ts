import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { simulate } from '../../../src/testing/simulator/simulate.ts';

const SEED = 16;

suite('the simulator', () => {
  test('the same seed gives the same run, event for event, whatever ran before', async () => {
    const first = await simulate(SEED);
    const other = await simulate(SEED + 1);
    const again = await simulate(SEED);
    assert.equal(first.violation, undefined);
    assert.ok(first.events > 500, 'something happened');
    assert.equal(again.hash, first.hash);
    assert.deepEqual(again.trace, first.trace);
    assert.notEqual(other.hash, first.hash);
  });
});

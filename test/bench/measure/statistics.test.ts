import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile, summarize } from '../../../bench/measure/statistics.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 100]), 3);
  assert.throws(() => median([]), /nothing/);
});

test('a summary keeps spread and order of the rounds', () => {
  assert.deepEqual(summarize([30, 10, 20]), { median: 20, min: 10, max: 30, first: 30, last: 20 });
});

test('a percentile is the value at its rank, the last one the largest', () => {
  const values = [5, 1, 4, 2, 3];
  assert.deepEqual(
    [0, 0.5, 0.6, 0.61, 0.99, 1].map((part) => percentile(values, part)),
    [1, 3, 3, 4, 5, 5],
  );
  assert.throws(() => percentile([], 0.5), /nothing/);
});

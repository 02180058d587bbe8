import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, summarize } from '../../../bench/measure/statistics.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 100]), 3);
  assert.throws(() => median([]), /nothing/);
});

test('a summary keeps spread and order of the rounds', () => {
  assert.deepEqual(summarize([30, 10, 20]), { median: 20, min: 10, max: 30, first: 30, last: 20 });
});

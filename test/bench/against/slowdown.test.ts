import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSlower, slowdowns, type Cost, type Pair } from '../../../bench/against/slowdown.ts';

const cost: Cost = { key: 'cpu', title: 'CPU', unit: 's', clock: 'cpu' };

const QUIET = 0;
const BUSY = 1;

function pairs(...rounds: readonly (readonly [now: number, before: number])[]): Pair[] {
  return rounds.map(([now, before]) => ({ now: { cpu: now }, before: { cpu: before } }));
}

test('a build is slower when what a unit costs is more than 15 percent up in the middle round', () => {
  const [found] = slowdowns([cost], pairs([1.2, 1], [2.4, 2], [1.3, 1]));
  assert.equal(found?.ratio, 1.2);
  assert.equal(isSlower(found, QUIET), true);
});

test('one disturbed round, and a machine that slows down for both, make no build slower', () => {
  const [found] = slowdowns([cost], pairs([1, 1], [9, 1], [2, 2], [4, 4], [3, 9]));
  assert.equal(found?.ratio, 1);
  assert.equal(isSlower(found, QUIET), false);
});

test('what was not measured is refused, and what makes no ratio is not taken for fast', () => {
  assert.throws(() => slowdowns([{ ...cost, key: 'other' }], pairs([1, 1])), /no other was measured/);
  const [found] = slowdowns([cost], pairs([0, 0]));
  assert.equal(found !== undefined && isSlower(found, QUIET), true);
});

test('on a busy machine a build is not judged by the time that passes, but by that of the processor', () => {
  const [cpu, wall] = slowdowns([cost, { ...cost, clock: 'wall' }], pairs([2, 1], [2, 1], [2, 1]));
  assert.ok(cpu !== undefined && wall !== undefined);
  assert.deepEqual([isSlower(cpu, BUSY), isSlower(wall, BUSY), isSlower(wall, QUIET)], [true, false, true]);
});

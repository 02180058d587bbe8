import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busySecondsOf } from '../../../bench/measure/foreign-load.ts';
import { cpuSecondsOf, memoryOf } from '../../../bench/measure/process-stats.ts';

test('processor time is user and system time, whatever the program is called', () => {
  const stat = '41 (a) b (c) S 1 41 41 0 -1 4194304 100 0 0 0 250 50 7 9 20 0 11 0 100 1000 200';
  assert.equal(cpuSecondsOf(stat), 3);
  assert.equal(cpuSecondsOf(stat, { withEndedChildren: true }), 3.16);
});

test('busy time of the machine leaves out idling, waiting and guests', () => {
  assert.equal(busySecondsOf('cpu  100 20 30 9000 800 4 5 6 70 8\ncpu0 1 1 1 1 1 1 1 1 1 1\n'), 1.65);
});

test('memory is read in bytes, now and at its peak', () => {
  const status = 'Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t     300 kB\nVmRSS:\t     200 kB\nThreads:\t11\n';
  assert.deepEqual(memoryOf(status), { residentBytes: 204_800, peakBytes: 307_200 });
});

test('a status without memory is refused', () => {
  assert.throws(() => memoryOf('Name:\tkthreadd\n'), /VmRSS/);
});

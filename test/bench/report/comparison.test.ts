import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from '../../../bench/report/comparison.ts';
import { benchmarksDocument } from '../../../bench/report/document.ts';
import type { Result } from '../../../bench/report/results.ts';
import { scales } from '../../../bench/scale.ts';
import type { Workload } from '../../../bench/workload.ts';

const workload: Workload = {
  name: 'example',
  title: 'Example',
  method: 'By hand.',
  metrics: [
    {
      key: 'rate',
      title: 'rate',
      unit: 'records/s',
      better: 'more',
      goals: [{ of: 'ratio', bound: 'at least', limit: 1 }],
    },
    {
      key: 'mb',
      title: 'memory',
      unit: 'MB',
      better: 'less',
      goals: [
        { of: 'worst', bound: 'at most', limit: 200 },
        { of: 'growth', bound: 'at most', limit: 1.1 },
        { of: 'median', bound: 'at most', limit: 190 },
      ],
    },
    { key: 'cpu', title: 'CPU', unit: 's', better: 'less' },
  ],
  open: () => Promise.reject(new Error('not run')),
};

/** Rounds 1-3 in the order they ran: A B, B A, A B. */
const result: Result = {
  workload: 'example',
  scale: scales.quick,
  at: '2026-01-02T03:04:05.000Z',
  commit: 'abc1234',
  kafka: '4.3.1',
  machine: { processor: 'P', cores: 2, memoryGib: 8, kernel: 'K', fileSystem: 'ext4', node: 'v20', java: '17' },
  measurements: [
    { turn: 1, round: 1, side: 'posthorn', foreignCores: 0.25, values: { rate: 120, mb: 180, cpu: 3 } },
    { turn: 2, round: 1, side: 'kafka', foreignCores: 0.25, values: { rate: 100, mb: 400, cpu: 2 } },
    { turn: 3, round: 2, side: 'kafka', foreignCores: 0.25, values: { rate: 90, mb: 410, cpu: 2 } },
    { turn: 4, round: 2, side: 'posthorn', foreignCores: 0.25, values: { rate: 130, mb: 170, cpu: 3 } },
    { turn: 5, round: 3, side: 'posthorn', foreignCores: 0.25, values: { rate: 110, mb: 210, cpu: 3 } },
    { turn: 6, round: 3, side: 'kafka', foreignCores: 0.25, values: { rate: 110, mb: 420, cpu: 2 } },
  ],
};

const nothing = { workloads: [], clientWorkloads: [], curves: [], tried: '' };

test('medians of both sides, their ratio, and each goal on what it speaks of', () => {
  const [rate, memory, cpu] = compare(workload, result);
  assert.equal(rate?.ratio, 1.2);
  assert.deepEqual(rate?.goals, [{ text: "at least 1 of Kafka's", isMet: true, value: 1.2 }]);
  assert.deepEqual(
    memory?.goals.map(({ value, isMet }) => [Number(value.toFixed(3)), isMet]),
    [
      [210, false],
      [1.167, false],
      [180, true],
    ],
  );
  assert.equal(rate.isLost, false);
  assert.equal(cpu?.isLost, true);
});

test('the document names missed goals, lost numbers and what was not measured', () => {
  const text = benchmarksDocument(
    { ...nothing, workloads: [workload, { ...workload, name: 'other' }] },
    new Map([['example', result]]),
  );
  assert.match(text, /Not measured yet: other\./);
  assert.match(text, /\| Example \| rate \| at least 1 of Kafka's \| 1\.2 \| met \|/);
  assert.match(text, /- Goal missed: Example, memory: 210, should be at most 200 MB in every round\./);
  assert.match(text, /- Kafka is better: Example, CPU: 3 against 2 s\./);
  assert.match(text, /other processes used 0\.25 cores/);
  assert.match(text, /\| rate, records\/s \| 120 \(110-130\) \| 100 \(90-110\) \| 1\.20 \|/);
});

test('a workload without one of its numbers is refused', () => {
  const holed = {
    ...result,
    measurements: [{ turn: 1, round: 1, side: 'posthorn' as const, foreignCores: 0.25, values: { rate: 1 } }],
  };
  assert.throws(() => compare(workload, holed), /median of nothing|has no/);
});

test('a number that a result is too old to have is named, and the others are shown', () => {
  const grown: Workload = {
    ...workload,
    metrics: [...workload.metrics, { key: 'p999', title: 'p99.9', unit: 'µs', better: 'less' }],
  };
  const text = benchmarksDocument({ ...nothing, workloads: [grown] }, new Map([['example', result]]));
  assert.match(text, /Not measured yet: of example: p99\.9\./);
  assert.match(text, /\| rate, records\/s \| 120 \(110-130\)/);
});

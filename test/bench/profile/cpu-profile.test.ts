import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byFolder, selfTimes, type CpuProfile } from '../../../bench/profile/cpu-profile.ts';

function node(id: number, functionName: string, url: string): CpuProfile['nodes'][number] {
  return { id, callFrame: { functionName, url, lineNumber: 0, columnNumber: 0 } };
}

const profile: CpuProfile = {
  startTime: 1_000_000,
  nodes: [
    node(1, '(root)', ''),
    node(2, 'append', 'src/log/partition-log.ts:5'),
    node(3, '(idle)', ''),
    node(4, 'append', 'src/log/partition-log.ts:5'),
    node(5, 'writeBuffer', ''),
    node(6, '', 'node:net'),
  ],
  samples: [2, 3, 4, 5, 6, 3],
  timeDeltas: [500, 1000, 50_000, 3000, 2000, 5000],
};

test('self time belongs to the sample before it and is summed over call paths, idle left out', () => {
  assert.deepEqual(selfTimes(profile, { beginMicros: 0, endMicros: 2e6 }), [
    { name: '(anonymous)', place: 'node:net', ms: 5 },
    { name: 'append', place: 'src/log/partition-log.ts:5', ms: 4 },
    { name: 'writeBuffer', place: '', ms: 2 },
  ]);
});

test('only samples within the window count', () => {
  const window = { beginMicros: 1_051_000, endMicros: 1_055_000 };
  assert.deepEqual(
    selfTimes(profile, window).map(({ name, ms }) => [name, ms]),
    [
      ['append', 3],
      ['writeBuffer', 2],
    ],
  );
});

test('folders sum their functions', () => {
  const places = [
    { name: 'a', place: 'src/log/x.ts:1', ms: 2 },
    { name: 'b', place: 'src/log/y.ts:9', ms: 3 },
    { name: 'c', place: '../n/node_modules/@node-rs/crc32/index.js:1', ms: 1 },
    { name: '(garbage collector)', place: '', ms: 0.5 },
    { name: 'writev', place: '', ms: 0.25 },
  ];
  assert.deepEqual(
    byFolder(places).map(({ name, ms }) => [name, ms]),
    [
      ['src/log', 5],
      ['node_modules/@node-rs/crc32', 1],
      ['(garbage collector)', 0.5],
      ['(built-in)', 0.25],
    ],
  );
});

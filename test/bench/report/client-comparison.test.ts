import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientWorkload } from '../../../bench/clients/client-workload.ts';
import { CLIENT_NAMES } from '../../../bench/clients/contestants.ts';
import { compareClients } from '../../../bench/report/client-comparison.ts';
import { clientTerminalTable } from '../../../bench/report/client-tables.ts';
import { benchmarksDocument } from '../../../bench/report/document.ts';
import type { Result } from '../../../bench/report/results.ts';
import { scales } from '../../../bench/scale.ts';

const workload: ClientWorkload = {
  kind: 'clients',
  name: 'client-example',
  title: 'Clients: example',
  method: 'By hand.',
  metrics: [
    {
      key: 'rate',
      title: 'rate',
      unit: 'records/s',
      better: 'more',
      goals: [
        { against: ['kafkajs', 'platformatic'], name: 'the best JavaScript client', bound: 'at least', limit: 1.5 },
        { against: ['librdkafka'], name: 'librdkafka', bound: 'at least', limit: 1, enough: 700 },
      ],
    },
    { key: 'mb', title: 'memory', unit: 'MB', better: 'less' },
  ],
  open: () => Promise.reject(new Error('not run')),
};

const rates = { posthorn: 720, kafkajs: 100, platformatic: 500, librdkafka: 900, java: 800 };
const memory = { posthorn: 80, kafkajs: 100, platformatic: 160, librdkafka: 40, java: 120 };

const result: Result = {
  workload: 'client-example',
  scale: scales.quick,
  at: '2026-01-02T03:04:05.000Z',
  commit: 'abc1234',
  kafka: '4.3.1',
  machine: { processor: 'P', cores: 2, memoryGib: 8, kernel: 'K', fileSystem: 'ext4', node: 'v20', java: '17' },
  measurements: [-10, 10, 0].flatMap((off, round) =>
    CLIENT_NAMES.map((side, index) => ({
      turn: round * CLIENT_NAMES.length + index + 1,
      round: round + 1,
      side,
      foreignCores: 0.25,
      values: { rate: rates[side] + off, mb: memory[side] },
    })),
  ),
};

const nothing = { workloads: [], clientWorkloads: [], curves: [], tried: '' };

test('ratios are to the best of each kind: the fastest, and the one that needs least', () => {
  const [rate, mb] = compareClients(workload, result);
  assert.deepEqual(rate?.ratios, [720 / 500, 720 / 900, 720 / 800]);
  assert.deepEqual(mb?.ratios, [80 / 100, 80 / 40, 80 / 120]);
});

test('a goal is met by its ratio, or by what is enough in itself', () => {
  const [rate] = compareClients(workload, result);
  assert.deepEqual(rate?.goals, [
    { text: 'at least 1.5 of the best JavaScript client', value: 1.44, isMet: false },
    { text: 'at least 1 of librdkafka, or 700 records/s', value: 0.8, isMet: true },
  ]);
});

test('the document shows all clients, and where another one is better', () => {
  const text = benchmarksDocument({ ...nothing, clientWorkloads: [workload] }, new Map([['client-example', result]]));
  assert.match(text, /\| rate, records\/s \| 720 \(710-730\) \| 100 \(90-110\) \| .* \| 1\.44 \| 0\.80 \| 0\.90 \|/);
  assert.match(text, /- Goal missed: Clients: example, rate: 1\.44, should be at least 1\.5/);
  assert.match(text, /- Another client is better: Clients: example, memory: 2\.00 to librdkafka\./);
  assert.match(clientTerminalTable(workload, result), /@platformatic\/kafka +500 \(490-510\)/);
});

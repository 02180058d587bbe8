import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Curve } from '../../../bench/curves/curve.ts';
import { curvePart, curvePicture } from '../../../bench/report/curve-tables.ts';
import { benchmarksDocument } from '../../../bench/report/document.ts';
import { ratiosPicture } from '../../../bench/report/pictures.ts';
import type { Measurement, Result } from '../../../bench/report/results.ts';
import { barChart, lineChart } from '../../../bench/report/svg.ts';
import { scales } from '../../../bench/scale.ts';
import type { Workload } from '../../../bench/workload.ts';

const facts = {
  scale: scales.quick,
  at: '2026-01-02T03:04:05.000Z',
  commit: 'abc1234',
  kafka: '4.3.1',
  machine: { processor: 'P', cores: 2, memoryGib: 8, kernel: 'K', fileSystem: 'ext4', node: 'v20', java: '17' },
};

const curve: Curve = {
  name: 'things',
  title: 'How cost grows with things',
  method: 'By hand.',
  sizeTitle: 'things',
  sizes: [10, 100],
  metrics: [{ key: 'cpu', title: 'CPU', unit: 's', better: 'less' }],
  drawn: 'cpu',
  open: () => Promise.reject(new Error('not run')),
};

const grown: Result = {
  ...facts,
  workload: 'curve-things',
  measurements: [10, 100].flatMap((size, place): Measurement[] => [
    { turn: place * 2 + 1, round: 1, side: 'posthorn', size, foreignCores: 0, values: { cpu: size } },
    { turn: place * 2 + 2, round: 1, side: 'kafka', size, foreignCores: 0, values: { cpu: size * 4 } },
  ]),
};

test('a curve has a line to a size, with both sides and their ratio, and names its picture', () => {
  const part = curvePart(curve, grown, 'benchmarks');
  assert.match(part, /!\[How cost grows with things\]\(benchmarks\/curve-things\.svg\)/);
  assert.match(part, /\| 10 \| 10 \| 40 \| 0\.25 \|\n\| 100 \| 100 \| 400 \| 0\.25 \|/);
  const document = benchmarksDocument(
    { workloads: [], clientWorkloads: [], curves: [curve], tried: '## What was tried\n' },
    new Map([['curve-things', grown]]),
  );
  assert.match(document, /## Curves\n\n### How cost grows with things/);
  assert.match(document, /\n\n## What was tried\n$/);
});

test('a decade is as wide as any other, and more lies further up', () => {
  const picture = curvePicture(curve, grown);
  const lines = [...picture.matchAll(/<polyline points="([^"]+)"/g)].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );
  const [[ours = [], oursLater = []] = [], [theirs = []] = []] = lines;
  assert.ok((oursLater[0] ?? 0) > (ours[0] ?? 0), 'more things lie further right');
  assert.ok((theirs[1] ?? 0) < (ours[1] ?? 0), 'more cost lies further up');
  assert.match(picture, />Posthorn<\/text>[\s\S]*>Kafka<\/text>/);
});

test('what is not above zero has no place on a logarithmic scale, and names do not break the picture', () => {
  const points = [
    { x: 1, y: 0 },
    { x: 10, y: 5 },
  ];
  const picture = lineChart({
    title: 'a < b & "c"',
    xTitle: 'x',
    yTitle: 'y',
    series: [{ name: 's', isOurs: true, points }],
  });
  assert.equal(picture.match(/<circle /g)?.length, 1);
  assert.match(picture, /a &lt; b &amp; &quot;c&quot;/);
  assert.doesNotMatch(picture, /NaN|Infinity/);
});

test('a bar goes to the right of one for better and to the left for worse', () => {
  const picture = barChart('Title', 'Subtitle', [
    { label: 'better', value: 4 },
    { label: 'worse', value: 0.5 },
    { label: 'unknown', value: Number.NaN },
  ]);
  const bars = [...picture.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(([, x, width]) => ({
    from: Number(x),
    to: Number(x) + Number(width),
  }));
  assert.equal(bars.length, 2);
  const [better, worse] = bars;
  assert.ok(better !== undefined && worse !== undefined && Math.abs(better.from - worse.to) < 0.2);
  assert.doesNotMatch(picture, /NaN|Infinity/);
});

test('the picture of ratios shows how many times better, also where less is better', () => {
  const workload: Workload = {
    name: 'example',
    title: 'Example',
    method: 'By hand.',
    metrics: [
      {
        key: 'mb',
        title: 'memory',
        unit: 'MB',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: 0.3 }],
      },
    ],
    open: () => Promise.reject(new Error('not run')),
  };
  const measurements = [
    { turn: 1, round: 1, side: 'posthorn', foreignCores: 0, values: { mb: 50 } },
    { turn: 2, round: 1, side: 'kafka', foreignCores: 0, values: { mb: 400 } },
  ];
  const results = new Map([['example', { ...facts, workload: 'example', measurements }]]);
  assert.match(ratiosPicture([workload], results), />Example: memory<\/text>[\s\S]*>8x<\/text>/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AssertionFailed } from '../../src/base/assert.ts';
import { DURATION_BOUNDS_S, Histogram, SIZE_BOUNDS_BYTES } from '../../src/metrics/metric.ts';
import { MetricRegistry } from '../../src/metrics/metric-registry.ts';

test('the text is what Prometheus reads', () => {
  const registry = new MetricRegistry();
  const requests = registry.counters({
    name: 'requests_total',
    help: 'Requests\nserved \\ all.',
    labels: ['api', 'listener'],
  });
  requests.of('Produce', 'PLAIN "1"').value += 3;
  requests.of('Fetch', 'a\\b\nc').value++;
  requests.of('Produce', 'PLAIN "1"').value++;
  registry.gauge('open_connections', 'Open connections.').value = -2.5;
  registry.computed({ name: 'lag', help: 'Lag.', labels: ['topic'] }, () => [
    { labelValues: ['orders'], value: Infinity },
    { labelValues: ['returns'], value: NaN },
  ]);
  const durations = registry.histograms({ name: 'seconds', help: 'Durations.', labels: ['api'] }, [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 3]) durations.of('Produce').observe(value);
  assert.equal(
    registry.expose(),
    [
      '# HELP requests_total Requests\\nserved \\\\ all.',
      '# TYPE requests_total counter',
      'requests_total{api="Produce",listener="PLAIN \\"1\\""} 4',
      'requests_total{api="Fetch",listener="a\\\\b\\nc"} 1',
      '# HELP open_connections Open connections.',
      '# TYPE open_connections gauge',
      'open_connections -2.5',
      '# HELP lag Lag.',
      '# TYPE lag gauge',
      'lag{topic="orders"} +Inf',
      'lag{topic="returns"} NaN',
      '# HELP seconds Durations.',
      '# TYPE seconds histogram',
      'seconds_bucket{api="Produce",le="0.1"} 2',
      'seconds_bucket{api="Produce",le="1"} 3',
      'seconds_bucket{api="Produce",le="+Inf"} 4',
      'seconds_sum{api="Produce"} 3.65',
      'seconds_count{api="Produce"} 4',
      '',
    ].join('\n'),
  );
});

test('every observation falls in the bucket of its size, and quantiles in the bucket of their rank', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, quantile) => {
        const histogram = new Histogram(DURATION_BOUNDS_S);
        for (const value of values) histogram.observe(value);
        for (const [index, bound] of DURATION_BOUNDS_S.entries()) {
          const from = index === 0 ? -Infinity : DURATION_BOUNDS_S[index - 1]!;
          assert.equal(histogram.counts[index], values.filter((value) => value > from && value <= bound).length);
        }
        assert.equal(histogram.count, values.length);
        const sorted = Float64Array.from(values).toSorted();
        const exact = sorted[Math.max(Math.ceil(quantile * values.length) - 1, 0)]!;
        const upper = DURATION_BOUNDS_S.find((bound) => bound >= exact) ?? DURATION_BOUNDS_S.at(-1)!;
        const lower = DURATION_BOUNDS_S.findLast((bound) => bound < exact) ?? 0;
        const found = histogram.quantile(quantile);
        assert.ok(found >= Math.min(lower, upper) - 1e-9 && found <= upper + 1e-9, `${found} for ${exact}`);
      },
    ),
  );
  assert.equal(new Histogram(SIZE_BOUNDS_BYTES).quantile(0.99), 0);
  assert.equal(SIZE_BOUNDS_BYTES.at(-1), 64 * 1024 * 1024);
});

test('series are bounded: those beyond the limit share one', () => {
  const registry = new MetricRegistry();
  const family = registry.counters({ name: 'bytes_total', help: 'Bytes.', labels: ['client'], seriesMax: 2 });
  for (const client of ['a', 'b', 'c', 'd', 'a']) family.of(client).value++;
  assert.deepEqual(
    [...family.series()].map(({ labelValues, metric }) => [labelValues[0], metric.value]),
    [
      ['a', 2],
      ['b', 1],
      ['(other)', 2],
    ],
  );
  family.remove('a');
  family.remove('b');
  family.of('c').value++;
  assert.deepEqual(
    [...family.series()].map(({ labelValues }) => labelValues[0]),
    ['(other)', 'c'],
  );
});

test('what would not be readable is refused', () => {
  const registry = new MetricRegistry();
  registry.counter('fine_total', 'Fine.');
  assert.throws(() => registry.counter('fine_total', 'Again.'), AssertionFailed);
  assert.throws(() => registry.counter('not-fine', 'Hyphen.'), AssertionFailed);
  assert.throws(() => registry.histograms({ name: 'h', help: 'H.', labels: ['le'] }), AssertionFailed);
  assert.throws(() => registry.counters({ name: 'c', help: 'C.', labels: ['a'] }).of(), AssertionFailed);
});

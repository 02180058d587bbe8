import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConsumerReport, parseProducerReport } from '../../../bench/tools/perf-tools.ts';

const produced =
  '4001 records sent, 800.2 records/sec (0.78 MB/sec), 1.0 ms avg latency, 9.0 ms max latency.\n' +
  '20000 records sent, 11751.469 records/sec (11.48 MB/sec), 391.34 ms avg latency, 601.00 ms max latency, 434 ms 50th, 571 ms 95th, 586 ms 99th, 600 ms 99.9th.\n';
const consumed =
  '2026-01-01 00:00:00:000, 2026-01-01 00:00:04:000, 19.5, 4.9, 20000, 5000.0, 3200, 800, 24.4, 25000.0\n';

test('the last line of the producer test gives rate and latencies', () => {
  const latencies = { p50Ms: 434, p99Ms: 586, p999Ms: 600 };
  assert.deepEqual(parseProducerReport(produced, 20_000), { recordsPerSecond: 11_751.469, ...latencies });
});

test('a producer test that lost records has no number', () => {
  assert.throws(() => parseProducerReport(produced, 20_001), /of 20001 records/);
  assert.throws(() => parseProducerReport('', 20_000), /of 20000 records/);
});

test('the consumer test gives the rate of its fetching time', () => {
  assert.deepEqual(parseConsumerReport(consumed, 20_000), { recordsPerSecond: 25_000 });
});

test('a consumer test that missed records has no number', () => {
  assert.throws(() => parseConsumerReport(consumed, 19_999), /of 19999 records/);
});

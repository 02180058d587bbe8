import { fixed } from '../../tools/java-format.ts';

const MIB = 1024 * 1024;
/** Latencies that are kept; of more records every so-manieth counts. */
const SAMPLES_MAX = 500_000;
const PERCENTILES = [
  [0.5, '50th'],
  [0.95, '95th'],
  [0.99, '99th'],
  [0.999, '99.9th'],
] as const;

interface Sum {
  count: number;
  bytes: number;
  totalLatencyMs: number;
  maxLatencyMs: number;
}

function emptySum(): Sum {
  return { count: 0, bytes: 0, totalLatencyMs: 0, maxLatencyMs: 0 };
}

function add(sum: Sum, latencyMs: number, bytes: number): void {
  sum.count++;
  sum.bytes += bytes;
  sum.totalLatencyMs += latencyMs;
  sum.maxLatencyMs = Math.max(sum.maxLatencyMs, latencyMs);
}

/** What was written since the start and since the last report, in Kafka's lines (ProducerPerformance.Stats). Latencies are whole milliseconds. */
export class ProducerPerfStats {
  readonly #startMs: number;
  readonly #sampling: number;
  readonly #latenciesMs: Int32Array;
  readonly #isSteadyState: boolean;
  readonly #intervalMs: number;
  readonly #all = emptySum();
  #window = emptySum();
  #windowStartMs: number;
  #samples = 0;
  #isQuiet = false;

  constructor(records: number, nowMs: number, intervalMs: number, isSteadyState = false) {
    this.#startMs = nowMs;
    this.#windowStartMs = nowMs;
    this.#intervalMs = intervalMs;
    this.#isSteadyState = isSteadyState;
    this.#sampling = Math.floor(records / Math.min(records, SAMPLES_MAX));
    this.#latenciesMs = new Int32Array(Math.floor(records / this.#sampling) + 1);
  }

  /** Reports no more in between. */
  hush(): void {
    this.#isQuiet = true;
  }

  /** Counts a record; the lines of a report, when one is due. */
  record(latencyMs: number, bytes: number, nowMs: number): string[] {
    if (this.#all.count % this.#sampling === 0) this.#latenciesMs[this.#samples++] = latencyMs;
    add(this.#all, latencyMs, bytes);
    add(this.#window, latencyMs, bytes);
    if (nowMs - this.#windowStartMs < this.#intervalMs) return [];
    const lines: string[] = [];
    if (this.#isSteadyState && this.#all.count === this.#window.count) lines.push('In steady state.');
    if (!this.#isQuiet) lines.push(this.#windowLine(nowMs));
    this.#window = emptySum();
    this.#windowStartMs = nowMs;
    return lines;
  }

  /** The summary. */
  total(nowMs: number): string {
    const { count, totalLatencyMs, maxLatencyMs } = this.#all;
    const { perSecond, mibPerSecond } = rates(this.#all, nowMs - this.#startMs);
    const sorted = this.#latenciesMs.subarray(0, this.#samples).toSorted();
    const at = PERCENTILES.map(([part, name]) => `${sorted[Math.trunc(part * sorted.length)] ?? 0} ms ${name}`);
    const what = `${count}${this.#isSteadyState ? ' steady state' : ''} records sent`;
    const speed = `${fixed(perSecond, 6)} records/sec (${fixed(mibPerSecond, 2)} MB/sec)`;
    const latency = `${fixed(totalLatencyMs / count, 2)} ms avg latency, ${fixed(maxLatencyMs, 2)} ms max latency`;
    return `${what}, ${speed}, ${latency}, ${at.join(', ')}.`;
  }

  #windowLine(nowMs: number): string {
    const { count, totalLatencyMs, maxLatencyMs } = this.#window;
    const { perSecond, mibPerSecond } = rates(this.#window, nowMs - this.#windowStartMs);
    const speed = `${fixed(perSecond, 1)} records/sec (${fixed(mibPerSecond, 2)} MB/sec)`;
    const latency = `${fixed(totalLatencyMs / count, 1)} ms avg latency, ${fixed(maxLatencyMs, 1)} ms max latency`;
    return `${count} records sent, ${speed}, ${latency}.`;
  }
}

function rates({ count, bytes }: Sum, elapsedMs: number): { perSecond: number; mibPerSecond: number } {
  return { perSecond: (1000 * count) / elapsedMs, mibPerSecond: (1000 * bytes) / elapsedMs / MIB };
}

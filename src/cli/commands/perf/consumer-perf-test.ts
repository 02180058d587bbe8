import { Cluster } from '../../../client/cluster.ts';
import { Consumer } from '../../../client/consumer/consumer.ts';
import { clientOptions } from '../../tools/connect.ts';
import { asJavaFailure, ILLEGAL_ARGUMENT, javaFailure } from '../../tools/java-failure.ts';
import { javaMessage } from '../../tools/java-error.ts';
import { simpleDate } from '../../tools/java-date.ts';
import { fixed } from '../../tools/java-format.ts';
import { Silence } from '../../tools/silence.ts';
import { subscribe } from '../../tools/subscribe.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { consumerPerfIn, type ConsumerPerf, type ConsumerPerfPlan } from './consumer-perf-options.ts';

const MIB = 1024 * 1024;
const SUMS = 'data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec';
const TIMES = 'rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec';

/** `kafka-consumer-perf-test` (ConsumerPerformance): reads and tells how fast. */
export const consumerPerfTestTool: Tool = {
  name: 'kafka-consumer-perf-test',
  async run(args, world) {
    const perf = consumerPerfIn(args, world);
    if (perf === undefined) return 0;
    try {
      await new ConsumerPerfRun(perf, world).run();
      return 0;
    } catch (error) {
      const reason = error instanceof RangeError ? javaFailure(ILLEGAL_ARGUMENT, error.message) : asJavaFailure(error);
      throw new ToolFailure(`${javaMessage(error)}\n${reason.message}`);
    }
  },
};

interface Sum {
  bytes: number;
  records: number;
}

class ConsumerPerfRun {
  readonly #perf: ConsumerPerf;
  readonly #world: ToolWorld;
  readonly #total: Sum = { bytes: 0, records: 0 };
  #plan!: ConsumerPerfPlan;
  #reported: Sum = { bytes: 0, records: 0 };
  #reportedMs = 0;
  #assigned = 0;
  #joinSinceMs = 0;
  #joinMs = 0;
  #joinMsOfRound = 0;

  constructor(perf: ConsumerPerf, world: ToolWorld) {
    this.#perf = perf;
    this.#world = world;
  }

  async run(): Promise<void> {
    const { hasHeader, isDetailed, printsMetrics } = this.#perf;
    if (hasHeader) this.#world.out(`${isDetailed ? 'time, threadId' : 'start.time, end.time'}, ${SUMS}, ${TIMES}`);
    const plan = this.#perf.plan();
    this.#plan = plan;
    const { settings, from } = plan;
    const { kafka, consumer: options } = clientOptions(this.#world, settings.get('bootstrap.servers') ?? '', settings);
    const rebalance = {
      assigned: (partitions: readonly unknown[]) => this.#gained(partitions.length),
      revoked: (partitions: readonly unknown[]) => this.#lost(partitions.length),
    };
    const consumer = new Consumer(new Cluster(this.#world.runtime, kafka), { ...options, rebalance });
    this.#world.onStop(() => consumer.stop());
    const startMs = this.#nowMs();
    this.#joinSinceMs = startMs;
    this.#reportedMs = startMs;
    let endMs: number;
    try {
      await subscribe(consumer, from);
      await this.#read(consumer);
      endMs = this.#nowMs();
    } finally {
      await consumer.close();
    }
    if (!isDetailed) this.#tellTotal(startMs, endMs);
    if (printsMetrics)
      this.#world.err('--print-metrics prints nothing here: the metrics of Java are those of its client');
  }

  async #read(consumer: Consumer): Promise<void> {
    const { records: most, timeoutMs } = this.#plan;
    const silence = new Silence(this.#world.runtime, timeoutMs, () => consumer.stop());
    const batches = consumer.batches();
    while (this.#total.records < most) {
      const { done, value: batch } = await batches.next();
      if (done === true) break;
      silence.heard();
      const nowMs = this.#nowMs();
      for (const { key, value } of batch) {
        if (this.#total.records >= most) break;
        this.#total.records++;
        this.#total.bytes += (key?.length ?? 0) + (value?.length ?? 0);
      }
      if (nowMs - this.#reportedMs >= this.#plan.reportingIntervalMs) this.#report(nowMs);
    }
    silence.stop();
    consumer.stop();
    await batches.next();
    if (this.#total.records < most && silence.isBroken) {
      this.#world.out(
        `WARNING: Exiting before consuming the expected number of records: timeout (${timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.`,
      );
    }
  }

  #gained(count: number): void {
    if (this.#assigned === 0) {
      const elapsedMs = this.#nowMs() - this.#joinSinceMs;
      this.#joinMs += elapsedMs;
      this.#joinMsOfRound += elapsedMs;
    }
    this.#assigned += count;
  }

  #lost(count: number): void {
    this.#assigned -= count;
    if (this.#assigned === 0) this.#joinSinceMs = this.#nowMs();
  }

  #report(nowMs: number): void {
    const { bytes, records } = this.#total;
    const since = { bytes: bytes - this.#reported.bytes, records: records - this.#reported.records };
    const elapsedMs = nowMs - this.#reportedMs;
    if (this.#perf.isDetailed) {
      const fetchMs = elapsedMs - this.#joinMsOfRound;
      const perFetch = (amount: number): number => (fetchMs <= 0 ? 0 : (1000 * amount) / fetchMs);
      const cells = [
        simpleDate(nowMs, this.#plan.dateFormat),
        '0',
        fixed(bytes / MIB, 4),
        fixed((1000 * (since.bytes / MIB)) / elapsedMs, 4),
        String(records),
        fixed((1000 * since.records) / elapsedMs, 4),
        String(this.#joinMsOfRound),
        String(fetchMs),
        fixed(perFetch(since.bytes / MIB), 4),
        fixed(perFetch(since.records), 4),
      ];
      this.#world.out(cells.join(', '));
    }
    this.#joinMsOfRound = 0;
    this.#reportedMs = nowMs;
    this.#reported = { bytes, records };
  }

  #tellTotal(startMs: number, endMs: number): void {
    const { bytes, records } = this.#total;
    const seconds = (endMs - startMs) / 1000;
    const fetchMs = endMs - startMs - this.#joinMs;
    const cells = [
      simpleDate(startMs, this.#plan.dateFormat),
      simpleDate(endMs, this.#plan.dateFormat),
      fixed(bytes / MIB, 4),
      fixed(bytes / MIB / seconds, 4),
      String(records),
      fixed(records / seconds, 4),
      String(this.#joinMs),
      String(fetchMs),
      fixed(bytes / MIB / (fetchMs / 1000), 4),
      fixed(records / (fetchMs / 1000), 4),
    ];
    this.#world.out(cells.join(', '));
  }

  #nowMs(): number {
    return this.#world.runtime.clock.nowMs();
  }
}

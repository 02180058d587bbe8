import { Cluster } from '../../../client/cluster.ts';
import { Producer } from '../../../client/producer/producer.ts';
import { pause } from '../../../client/retry.ts';
import { ArgumentFailure } from '../../tools/argument-parser.ts';
import { Backlog } from '../../tools/backlog.ts';
import { clientOptions } from '../../tools/connect.ts';
import { uncaught } from '../../tools/java-failure.ts';
import { produceFailure } from '../../tools/produce-failure.ts';
import { Throttle } from '../../tools/throttle.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { producerPerfIn, ToolHelp, type PerfPayload, type ProducerPerf } from './producer-perf-options.ts';
import { ProducerPerfStats } from './producer-perf-stats.ts';

const BACKLOG_RECORDS = 50_000;
const BUFFER_BYTES = 32 * 1024 * 1024;
/** Records between two turns for answers and signals. */
const RECORDS_PER_TURN = 1000;
const LETTERS = 26;
const FIRST_LETTER = 65;

/** `kafka-producer-perf-test` (ProducerPerformance): writes and tells how fast. */
export const producerPerfTestTool: Tool = {
  name: 'kafka-producer-perf-test',
  async run(args, world) {
    try {
      const perf = producerPerfIn(args, world);
      if (perf !== undefined) await new PerfRun(perf, world).run();
      return 0;
    } catch (error) {
      if (error instanceof ToolHelp) {
        world.out(error.message);
        return 1;
      }
      throw error instanceof ArgumentFailure ? error : uncaught(error);
    }
  },
};

class PerfRun {
  readonly #perf: ProducerPerf;
  readonly #world: ToolWorld;
  readonly #producer: Producer;
  readonly #backlog: Backlog;
  readonly #stats: ProducerPerfStats;
  readonly #payload: (number: number) => Uint8Array;
  #steady: ProducerPerfStats | undefined;

  constructor(perf: ProducerPerf, world: ToolWorld) {
    this.#perf = perf;
    this.#world = world;
    const { settings, records, reportingIntervalMs } = perf;
    const { kafka, producer } = clientOptions(world, settings.get('bootstrap.servers') ?? '', settings);
    this.#producer = new Producer(new Cluster(world.runtime, kafka), producer);
    this.#backlog = new Backlog(Number(settings.get('buffer.memory') ?? BUFFER_BYTES), BACKLOG_RECORDS);
    this.#payload = payloads(perf.payload, world);
    this.#stats = new ProducerPerfStats(records, this.#nowMs(), reportingIntervalMs);
  }

  async run(): Promise<void> {
    const { warmupRecords, transactionMs, printsMetrics } = this.#perf;
    if (warmupRecords > 0) {
      this.#world.out(
        `Warmup first ${warmupRecords} records. Steady state results will print after the complete test summary.`,
      );
    }
    const stopped = new AbortController();
    this.#world.onStop(() => stopped.abort());
    await this.#sendAll(transactionMs, stopped.signal);
    await this.#producer.close();
    if (stopped.signal.aborted) return;
    this.#world.out(this.#stats.total(this.#nowMs()));
    if (this.#steady !== undefined) this.#world.out(this.#steady.total(this.#nowMs()));
    if (printsMetrics)
      this.#world.err('--print-metrics prints nothing here: the metrics of Java are those of its client');
  }

  async #sendAll(transactionMs: number | undefined, signal: AbortSignal): Promise<void> {
    const { records, warmupRecords, throughput, reportingIntervalMs } = this.#perf;
    const throttle = new Throttle(this.#world.runtime, throughput);
    let beganMs: number | undefined;
    for (let number = 0; number < records && !signal.aborted; number++) {
      if (transactionMs !== undefined && beganMs === undefined) {
        await this.#producer.begin();
        beganMs = this.#nowMs();
      }
      if (warmupRecords > 0 && number === warmupRecords) {
        this.#steady = new ProducerPerfStats(records - warmupRecords, this.#nowMs(), reportingIntervalMs, true);
        this.#stats.hush();
      }
      const sentMs = this.#send(number);
      if (beganMs !== undefined && transactionMs !== undefined && transactionMs <= sentMs - beganMs) {
        await this.#producer.commit();
        beganMs = undefined;
      }
      const waitMs = throttle.waitMs(number + 1);
      if (waitMs > 0) await throttle.wait(waitMs, signal);
      if (this.#backlog.isFull) await this.#backlog.room();
      if (number % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) await pause(this.#world.runtime, 0);
    }
    if (beganMs !== undefined) await this.#producer.commit();
  }

  #send(number: number): number {
    const { topic, settings } = this.#perf;
    const value = this.#payload(number);
    const steady = this.#steady;
    const sentMs = this.#nowMs();
    this.#backlog.add(value.length);
    this.#producer.send({ topic, value }).then(
      () => {
        this.#backlog.settled(value.length);
        const nowMs = this.#nowMs();
        const latencyMs = Math.trunc(nowMs - sentMs);
        this.#tell(this.#stats.record(latencyMs, value.length, nowMs));
        if (steady !== undefined) this.#tell(steady.record(latencyMs, value.length, nowMs));
      },
      (error: unknown) => {
        this.#backlog.settled(value.length);
        this.#world.err(produceFailure(error, { topic, key: null, value, headers: [] }, settings));
      },
    );
    return sentMs;
  }

  #tell(lines: readonly string[]): void {
    for (const line of lines) this.#world.out(line);
  }

  #nowMs(): number {
    return this.#world.runtime.clock.nowMs();
  }
}

/** The value of the record with each number. */
function payloads(payload: PerfPayload, { runtime: { random } }: ToolWorld): (number: number) => Uint8Array {
  switch (payload.kind) {
    case 'numbers':
      return (number) => Buffer.from(String(number));
    case 'file': {
      const { values } = payload;
      return () => values[Math.trunc(random.next() * values.length)]!;
    }
    case 'random':
      return () => {
        const value = Buffer.allocUnsafe(payload.size);
        random.fill(value);
        for (let at = 0; at < value.length; at++) value[at] = FIRST_LETTER + (value[at]! % LETTERS);
        return value;
      };
    default:
      return payload satisfies never;
  }
}

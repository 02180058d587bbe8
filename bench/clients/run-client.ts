import { readFileSync } from 'node:fs';
import { memoryOf } from '../measure/process-stats.ts';
import { onSchedule } from './pace.ts';
import { RECORDS_PER_SECOND, jobOf, type ClientJob, type ClientResult } from './job.ts';

/** A producer as a program of this bench uses it; promises are kept when all in-sync replicas have what was sent. */
export interface BenchProducer {
  /** Many values at once, in the way that the client's guide recommends for that. */
  sendMany(values: readonly Buffer[]): Promise<unknown>;
  sendOne(value: Buffer): Promise<unknown>;
}

/** A client under measurement: with its defaults, but for where it reads from and that nothing lingers when records go one by one. */
export interface BenchClient {
  openProducer(job: ClientJob, sends: 'many' | 'one'): Promise<BenchProducer>;
  /** Reads the topic from its start as the only member of a group, in the client's fastest way, until `take` answers false. */
  consume(job: ClientJob, take: (value: Uint8Array) => boolean): Promise<void>;
}

/** Values that an application has at hand when it sends many. */
const VALUES_AT_ONCE = 1000;
/** Calls under way at a time. */
const CALLS_MANY = 10;
const CALLS_ONE = 5;
/** Of `latency`: a value starts with the record's number and the time at which it was due. */
const DUE_AT = 4;
const MICROS_PER_SECOND = 1_000_000;
const BYTES_PER_MB = 1e6;

/** Does the job that the arguments name, prints the result and ends the process: clients that take their time to close cost nothing. */
export async function runClient(client: BenchClient): Promise<void> {
  const result = await doJob(client, jobOf(process.argv.slice(2)));
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

async function doJob(client: BenchClient, job: ClientJob): Promise<ClientResult> {
  switch (job.mode) {
    case 'produce':
      return produce(client, job);
    case 'produce-one':
      return produceOne(client, job);
    case 'consume':
      return consume(client, job);
    case 'latency':
      return latency(client, job);
    default:
      return job.mode satisfies never;
  }
}

async function produce(client: BenchClient, job: ClientJob): Promise<ClientResult> {
  const producer = await client.openProducer(job, 'many');
  const value = Buffer.alloc(job.bytes, 'x');
  const values = Array.from({ length: VALUES_AT_ONCE }, () => value);
  const sendAll = async (count: number): Promise<void> => {
    let left = count;
    await sideBySide(CALLS_MANY, async () => {
      while (left > 0) {
        const some = values.slice(0, Math.min(left, VALUES_AT_ONCE));
        left -= some.length;
        await producer.sendMany(some);
      }
    });
  };
  await sendAll(job.warmUp);
  const meter = new Meter();
  await sendAll(job.records);
  return meter.result(job.records);
}

async function produceOne(client: BenchClient, job: ClientJob): Promise<ClientResult> {
  const producer = await client.openProducer(job, 'one');
  const value = Buffer.alloc(job.bytes, 'x');
  const sendAll = async (count: number): Promise<void> => {
    let left = count;
    await sideBySide(CALLS_ONE, async () => {
      while (left-- > 0) await producer.sendOne(value);
    });
  };
  await sendAll(job.warmUp);
  const meter = new Meter();
  await sendAll(job.records);
  return meter.result(job.records);
}

async function consume(client: BenchClient, job: ClientJob): Promise<ClientResult> {
  const total = job.warmUp + job.records;
  let meter: Meter | undefined;
  let result: ClientResult | undefined;
  let taken = 0;
  await client.consume(job, (value) => {
    if (value.length !== job.bytes) throw new Error(`a record of ${value.length} bytes`);
    taken++;
    if (taken === job.warmUp) meter = new Meter();
    if (taken === total) result = meter?.result(job.records);
    return taken < total;
  });
  if (result === undefined) throw new Error(`of ${total} records ${taken} arrived`);
  return result;
}

/** Both ends in one process and on one clock; each record counts from its due time to its arrival at the application. */
async function latency(client: BenchClient, job: ClientJob): Promise<ClientResult> {
  const total = job.warmUp + job.records;
  const ways = new Float64Array(total);
  let next = 0;
  let meter: Meter | undefined;
  let first: (() => void) | undefined;
  const firstArrived = new Promise<void>((done) => (first = done));
  const consumed = client.consume(job, (value) => {
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    if (view.getInt32(0) !== next) throw new Error(`record ${view.getInt32(0)} arrived, not ${next}`);
    if (next === job.warmUp) meter = new Meter();
    ways[next++] = nowMicros() - view.getFloat64(DUE_AT);
    if (next === 1) first?.();
    return next < total;
  });
  const producer = await client.openProducer(job, 'one');
  // Members that join are not waited for on the schedule.
  await producer.sendOne(timedValue(0, nowMicros(), job.bytes));
  await Promise.race([firstArrived, consumed]);
  await Promise.all([consumed, sendOnSchedule(producer, total, job.bytes)]);
  if (meter === undefined) throw new Error('nothing arrived');
  const sorted = ways.subarray(job.warmUp).toSorted();
  const at = (quantile: number): number => Math.round(sorted[Math.floor(sorted.length * quantile)] ?? 0);
  return { ...meter.result(job.records), ways: { p50: at(0.5), p99: at(0.99), p999: at(0.999) } };
}

function timedValue(index: number, due: number, bytes: number): Buffer {
  const value = Buffer.alloc(bytes);
  value.writeInt32BE(index, 0);
  value.writeDoubleBE(due, DUE_AT);
  return value;
}

/** From the second record on. Whatever holds the sender up is charged to the records it held up: their due times stand. */
async function sendOnSchedule(producer: BenchProducer, total: number, bytes: number): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const start = nowMicros();
  await onSchedule(total - 1, RECORDS_PER_SECOND, (index) => {
    const due = start + (index * MICROS_PER_SECOND) / RECORDS_PER_SECOND;
    sent.push(producer.sendOne(timedValue(index + 1, due, bytes)));
  });
  await Promise.all(sent);
}

async function sideBySide(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

function nowMicros(): number {
  return performance.now() * 1000;
}

/** Time and processor time of this process from its making on. */
class Meter {
  readonly #began = performance.now();
  readonly #used = process.cpuUsage();

  result(records: number): ClientResult {
    const seconds = (performance.now() - this.#began) / 1000;
    const { user, system } = process.cpuUsage(this.#used);
    const { peakBytes } = memoryOf(readFileSync('/proc/self/status', 'latin1'));
    const cpuSeconds = (user + system) / MICROS_PER_SECOND;
    return { records, seconds, cpuSeconds, residentMaxMb: peakBytes / BYTES_PER_MB };
  }
}

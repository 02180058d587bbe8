import type { BatchReadResult } from '../client/batch-read.ts';
import type { LatencyLoad } from '../client/latency-load.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess, SideName } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { loadBatches, loadLatency, readBatches } from '../tools/loads.ts';
import type { Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';
import { fillTopic, type FilledTopic } from './filled-topic.ts';

const RECORDS_PER_BATCH = 15;
const RECORD_BYTES = 1024;
const BATCH_BYTES = 16 << 10;
const UNDER_WAY = 5;
const BACKLOG_PARTITIONS = 4;
const BYTES_PER_MB = 1e6;
/** The reader beside ends after the schedule does. */
const READER_MARGIN_SECONDS = 2;
const P99_MAX = 0.7;

/** Latency when the brokers have something to do: what the slower one bears at most, halved, for both. */
export const halfLoadWorkloads: readonly Workload[] = [
  halfLoadWorkload('latency-half', 'at half load', false),
  halfLoadWorkload('latency-half-reader', 'at half load, beside a catch-up reader', true),
];

function halfLoadWorkload(name: string, when: string, hasReader: boolean): Workload {
  return {
    name,
    title: `From produce to consume ${when}`,
    method:
      `The lean client of the latency workload with batches of 16 KiB (${RECORDS_PER_BATCH} records of 1 KiB), one partition, acks=1. First each side takes batches as fast as it can while a consumer reads them; ` +
      'half of the rate at which the slower one does is the schedule of both. Batches fall due at fixed points in time and count from then (no coordinated omission) to their arrival.' +
      (hasReader
        ? ' All the while another client reads a large topic from its start, again and again, as fast as it can.'
        : ''),
    metrics: [
      { key: 'p50Us', title: 'p50', unit: 'µs', better: 'less' },
      { key: 'p90Us', title: 'p90', unit: 'µs', better: 'less' },
      {
        key: 'p99Us',
        title: 'p99',
        unit: 'µs',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: P99_MAX }],
      },
      { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less' },
      { key: 'maxUs', title: 'highest', unit: 'µs', better: 'less' },
      { key: 'peakMbPerSecond', title: 'peak, before', unit: 'MB/s', better: 'more' },
      { key: 'mbPerSecond', title: 'scheduled', unit: 'MB/s', better: 'neither' },
      { key: 'cpuPerGb', title: 'broker CPU per GB produced and read', unit: 's', better: 'less' },
      ...(hasReader
        ? [{ key: 'readerMbPerSecond', title: 'the reader beside', unit: 'MB/s', better: 'more' } as const]
        : []),
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context);
      const peaks = new Map<SideName, number>();
      const backlogs = new Map<SideName, FilledTopic>();
      for (const side of context.sides) {
        const broker = brokers.of(side.name);
        await peakOf(broker, `${name}-warm`, context.scale);
        peaks.set(side.name, await peakOf(broker, `${name}-peak`, context.scale));
        if (!hasReader) continue;
        const bytes = context.scale.backlogMb * BYTES_PER_MB;
        const backlog = { topic: `${name}-backlog`, partitions: BACKLOG_PARTITIONS, bytes };
        backlogs.set(side.name, await fillTopic(broker.port, backlog));
      }
      const perSecond = Math.max(1, Math.floor(Math.min(...peaks.values()) / 2));
      const megabytes = (BATCH_BYTES * perSecond) / BYTES_PER_MB;
      return {
        measure: async (side, round) => {
          const load = { ...loadOf(context.scale), perSecond, topic: `${name}-${round}` };
          const values = await scheduled(brokers.of(side), load, backlogs.get(side));
          const peak = ((peaks.get(side) ?? Number.NaN) * BATCH_BYTES) / BYTES_PER_MB;
          return { ...values, peakMbPerSecond: peak, mbPerSecond: megabytes };
        },
        close: () => brokers.stop(),
      };
    },
  };
}

function loadOf({ latencySeconds, latencyWarmupSeconds }: Scale): Omit<LatencyLoad, 'port' | 'topic' | 'perSecond'> {
  return {
    seconds: latencySeconds,
    warmUpSeconds: latencyWarmupSeconds,
    recordsPerBatch: RECORDS_PER_BATCH,
    recordBytes: RECORD_BYTES,
  };
}

/** Batches per second from a producer as fast as it can through to a consumer. */
async function peakOf({ port }: BrokerProcess, topic: string, { peakMb }: Scale): Promise<number> {
  await createTopic(port, topic, 1);
  const requests = Math.ceil((peakMb * BYTES_PER_MB) / BATCH_BYTES);
  const shape = { perRequest: 1, connections: 1, underWay: UNDER_WAY, batchBytes: BATCH_BYTES };
  const load = { ...shape, port, topic, partitions: 1, recordBytes: RECORD_BYTES, requests };
  const read = { port, topic, partitions: 1, connections: 1, offsets: [requests * RECORDS_PER_BATCH] };
  const [{ records }, { seconds }] = await Promise.all([loadBatches(load), readBatches(read)]);
  await expectRecords(port, topic, 1, requests * RECORDS_PER_BATCH);
  await deleteTopic(port, topic);
  return records / RECORDS_PER_BATCH / seconds;
}

async function scheduled(
  { pid, port }: BrokerProcess,
  job: Omit<LatencyLoad, 'port'>,
  backlog: FilledTopic | undefined,
): Promise<Values> {
  const load = { ...job, port };
  await createTopic(port, job.topic, 1);
  await diskQuiet();
  const { result, load: used } = await metered([pid], async () => {
    const [quantiles, reading] = await Promise.all([
      loadLatency(load),
      backlog === undefined ? undefined : readAgainAndAgain(port, backlog, job),
    ]);
    return { quantiles, reading };
  });
  const batches = job.perSecond * (job.seconds + job.warmUpSeconds);
  await expectRecords(port, job.topic, 1, batches * RECORDS_PER_BATCH);
  await deleteTopic(port, job.topic);
  const { quantiles, reading } = result;
  const gigabytes = (2 * batches * BATCH_BYTES + (reading?.bytes ?? 0)) / 1e9;
  const { p50Us, p90Us, p99Us, p999Us, maxUs } = quantiles;
  const values = { p50Us, p90Us, p99Us, p999Us, maxUs, cpuPerGb: used.cpuSeconds / gigabytes };
  if (reading === undefined) return values;
  return { ...values, readerMbPerSecond: reading.bytes / BYTES_PER_MB / reading.seconds };
}

async function readAgainAndAgain(
  port: number,
  { topic, partitions, offsets }: FilledTopic,
  { seconds, warmUpSeconds }: Pick<LatencyLoad, 'seconds' | 'warmUpSeconds'>,
): Promise<BatchReadResult> {
  const read = { port, topic, partitions, offsets, connections: 1 };
  const asLong = seconds + warmUpSeconds + READER_MARGIN_SECONDS;
  return readBatches({ ...read, seconds: asLong });
}

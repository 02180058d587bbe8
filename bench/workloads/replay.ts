import type { BatchLoad } from '../client/batch-load.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess } from '../sides/side.ts';
import { loadBatches } from '../tools/loads.ts';
import type { Goal, Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;
const CONNECTIONS = 4;
const UNDER_WAY = 5;
const RECORD_BYTES = 1024;
const BYTES_PER_MB = 1e6;
const WARM_UP_SHARE = 2;

/** Replayed batches: what the broker can do when no client limits it. */
export const replayWorkloads: readonly Workload[] = [
  replayWorkload('replay-16k', '16 KiB', 16 << 10, [{ of: 'median', bound: 'at least', limit: 500 }], []),
  replayWorkload('replay-1m', '1 MiB', 1 << 20, [], [{ of: 'median', bound: 'at least', limit: 800 }]),
];

function replayWorkload(
  name: string,
  size: string,
  batchBytes: number,
  rateGoals: readonly Goal[],
  perCoreGoals: readonly Goal[],
): Workload {
  return {
    name,
    title: `Replayed batches of ${size}`,
    method:
      `Prepared batches of ${size} with records of 1 KiB, the same bytes again and again, from one lean process with ${CONNECTIONS} connections and ${UNDER_WAY} requests under way on each, ` +
      `acks=1, into a fresh topic of ${PARTITIONS} partitions; a turn of half the size warms each broker. Afterwards the end offsets must add up.`,
    metrics: [
      { key: 'mbPerSecond', title: 'rate', unit: 'MB/s', better: 'more', goals: rateGoals },
      {
        key: 'mbPerCpuSecond',
        title: 'MB per second of broker CPU',
        unit: 'MB',
        better: 'more',
        goals: [{ of: 'ratio', bound: 'at least', limit: 2 }, ...perCoreGoals],
      },
      { key: 'cpuPerGb', title: 'broker CPU per GB', unit: 's', better: 'less' },
      { key: 'p50Us', title: 'p50 of a request, saturated', unit: 'µs', better: 'less' },
      { key: 'p99Us', title: 'p99', unit: 'µs', better: 'less' },
      { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less' },
      { key: 'residentMaxMb', title: 'highest resident memory under load', unit: 'MB', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context);
      const requests = Math.ceil((context.scale.replayedMb * BYTES_PER_MB) / batchBytes);
      for (const side of context.sides) {
        const warmUp = Math.ceil(requests / WARM_UP_SHARE);
        await replay(brokers.of(side.name), { topic: `${name}-warm`, batchBytes, requests: warmUp });
      }
      return {
        measure: (side, round) => replay(brokers.of(side), { topic: `${name}-${round}`, batchBytes, requests }),
        close: () => brokers.stop(),
      };
    },
  };
}

async function replay(
  { pid, port }: BrokerProcess,
  job: { readonly topic: string; readonly batchBytes: number; readonly requests: number },
): Promise<Values> {
  await createTopic(port, job.topic, PARTITIONS);
  await diskQuiet();
  const load: BatchLoad = {
    ...job,
    port,
    partitions: PARTITIONS,
    perRequest: 1,
    connections: CONNECTIONS,
    underWay: UNDER_WAY,
    recordBytes: RECORD_BYTES,
  };
  const { result, load: used } = await metered([pid], () => loadBatches(load));
  await expectRecords(port, job.topic, PARTITIONS, result.records);
  await deleteTopic(port, job.topic);
  const megabytes = result.bytes / BYTES_PER_MB;
  return {
    mbPerSecond: megabytes / result.seconds,
    mbPerCpuSecond: megabytes / used.cpuSeconds,
    cpuPerGb: (used.cpuSeconds / megabytes) * 1000,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    p999Us: result.p999Us,
    residentMaxMb: used.residentMaxMb,
  };
}

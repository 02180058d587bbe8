import { rm } from 'node:fs/promises';
import type { BatchLoad } from '../client/batch-load.ts';
import { firstAnswer } from '../client/first-answer.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess, SideName } from '../sides/side.ts';
import { loadBatches } from '../tools/loads.ts';
import type { BenchContext, Metric, Values } from '../workload.ts';
import { Brokers, newHome, sideOf } from '../workloads/brokers.ts';
import { commitOnce, coordinatorReady } from '../workloads/commits.ts';
import { connected } from '../workloads/connections.ts';
import { crowd } from '../workloads/partitions.ts';
import type { Curve } from './curve.ts';

const decades = (first: number): number[] => [first, first * 10, first * 100, first * 1000];

const MEMORY: Metric = { key: 'residentMaxMb', title: 'highest resident memory', unit: 'MB', better: 'less' };

/** Each size gets a fresh broker: what the size before left behind is no cost of this one. */
async function onFreshBroker<T>(
  context: BenchContext,
  name: SideName,
  task: (broker: BrokerProcess) => Promise<T>,
): Promise<T> {
  const side = sideOf(context, name);
  const home = await newHome(context, name);
  await side.prepare(home);
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    return await task(broker);
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

const partitions: Curve = {
  name: 'partitions',
  title: 'How cost grows with partitions',
  method:
    'One turn of the workloads of partitions (`partitions-1k`), on a fresh broker that a topic of ten partitions has warmed.',
  sizeTitle: 'partitions',
  sizes: decades(10),
  metrics: [
    { key: 'createMs', title: 'create', unit: 'ms', better: 'less' },
    { key: 'cpuPerMillion', title: 'CPU per million records', unit: 's', better: 'less' },
    { key: 'idleCpuPercent', title: 'CPU of idle sessions', unit: '%', better: 'less' },
    { key: 'residentMb', title: 'resident memory', unit: 'MB', better: 'less' },
  ],
  drawn: 'createMs',
  open: (context) =>
    Promise.resolve({
      measure: (name, size) =>
        onFreshBroker(context, name, async (broker) => {
          await crowd(broker, 'warm', 10);
          return crowd(broker, 'crowd', size);
        }),
      close: () => Promise.resolve(),
    }),
};

const connections: Curve = {
  name: 'connections',
  title: 'How cost grows with connections',
  method:
    'One turn of the workloads of connections (`connections-1k`), on a fresh broker that ten connections have warmed.',
  sizeTitle: 'idle connections',
  sizes: decades(10),
  metrics: [
    MEMORY,
    { key: 'p99Us', title: 'p99 of busy ones', unit: 'µs', better: 'less' },
    { key: 'connectMs', title: 'until all were answered', unit: 'ms', better: 'less' },
  ],
  drawn: 'residentMaxMb',
  open: (context) =>
    Promise.resolve({
      measure: (name, size) =>
        onFreshBroker(context, name, async (broker) => {
          await connected(broker, { topic: 'warm', idle: 10 }, context.scale);
          return connected(broker, { topic: 'busy', idle: size }, context.scale);
        }),
      close: () => Promise.resolve(),
    }),
};

const RECORD_SIZE = { partitions: 4, perRequest: 1, connections: 4, underWay: 5 } as const;
const BATCH_BYTES = 128 << 10;

const recordSizes: Curve = {
  name: 'record-size',
  title: 'How cost grows with the size of records',
  method:
    'Replayed batches of 128 KiB with records of that size, as in the workload `replay-16k`, as much at each size; an unmeasured turn of the smallest comes before.',
  sizeTitle: 'bytes of a record',
  sizes: decades(10).concat(100_000),
  metrics: [
    { key: 'cpuPerGb', title: 'CPU per GB', unit: 's', better: 'less' },
    { key: 'mbPerSecond', title: 'rate', unit: 'MB/s', better: 'more' },
    { key: 'recordsPerSecond', title: 'rate', unit: 'records/s', better: 'more' },
  ],
  drawn: 'cpuPerGb',
  open: async (context) => {
    const brokers = await Brokers.start(context);
    const requests = Math.ceil((context.scale.replayedMb * 1e6) / BATCH_BYTES);
    const turn = (side: SideName, size: number, name: string): Promise<Values> =>
      ofSize(brokers.of(side), `size-${name}`, { recordBytes: size, requests });
    for (const side of context.sides) await turn(side.name, 10, 'warm');
    return {
      measure: (side, size, round) => turn(side, size, `${size}-${round}`),
      close: () => brokers.stop(),
    };
  },
};

async function ofSize(
  { pid, port }: BrokerProcess,
  topic: string,
  job: { readonly recordBytes: number; readonly requests: number },
): Promise<Values> {
  await createTopic(port, topic, RECORD_SIZE.partitions);
  await diskQuiet();
  const load: BatchLoad = { ...RECORD_SIZE, ...job, port, topic, batchBytes: BATCH_BYTES };
  const { result, load: used } = await metered([pid], () => loadBatches(load));
  await expectRecords(port, topic, RECORD_SIZE.partitions, result.records);
  await deleteTopic(port, topic);
  const { bytes, records, seconds } = result;
  return {
    cpuPerGb: (used.cpuSeconds / bytes) * 1e9,
    mbPerSecond: bytes / 1e6 / seconds,
    recordsPerSecond: records / seconds,
  };
}

const groups: Curve = {
  name: 'groups',
  title: 'How cost grows with groups',
  method:
    'The workload `commits` over so many groups, as many commits at each size, on a fresh broker that a hundred groups have warmed.',
  sizeTitle: 'groups',
  sizes: decades(10),
  metrics: [
    { key: 'cpuMsPerThousand', title: 'CPU per 1,000 commits', unit: 'ms', better: 'less' },
    { key: 'commitsPerSecond', title: 'rate', unit: 'commits/s', better: 'more' },
    MEMORY,
  ],
  drawn: 'cpuMsPerThousand',
  open: (context) =>
    Promise.resolve({
      measure: (name, size) =>
        onFreshBroker(context, name, async (broker) => {
          await coordinatorReady(broker.port);
          await commitOnce(broker, 'warm', { commits: context.scale.commits / 4, groups: 100 });
          return commitOnce(broker, 'grown', { commits: context.scale.commits, groups: size });
        }),
      close: () => Promise.resolve(),
    }),
};

export const curves: readonly Curve[] = [partitions, connections, recordSizes, groups];

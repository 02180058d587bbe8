import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import { dropFromCache } from '../measure/page-cache.ts';
import type { BrokerProcess, SideName } from '../sides/side.ts';
import { readBatches } from '../tools/loads.ts';
import type { Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';
import { fillTopic, type FilledTopic } from './filled-topic.ts';

const PARTITIONS = 4;
const CONNECTIONS = 2;
const BYTES_PER_MB = 1e6;
const CPU_MAX = 1.2;

/** A consumer that has fallen far behind. */
export const catchUpWorkloads: readonly Workload[] = [
  catchUpWorkload('catchup-warm', 'from the page cache', 1, () => Promise.resolve()),
  catchUpWorkload('catchup-cold', 'from the disk', 0.9, (home) => dropFromCache(home)),
];

function catchUpWorkload(
  name: string,
  from: string,
  rateMin: number,
  prepare: (home: string) => Promise<void>,
): Workload {
  return {
    name,
    title: `Catch-up read ${from}`,
    method:
      `A lean client reads a topic of ${PARTITIONS} partitions (batches of 16 KiB) from its start, on ${CONNECTIONS} connections with two partitions each, with the sizes that Kafka's consumer asks for, and ` +
      'looks at the headers of batches only; they must follow one another to the end. ' +
      (name === 'catchup-cold'
        ? 'Before each reading the logs are taken out of the page cache, and that they are gone is checked; what lies below the virtual disk of a virtual machine may still remember them.'
        : 'One unmeasured reading comes before.'),
    metrics: [
      {
        key: 'mbPerSecond',
        title: 'rate',
        unit: 'MB/s',
        better: 'more',
        goals: [{ of: 'ratio', bound: 'at least', limit: rateMin }],
      },
      {
        key: 'cpuPerGb',
        title: 'broker CPU per GB',
        unit: 's',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: CPU_MAX }],
      },
      { key: 'residentMaxMb', title: 'highest resident memory under load', unit: 'MB', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context);
      const filled = new Map<SideName, FilledTopic>();
      const bytes = context.scale.backlogMb * BYTES_PER_MB;
      for (const side of context.sides) {
        const { port } = brokers.of(side.name);
        filled.set(side.name, await fillTopic(port, { topic: name, partitions: PARTITIONS, bytes }));
      }
      await diskQuiet();
      const readBy = async (side: SideName): Promise<Values> => {
        const topic = filled.get(side);
        if (topic === undefined) throw new Error(`${side} has no backlog`);
        await prepare(brokers.homeOf(side));
        return readOnce(brokers.of(side), topic);
      };
      for (const side of context.sides) await readBy(side.name);
      return { measure: (side) => readBy(side), close: () => brokers.stop() };
    },
  };
}

async function readOnce({ pid, port }: BrokerProcess, filled: FilledTopic): Promise<Values> {
  const { topic, partitions, offsets } = filled;
  const read = { port, topic, partitions, offsets, connections: CONNECTIONS };
  const { result, load } = await metered([pid], () => readBatches(read));
  if (result.records !== filled.records) throw new Error(`${result.records} records of ${filled.records} were read`);
  const megabytes = result.bytes / BYTES_PER_MB;
  return {
    mbPerSecond: megabytes / result.seconds,
    cpuPerGb: (load.cpuSeconds / megabytes) * 1000,
    residentMaxMb: load.residentMaxMb,
  };
}

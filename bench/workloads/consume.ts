import { createTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { consumerPerformance, producerPerformance } from '../tools/perf-tools.ts';
import type { Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;

/** Kafka's own consumer test over a topic that lies in the page cache. */
export const consumeWorkloads: readonly Workload[] = [
  consumeWorkload('consume-1k', 'Consume 1 KiB records', 1024, (scale) => scale.consumed1k),
  consumeWorkload('consume-100', 'Consume 100 byte records', 100, (scale) => scale.consumed100),
];

function consumeWorkload(name: string, title: string, bytes: number, recordsOf: (scale: Scale) => number): Workload {
  return {
    name,
    title,
    method:
      `Kafka's ConsumerPerformance with default settings reads a topic of ${PARTITIONS} partitions from its start in every round, ` +
      'after one unmeasured reading; the topic was written just before by ProducerPerformance. The rate is that of the ' +
      'fetching time, as the tool gives it. The client checks the CRC of every batch, the bench the count.',
    metrics: [
      {
        key: 'recordsPerSecond',
        title: 'rate',
        unit: 'records/s',
        better: 'more',
        goals: [{ of: 'ratio', bound: 'at least', limit: 1 }],
      },
      {
        key: 'cpuPerMillion',
        title: 'broker CPU per million records',
        unit: 's',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: 1.2 }],
      },
      { key: 'residentMaxMb', title: 'highest resident memory under load', unit: 'MB', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context);
      const records = recordsOf(context.scale);
      for (const side of context.sides) {
        const { port, bootstrap } = brokers.of(side.name);
        await createTopic(port, name, PARTITIONS);
        await producerPerformance({ bootstrap, topic: name, records, payload: { bytes }, settings: ['acks=1'] });
        await expectRecords(port, name, PARTITIONS, records);
      }
      await diskQuiet();
      for (const side of context.sides) await consumeOnce(brokers.of(side.name), name, records);
      return { measure: (side) => consumeOnce(brokers.of(side), name, records), close: () => brokers.stop() };
    },
  };
}

async function consumeOnce({ pid, bootstrap }: BrokerProcess, topic: string, records: number): Promise<Values> {
  const { result, load } = await metered([pid], () => consumerPerformance(bootstrap, topic, records));
  return {
    recordsPerSecond: result.recordsPerSecond,
    cpuPerMillion: (load.cpuSeconds / records) * 1e6,
    residentMaxMb: load.residentMaxMb,
  };
}

import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { runJava } from '../tools/java.ts';
import type { Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const RECORDS_PER_SECOND = 1000;
const RECORD_BYTES = 100;
const PARTITIONS = 1;

/** A record's way from the producer to the consumer at a modest, fixed rate. */
export const latency: Workload = {
  name: 'latency',
  title: `From produce to consume at ${RECORDS_PER_SECOND} records/s`,
  method:
    `One producer (acks=1, linger.ms=0) and one consumer of the Java client in one process, ${RECORD_BYTES} byte records, one ` +
    'partition. Records fall due at fixed points in time and count from then (no coordinated omission) to the return of poll. ' +
    'Every record must arrive once and in order. The first seconds are not measured.',
  metrics: [
    {
      key: 'p50Us',
      title: 'p50',
      unit: 'µs',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: 0.7 }],
    },
    { key: 'p90Us', title: 'p90', unit: 'µs', better: 'less' },
    { key: 'p99Us', title: 'p99', unit: 'µs', better: 'less', goals: [{ of: 'ratio', bound: 'at most', limit: 1 }] },
    { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less' },
    { key: 'maxUs', title: 'highest', unit: 'µs', better: 'less' },
    { key: 'cpuPerMillion', title: 'broker CPU per million records', unit: 's', better: 'less' },
  ],
  open: async (context) => {
    const brokers = await Brokers.start(context);
    for (const { name } of context.sides) await measure(brokers.of(name), context.scale, 'latency-warm');
    return {
      measure: (name, round) => measure(brokers.of(name), context.scale, `latency-${round}`),
      close: () => brokers.stop(),
    };
  },
};

async function measure({ pid, port, bootstrap }: BrokerProcess, scale: Scale, topic: string): Promise<Values> {
  await createTopic(port, topic, PARTITIONS);
  await diskQuiet();
  const args = [RECORDS_PER_SECOND, scale.latencySeconds, scale.latencyWarmupSeconds, RECORD_BYTES].map(String);
  const { result, load } = await metered(pid, () => runJava('Latency', [bootstrap, topic, ...args]));
  const records = RECORDS_PER_SECOND * (scale.latencySeconds + scale.latencyWarmupSeconds);
  await expectRecords(port, topic, PARTITIONS, records);
  await deleteTopic(port, topic);
  const [p50Us, p90Us, p99Us, p999Us, maxUs] = result.trim().split(' ').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { p50Us, p90Us, p99Us, p999Us, maxUs, cpuPerMillion: (load.cpuSeconds / records) * 1e6 };
}

import type { LatencyLoad } from '../client/latency-load.ts';
import type { Quantiles } from '../client/quantiles.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess, SideName } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { runJava } from '../tools/java.ts';
import { loadLatency } from '../tools/loads.ts';
import type { Goal, Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const RECORDS_PER_SECOND = 1000;
const RECORD_BYTES = 100;
const PARTITIONS = 1;
const halfTheTime: Goal = { of: 'ratio', bound: 'at most', limit: 0.5 };

interface LatencyVariant {
  readonly name: string;
  readonly client: string;
  readonly clientText: string;
  readonly run: (broker: BrokerProcess, load: LatencyLoad) => Promise<Quantiles>;
}

/** A client that costs little shows the brokers apart; what a Java application sees has the Java client's own threads in it. */
const variants: readonly LatencyVariant[] = [
  {
    name: 'latency',
    client: 'a lean client',
    clientText:
      'One producer (acks=1) that sends prepared batches and one consumer that waits in a fetch session, each a thread of one Node process without hand-overs',
    run: (_broker, load) => loadLatency(load),
  },
  {
    name: 'latency-java',
    client: 'the Java client',
    clientText: 'One producer (acks=1, linger.ms=0) and one consumer of the Java client in one process',
    run: async ({ bootstrap }, { topic, perSecond, seconds, warmUpSeconds, recordBytes }) => {
      const numbers = [perSecond, seconds, warmUpSeconds, recordBytes].map(String);
      return quantilesOf(await runJava('Latency', [bootstrap, topic, ...numbers]));
    },
  },
];

/** A record's way from the producer to the consumer at a modest, fixed rate. */
export const latencyWorkloads: readonly Workload[] = variants.map(latencyWorkload);

function latencyWorkload(variant: LatencyVariant): Workload {
  return {
    name: variant.name,
    title: `From produce to consume at ${RECORDS_PER_SECOND} records/s, ${variant.client}`,
    method:
      `${variant.clientText}, ${RECORD_BYTES} byte records, one partition. Records fall due at fixed points in time and count ` +
      'from then (no coordinated omission) to their arrival. Every record must arrive once and in order. The first seconds are not measured.',
    metrics: [
      {
        key: 'p50Us',
        title: 'p50',
        unit: 'µs',
        better: 'less',
        goals: [halfTheTime],
      },
      { key: 'p90Us', title: 'p90', unit: 'µs', better: 'less' },
      { key: 'p99Us', title: 'p99', unit: 'µs', better: 'less', goals: [halfTheTime] },
      { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less', goals: [halfTheTime] },
      { key: 'maxUs', title: 'highest', unit: 'µs', better: 'less' },
      { key: 'cpuPerMillion', title: 'broker CPU per million records', unit: 's', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context);
      const measured = (name: SideName, round: string): Promise<Values> =>
        measure(variant, brokers.of(name), context.scale, `${variant.name}-${round}`);
      for (const { name } of context.sides) await measured(name, 'warm');
      return {
        measure: (name, round) => measured(name, String(round)),
        close: () => brokers.stop(),
      };
    },
  };
}

async function measure(variant: LatencyVariant, broker: BrokerProcess, scale: Scale, topic: string): Promise<Values> {
  const { pid, port } = broker;
  await createTopic(port, topic, PARTITIONS);
  await diskQuiet();
  const { latencySeconds: seconds, latencyWarmupSeconds: warmUpSeconds } = scale;
  const pace = { perSecond: RECORDS_PER_SECOND, seconds, warmUpSeconds };
  const records = RECORDS_PER_SECOND * (seconds + warmUpSeconds);
  const job: LatencyLoad = { port, topic, ...pace, recordsPerBatch: 1, recordBytes: RECORD_BYTES };
  const { result, load } = await metered([pid], () => variant.run(broker, job));
  await expectRecords(port, topic, PARTITIONS, records);
  await deleteTopic(port, topic);
  const { p50Us, p90Us, p99Us, p999Us, maxUs } = result;
  return { p50Us, p90Us, p99Us, p999Us, maxUs, cpuPerMillion: (load.cpuSeconds / records) * 1e6 };
}

/** Reads what the Java program printed: p50, p90, p99, p99.9 and the highest. */
function quantilesOf(said: string): Quantiles {
  const [p50Us = Number.NaN, p90Us = Number.NaN, p99Us = Number.NaN, p999Us = Number.NaN, maxUs = Number.NaN] = said
    .trim()
    .split(' ')
    .map(Number);
  return { p50Us, p90Us, p99Us, p999Us, maxUs };
}

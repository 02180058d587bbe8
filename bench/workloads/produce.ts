import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import { memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { besideNode } from '../tools/node.ts';
import { orderEventsFile } from '../tools/payload.ts';
import { producerPerformance, type ProduceJob } from '../tools/perf-tools.ts';
import type { Metric, Workload } from '../workload.ts';
import { Brokers, type SettingsOf } from './brokers.ts';

const PARTITIONS = 4;
const SETTLE_MS = 1000;
const WARM_UP_SHARE = 2;

interface ProduceVariant {
  readonly name: string;
  readonly title: string;
  readonly records: (scale: Scale) => number;
  readonly payload: () => ProduceJob['payload'];
  readonly settings: readonly string[];
  readonly partitions: number;
  /** What the rate has to reach of Kafka's, and the CPU may at most be of Kafka's. */
  readonly rateMin: number;
  readonly cpuMax: number;
  readonly broker?: SettingsOf;
}

const CODECS = ['lz4', 'zstd', 'snappy', 'gzip'] as const;

const sizes = [
  {
    name: 'produce-1k',
    title: '1 KiB',
    bytes: 1024,
    records: (scale: Scale) => scale.records1k,
    rateMin: 1.25,
  },
  {
    name: 'produce-100',
    title: '100 byte',
    bytes: 100,
    records: (scale: Scale) => scale.records100,
    rateMin: 1.15,
  },
] as const;

const variants: readonly ProduceVariant[] = [
  ...(['1', 'all'] as const).flatMap((acks) =>
    ([PARTITIONS, 1] as const).flatMap((partitions) =>
      sizes.map(({ name, title, bytes, records, rateMin }) => ({
        name: `${name}${acks === '1' ? '' : '-all'}${partitions === 1 ? '-one' : ''}`,
        title: `Produce ${title} records, acks=${acks}${partitions === 1 ? ', one partition' : ''}`,
        records,
        payload: () => ({ bytes }),
        settings: [`acks=${acks}`],
        partitions,
        rateMin,
        cpuMax: 0.4,
      })),
    ),
  ),
  ...CODECS.map((codec) => compressed(codec)),
  ...(['lz4', 'zstd'] as const).map((codec) => trusted(compressed(codec))),
];

function compressed(codec: (typeof CODECS)[number]): ProduceVariant {
  return {
    name: `produce-${codec}`,
    title: `Produce 1 KiB JSON events, ${codec}, acks=1`,
    records: (scale) => scale.recordsCompressed,
    payload: () => ({ file: orderEventsFile() }),
    settings: ['acks=1', `compression.type=${codec}`],
    partitions: PARTITIONS,
    rateMin: 1.1,
    cpuMax: 0.7,
  };
}

/** The same where Posthorn checks the headers of batches only, for which Kafka has no setting. */
function trusted(variant: ProduceVariant): ProduceVariant {
  return {
    ...variant,
    name: `${variant.name}-headers`,
    title: `${variant.title}, Posthorn with posthorn.batch.validation=headers`,
    rateMin: 1.5,
    cpuMax: 0.4,
    broker: (side) => (side === 'posthorn' ? { 'posthorn.batch.validation': 'headers' } : {}),
  };
}

/** Kafka's own producer test against a fresh topic in every round. */
export const produceWorkloads: readonly Workload[] = variants.map(produceWorkload);

function produceWorkload(variant: ProduceVariant): Workload {
  const { name, title, settings, partitions } = variant;
  const topics = partitions === 1 ? 'one partition' : `${partitions} partitions`;
  const idempotent = settings.includes('acks=all') ? ' (which makes the client idempotent, its default)' : '';
  return {
    name,
    title,
    method:
      `Kafka's ProducerPerformance with default settings and ${settings.join(', ')}${idempotent}, as fast as it can, into a fresh ` +
      `topic of ${topics}; one unmeasured turn of half the size warms each broker. Afterwards the end offsets must add up. The ceiling is what the same client reaches ` +
      'in the same round against a server that only acknowledges and forgets: no broker can make it faster.',
    metrics: metricsOf(variant),
    open: async (context) => {
      const brokers = await Brokers.start(context, variant.broker);
      const job = { records: variant.records(context.scale), payload: variant.payload(), settings };
      const warmUp = { ...job, records: job.records / WARM_UP_SHARE };
      for (const side of context.sides) {
        await produceOnce(brokers.of(side.name), { topic: `${name}-warm`, partitions }, warmUp);
      }
      const ceilings = new Map<number, number>();
      return {
        measure: async (side, round) => {
          const values = await produceOnce(brokers.of(side), { topic: `${name}-${round}`, partitions }, job);
          const ceiling = ceilings.get(round) ?? (await ceilingOf(partitions, job));
          ceilings.set(round, ceiling);
          return { ...values, ceiling, ofCeiling: values.recordsPerSecond / ceiling };
        },
        close: () => brokers.stop(),
      };
    },
  };
}

function metricsOf({ rateMin, cpuMax }: ProduceVariant): readonly Metric[] {
  return [
    {
      key: 'recordsPerSecond',
      title: 'rate',
      unit: 'records/s',
      better: 'more',
      goals: [{ of: 'ratio', bound: 'at least', limit: rateMin }],
    },
    { key: 'ceiling', title: 'ceiling: the client alone', unit: 'records/s', better: 'neither' },
    { key: 'ofCeiling', title: 'rate through the ceiling', unit: '', better: 'more' },
    {
      key: 'cpuPerMillion',
      title: 'broker CPU per million records',
      unit: 's',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: cpuMax }],
    },
    { key: 'p50Ms', title: 'p50 from send to acknowledgement, saturated', unit: 'ms', better: 'less' },
    { key: 'p99Ms', title: 'p99', unit: 'ms', better: 'less' },
    { key: 'p999Ms', title: 'p99.9', unit: 'ms', better: 'less' },
    {
      key: 'residentMaxMb',
      title: 'highest resident memory under load',
      unit: 'MB',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: 0.3 }],
    },
    { key: 'residentAfterMb', title: 'resident memory one second after', unit: 'MB', better: 'less' },
  ];
}

type Job = Omit<ProduceJob, 'bootstrap' | 'topic'>;

/** Records per second that a client reaches against a server that only answers. */
async function ceilingOf(partitions: number, job: Job): Promise<number> {
  const outcome = await besideNode('answering-server', [String(partitions)], (port) =>
    producerPerformance({ ...job, bootstrap: `127.0.0.1:${port}`, topic: 'ceiling' }),
  );
  return outcome.recordsPerSecond;
}

interface ProduceValues extends Record<string, number> {
  readonly recordsPerSecond: number;
}

/** Fills a fresh topic, checks that all is there, and deletes it. */
export async function produceOnce(
  broker: BrokerProcess,
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
  job: Job,
): Promise<ProduceValues> {
  await createTopic(broker.port, topic, partitions);
  await diskQuiet();
  const { result, load } = await metered([broker.pid], () =>
    producerPerformance({ ...job, bootstrap: broker.bootstrap, topic }),
  );
  await sleep(SETTLE_MS);
  const residentAfterMb = memory(broker.pid).residentBytes / 1e6;
  await expectRecords(broker.port, topic, partitions, job.records);
  await deleteTopic(broker.port, topic);
  return {
    recordsPerSecond: result.recordsPerSecond,
    cpuPerMillion: (load.cpuSeconds / job.records) * 1e6,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    p999Ms: result.p999Ms,
    residentMaxMb: load.residentMaxMb,
    residentAfterMb,
  };
}

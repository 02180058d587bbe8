import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import { memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { orderEventsFile } from '../tools/payload.ts';
import { producerPerformance, type ProduceJob } from '../tools/perf-tools.ts';
import type { Metric, Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;
const SETTLE_MS = 1000;
const WARM_UP_SHARE = 2;

interface ProduceVariant {
  readonly name: string;
  readonly title: string;
  readonly records: (scale: Scale) => number;
  readonly payload: () => ProduceJob['payload'];
  readonly settings: readonly string[];
  /** Whether the issue sets goals for it. */
  readonly isJudged: boolean;
}

const variants: readonly ProduceVariant[] = [
  ...(['1', 'all'] as const).flatMap((acks) => [
    {
      name: acks === '1' ? 'produce-1k' : 'produce-1k-all',
      title: `Produce 1 KiB records, acks=${acks}`,
      records: (scale: Scale) => scale.records1k,
      payload: () => ({ bytes: 1024 }),
      settings: [`acks=${acks}`],
      isJudged: true,
    },
    {
      name: acks === '1' ? 'produce-100' : 'produce-100-all',
      title: `Produce 100 byte records, acks=${acks}`,
      records: (scale: Scale) => scale.records100,
      payload: () => ({ bytes: 100 }),
      settings: [`acks=${acks}`],
      isJudged: true,
    },
  ]),
  ...(['lz4', 'zstd'] as const).map((codec) => ({
    name: `produce-${codec}`,
    title: `Produce 1 KiB JSON events, ${codec}, acks=1`,
    records: (scale: Scale) => scale.recordsCompressed,
    payload: () => ({ file: orderEventsFile() }),
    settings: ['acks=1', `compression.type=${codec}`],
    isJudged: false,
  })),
];

/** Kafka's own producer test against a fresh topic in every round. */
export const produceWorkloads: readonly Workload[] = variants.map(produceWorkload);

function produceWorkload(variant: ProduceVariant): Workload {
  return {
    name: variant.name,
    title: variant.title,
    method:
      `Kafka's ProducerPerformance with default settings and ${variant.settings.join(', ')}, as fast as it can, into a fresh ` +
      `topic of ${PARTITIONS} partitions; one unmeasured turn of half the size warms each broker. Afterwards the end offsets must add up.`,
    metrics: metricsOf(variant),
    open: async (context) => {
      const brokers = await Brokers.start(context);
      const job = { records: variant.records(context.scale), payload: variant.payload(), settings: variant.settings };
      for (const { name } of context.sides) {
        await produceOnce(brokers.of(name), `${variant.name}-warm`, { ...job, records: job.records / WARM_UP_SHARE });
      }
      return {
        measure: (name, round) => produceOnce(brokers.of(name), `${variant.name}-${round}`, job),
        close: () => brokers.stop(),
      };
    },
  };
}

function metricsOf({ isJudged }: ProduceVariant): readonly Metric[] {
  return [
    {
      key: 'recordsPerSecond',
      title: 'rate',
      unit: 'records/s',
      better: 'more',
      goals: isJudged ? [{ of: 'ratio', bound: 'at least', limit: 1 }] : [],
    },
    {
      key: 'cpuPerMillion',
      title: 'broker CPU per million records',
      unit: 's',
      better: 'less',
      goals: isJudged ? [{ of: 'ratio', bound: 'at most', limit: 0.7 }] : [],
    },
    { key: 'p99Ms', title: 'p99 from send to acknowledgement, saturated', unit: 'ms', better: 'less' },
    {
      key: 'residentMaxMb',
      title: 'highest resident memory under load',
      unit: 'MB',
      better: 'less',
    },
    { key: 'residentAfterMb', title: 'resident memory one second after', unit: 'MB', better: 'less' },
  ];
}

/** Fills a fresh topic, checks that all is there, and deletes it. */
export async function produceOnce(
  broker: BrokerProcess,
  topic: string,
  job: Omit<ProduceJob, 'bootstrap' | 'topic'>,
): Promise<Values> {
  await createTopic(broker.port, topic, PARTITIONS);
  await diskQuiet();
  const { result, load } = await metered([broker.pid], () =>
    producerPerformance({ ...job, bootstrap: broker.bootstrap, topic }),
  );
  await sleep(SETTLE_MS);
  const residentAfterMb = memory(broker.pid).residentBytes / 1e6;
  await expectRecords(broker.port, topic, PARTITIONS, job.records);
  await deleteTopic(broker.port, topic);
  return {
    recordsPerSecond: result.recordsPerSecond,
    cpuPerMillion: (load.cpuSeconds / job.records) * 1e6,
    p99Ms: result.p99Ms,
    residentMaxMb: load.residentMaxMb,
    residentAfterMb,
  };
}

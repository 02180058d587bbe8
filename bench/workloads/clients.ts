import { CLIENT_NAMES, contestants, type ClientName } from '../clients/contestants.ts';
import type { ClientGoal, ClientMetric, ClientWorkload } from '../clients/client-workload.ts';
import { RECORDS_PER_SECOND, type ClientJob, type ClientResult, type JobMode } from '../clients/job.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import type { Scale } from '../scale.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Values } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;
/** Of what is measured so much again comes before. */
const WARM_UP_SHARE = 0.25;
/** Clients that join a group are not to be measured by the time that the broker waits for more. */
const settings = { 'group.initial.rebalance.delay.ms': '0' };

const bestOfJavaScript = { against: ['kafkajs', 'platformatic'], name: 'the best JavaScript client' } as const;
const atLeast = (limit: number): ClientGoal => ({ ...bestOfJavaScript, bound: 'at least', limit });
const atMost = (limit: number): ClientGoal => ({ ...bestOfJavaScript, bound: 'at most', limit });
/** A rate that is to be reached where librdkafka reaches it; where it does not, its own. */
const withLibrdkafka = (enough: number): ClientGoal => {
  return { against: ['librdkafka'], name: 'librdkafka', bound: 'at least', limit: 1, enough };
};

const CPU: ClientMetric = {
  key: 'cpuPerMillion',
  title: 'client CPU per million records',
  unit: 's',
  better: 'less',
};
const MEMORY: ClientMetric = {
  key: 'residentMaxMb',
  title: 'highest resident memory of the client',
  unit: 'MB',
  better: 'less',
  goals: [atMost(0.67)],
};

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly mode: JobMode;
  readonly bytes: number;
  readonly records: (scale: Scale) => number;
  readonly partitions?: number;
  readonly goals?: readonly ClientGoal[];
}

const MANY =
  'Each client sends with its defaults and acks=all from ten calls at a time, a thousand records to a call where it takes many';
const READS =
  'Each client reads a topic from its start as the only member of a group, with its defaults, in its fastest way';

const variants: readonly Variant[] = [
  {
    name: 'client-produce-100',
    title: 'Clients: produce 100 byte records in batches',
    text: MANY,
    mode: 'produce',
    bytes: 100,
    records: ({ clientRecords100 }) => clientRecords100,
    goals: [withLibrdkafka(700_000)],
  },
  {
    name: 'client-produce-1k',
    title: 'Clients: produce 1 KiB records in batches',
    text: MANY,
    mode: 'produce',
    bytes: 1024,
    records: ({ clientRecords1k }) => clientRecords1k,
  },
  {
    name: 'client-produce-one',
    title: 'Clients: produce 100 byte records one by one, five under way',
    text: 'Each client sends a record to a call with acks=all and without lingering, and the next when one of five is acknowledged',
    mode: 'produce-one',
    bytes: 100,
    records: ({ clientRecordsOne }) => clientRecordsOne,
  },
  {
    name: 'client-consume-100',
    title: 'Clients: consume 100 byte records',
    text: READS,
    mode: 'consume',
    bytes: 100,
    records: ({ clientRecords100 }) => clientRecords100 * 2,
    goals: [withLibrdkafka(1_000_000)],
  },
  {
    name: 'client-consume-1k',
    title: 'Clients: consume 1 KiB records',
    text: READS,
    mode: 'consume',
    bytes: 1024,
    records: ({ clientRecords1k }) => clientRecords1k * 2,
  },
  {
    name: 'client-latency',
    title: `Clients: from produce to consume at ${RECORDS_PER_SECOND} records/s`,
    text:
      'Each client has a producer (acks=all, no lingering) and a consumer in one process. Records fall due at fixed points in time and count ' +
      'from then (no coordinated omission) to their arrival at the application; every one must arrive once and in order',
    mode: 'latency',
    bytes: 100,
    records: ({ latencySeconds }) => latencySeconds * RECORDS_PER_SECOND,
    partitions: 1,
  },
];

/** Our client and the others over one Posthorn. */
export const clientWorkloads: readonly ClientWorkload[] = variants.map(clientWorkload);

function clientWorkload(variant: Variant): ClientWorkload {
  return {
    kind: 'clients',
    name: variant.name,
    title: variant.title,
    method:
      `${variant.text}. All run against the same Posthorn (${variant.partitions ?? PARTITIONS} partitions), each in a process of its own, one after the other. ` +
      'What counts begins after a fifth of the records, and no record may be missing. librdkafka runs under Python, whose calls are part of its figures.',
    metrics: metricsOf(variant),
    open: async (context, nodeFlags = []) => {
      const clients = contestants(nodeFlags);
      for (const name of CLIENT_NAMES) await clients[name].prepare();
      const sides = context.sides.filter(({ name }) => name === 'posthorn');
      const brokers = await Brokers.start({ ...context, sides }, settings);
      const broker = brokers.of('posthorn');
      const records = variant.records(context.scale);
      const warmUp = Math.round(records * WARM_UP_SHARE);
      const { mode, bytes } = variant;
      const job = { mode, bytes, records, warmUp, bootstrap: broker.bootstrap };
      const filled = `${variant.name}-filled`;
      if (mode === 'consume') {
        await createTopic(broker.port, filled, PARTITIONS);
        await clients.posthorn.run({ ...job, mode: 'produce', topic: filled });
        await expectRecords(broker.port, filled, PARTITIONS, records + warmUp);
      }
      const run = (name: ClientName, asked: ClientJob): Promise<ClientResult> => clients[name].run(asked);
      return {
        measure: async (name, round) => {
          const topic = mode === 'consume' ? filled : `${variant.name}-${name}-${round}`;
          const asked = { ...job, topic };
          const result =
            mode === 'consume'
              ? await run(name, asked)
              : await intoFreshTopic(broker, asked, variant.partitions ?? PARTITIONS, () => run(name, asked));
          if (result.records !== records) throw new Error(`${name}: ${result.records} records, not ${records}`);
          return valuesOf(result);
        },
        close: () => brokers.stop(),
      };
    },
  };
}

async function intoFreshTopic(
  { port }: BrokerProcess,
  { topic, records, warmUp }: ClientJob,
  partitions: number,
  run: () => Promise<ClientResult>,
): Promise<ClientResult> {
  await createTopic(port, topic, partitions);
  await diskQuiet();
  const result = await run();
  await expectRecords(port, topic, partitions, records + warmUp);
  await deleteTopic(port, topic);
  return result;
}

function metricsOf({ mode, goals = [] }: Variant): readonly ClientMetric[] {
  if (mode === 'latency') {
    const asJava: ClientGoal = { against: ['java'], name: 'Java', bound: 'at most', limit: 1 };
    return [
      { key: 'p50Us', title: 'p50', unit: 'µs', better: 'less' },
      { key: 'p99Us', title: 'p99', unit: 'µs', better: 'less', goals: [atMost(0.67), asJava] },
      { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less' },
      CPU,
      MEMORY,
    ];
  }
  const rate: ClientMetric = { key: 'recordsPerSecond', title: 'rate', unit: 'records/s', better: 'more' };
  return [{ ...rate, goals: [atLeast(1.5), ...goals] }, CPU, MEMORY];
}

function valuesOf({ records, seconds, cpuSeconds, residentMaxMb, ways }: ClientResult): Values {
  const cost = { cpuPerMillion: (cpuSeconds / records) * 1e6, residentMaxMb };
  if (ways === undefined) return { recordsPerSecond: records / seconds, ...cost };
  return { p50Us: ways.p50, p99Us: ways.p99, p999Us: ways.p999, ...cost };
}

import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { runJava } from '../tools/java.ts';
import { producerPerformance } from '../tools/perf-tools.ts';
import type { Goal, Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
const SMALL_RECORD_BYTES = 100;
const COMMIT_EVERY_MS = 100;
const WARM_UP_SHARE = 2;
const kafkasRate: Goal = { of: 'ratio', bound: 'at least', limit: 1.2 };

/** A transactional producer that commits ten times a second. */
const streaming: Workload = {
  name: 'transactions-batched',
  title: `Transactional produce of 1 KiB records, a commit every ${COMMIT_EVERY_MS} ms`,
  method:
    `Kafka's ProducerPerformance with a transactional id and a transaction duration of ${COMMIT_EVERY_MS} ms, as fast as it can, into ` +
    `a fresh topic of ${PARTITIONS} partitions; one unmeasured turn of half the size warms each broker.`,
  metrics: [
    { key: 'recordsPerSecond', title: 'rate', unit: 'records/s', better: 'more', goals: [kafkasRate] },
    { key: 'cpuPerMillion', title: 'broker CPU per million records', unit: 's', better: 'less' },
  ],
  open: async (context) => {
    const brokers = await Brokers.start(context);
    const records = context.scale.records1k;
    for (const { name } of context.sides) {
      await stream(brokers.of(name), 'transactions-batched-warm', records / WARM_UP_SHARE);
    }
    return {
      measure: (name, round) => stream(brokers.of(name), `transactions-batched-${round}`, records),
      close: () => brokers.stop(),
    };
  },
};

async function stream(broker: BrokerProcess, topic: string, records: number): Promise<Values> {
  await createTopic(broker.port, topic, PARTITIONS);
  await diskQuiet();
  const job = { bootstrap: broker.bootstrap, topic, records, payload: { bytes: RECORD_BYTES }, settings: [] };
  const transactions = { transactionalId: topic, durationMs: COMMIT_EVERY_MS };
  const { result, load } = await metered([broker.pid], () => producerPerformance({ ...job, transactions }));
  await deleteTopic(broker.port, topic);
  return { recordsPerSecond: result.recordsPerSecond, cpuPerMillion: (load.cpuSeconds / records) * 1e6 };
}

/** A producer that needs each record in a transaction of its own. */
const small: Workload = {
  name: 'transactions-small',
  title: 'Transactions of one small record, one after the other',
  method:
    `One Java producer begins, sends one record of ${SMALL_RECORD_BYTES} bytes, commits, and begins again. The first seconds are not ` +
    'measured. Afterwards the log must hold two offsets for each transaction: the record and its marker.',
  metrics: [
    { key: 'transactionsPerSecond', title: 'rate', unit: 'transactions/s', better: 'more', goals: [kafkasRate] },
    { key: 'p50Us', title: 'p50 of a transaction', unit: 'µs', better: 'less' },
    { key: 'p99Us', title: 'p99 of a transaction', unit: 'µs', better: 'less' },
    { key: 'p999Us', title: 'p99.9 of a transaction', unit: 'µs', better: 'less' },
  ],
  open: async (context) => {
    const brokers = await Brokers.start(context);
    for (const { name } of context.sides) await single(brokers.of(name), context.scale, 'transactions-small-warm');
    return {
      measure: (name, round) => single(brokers.of(name), context.scale, `transactions-small-${round}`),
      close: () => brokers.stop(),
    };
  },
};

async function single({ bootstrap, port }: BrokerProcess, scale: Scale, topic: string): Promise<Values> {
  await createTopic(port, topic, 1);
  await diskQuiet();
  const numbers = [scale.latencySeconds, scale.latencyWarmupSeconds, SMALL_RECORD_BYTES].map(String);
  const said = await runJava('Transactions', [bootstrap, topic, topic, ...numbers]);
  const [count = Number.NaN, transactionsPerSecond = Number.NaN, ...micros] = said.trim().split(' ').map(Number);
  const [p50Us = Number.NaN, p99Us = Number.NaN, p999Us = Number.NaN] = micros;
  await expectRecords(port, topic, 1, 2 * count);
  await deleteTopic(port, topic);
  return { transactionsPerSecond, p50Us, p99Us, p999Us };
}

export const transactionWorkloads: readonly Workload[] = [streaming, small];

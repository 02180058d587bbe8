import type { BatchLoad } from '../client/batch-load.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess, BrokerSettings, SideName } from '../sides/side.ts';
import { loadBatches } from '../tools/loads.ts';
import type { Goal, Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
const WARM_UP_SHARE = 4;

/** The records of each acknowledgement are on the device. */
function settingsOf(side: SideName): BrokerSettings {
  return side === 'kafka' ? { 'log.flush.interval.messages': '1' } : { 'posthorn.flush.policy': 'group' };
}

/** What it costs to have records on the device before they are acknowledged. */
export const flushWorkloads: readonly Workload[] = [
  flushWorkload(1, []),
  flushWorkload(64, [{ of: 'ratio', bound: 'at least', limit: 1.5 }]),
];

function flushWorkload(producers: number, goals: readonly Goal[]): Workload {
  const name = `flush-${producers}`;
  const who = producers === 1 ? 'one producer' : `${producers} producers`;
  return {
    name,
    title: `A flush before every acknowledgement, ${who}`,
    method:
      `Each producer, a connection of one lean process, sends a record of 1 KiB with acks=1 and the next one when that is acknowledged, into a topic of ${PARTITIONS} partitions in turn. ` +
      'Kafka has log.flush.interval.messages=1, Posthorn posthorn.flush.policy=group: neither acknowledges what is not on the device. A turn of a quarter of the size warms each broker.',
    metrics: [
      { key: 'recordsPerSecond', title: 'rate', unit: 'records/s', better: 'more', goals },
      { key: 'p50Us', title: 'p50 to the acknowledgement', unit: 'µs', better: 'less' },
      { key: 'p99Us', title: 'p99', unit: 'µs', better: 'less' },
      { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less' },
      { key: 'cpuPerMillion', title: 'broker CPU per million records', unit: 's', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context, settingsOf);
      const { flushedOne, flushedMany } = context.scale;
      const requests = producers === 1 ? flushedOne : flushedMany;
      const job = { producers, requests };
      for (const side of context.sides) {
        const warmUp = { producers, requests: Math.ceil(requests / WARM_UP_SHARE) };
        await flushed(brokers.of(side.name), `${name}-warm`, warmUp);
      }
      return {
        measure: (side, round) => flushed(brokers.of(side), `${name}-${round}`, job),
        close: () => brokers.stop(),
      };
    },
  };
}

async function flushed(
  { pid, port }: BrokerProcess,
  topic: string,
  { producers, requests }: { readonly producers: number; readonly requests: number },
): Promise<Values> {
  await createTopic(port, topic, PARTITIONS);
  await diskQuiet();
  const shape = { partitions: PARTITIONS, perRequest: 1, underWay: 1, batchBytes: 1, recordBytes: RECORD_BYTES };
  const job: BatchLoad = { ...shape, port, topic, connections: producers, requests };
  const { result, load } = await metered([pid], () => loadBatches(job));
  await expectRecords(port, topic, PARTITIONS, result.records);
  await deleteTopic(port, topic);
  const { seconds, records, p50Us, p99Us, p999Us } = result;
  return {
    recordsPerSecond: records / seconds,
    p50Us,
    p99Us,
    p999Us,
    cpuPerMillion: (load.cpuSeconds / records) * 1e6,
  };
}

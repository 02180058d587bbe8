import type { ConnectionLoad } from '../client/connection-load.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { BrokerProcess, BrokerSettings } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { loadConnections } from '../tools/loads.ts';
import type { Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const PARTITIONS = 4;
const BUSY = 100;
const RECORDS_PER_SECOND = 2000;
const RECORD_BYTES = 100;
/** Idle connections of the turn that warms each broker. */
const WARM_UP_IDLE = 100;
/** Neither side is to close idle connections meanwhile. */
const settings: BrokerSettings = { 'connections.max.idle.ms': '3600000' };

/** Connections that do nothing, as most of the connections of most brokers. */
export const connectionWorkloads: readonly Workload[] = [1000, 10_000].map(connectionWorkload);

function connectionWorkload(idle: number): Workload {
  const name = `connections-${idle / 1000}k`;
  return {
    name,
    title: `${idle.toLocaleString('en')} idle connections and ${BUSY} busy ones`,
    method:
      `A lean client opens ${idle.toLocaleString('en')} connections, each of which asks for ApiVersions and is silent from then on. Then ${BUSY} more produce records of ${RECORD_BYTES} bytes (acks=1), ` +
      `${RECORDS_PER_SECOND.toLocaleString('en')} a second together, on a schedule that waits for no answer; each is timed from its writing to its acknowledgement. The first seconds are not measured.`,
    metrics: [
      {
        key: 'residentMaxMb',
        title: 'highest resident memory',
        unit: 'MB',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: 0.3 }],
      },
      { key: 'connectMs', title: 'until all idle ones were answered', unit: 'ms', better: 'less' },
      { key: 'p50Us', title: 'p50 of the busy ones', unit: 'µs', better: 'less' },
      {
        key: 'p99Us',
        title: 'p99',
        unit: 'µs',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: 0.7 }],
      },
      { key: 'p999Us', title: 'p99.9', unit: 'µs', better: 'less' },
      { key: 'cpuSeconds', title: 'broker CPU for all of it', unit: 's', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context, settings);
      for (const side of context.sides) {
        await connected(brokers.of(side.name), { topic: `${name}-warm`, idle: WARM_UP_IDLE }, context.scale);
      }
      return {
        measure: (side, round) => connected(brokers.of(side), { topic: `${name}-${round}`, idle }, context.scale),
        close: () => brokers.stop(),
      };
    },
  };
}

/** One turn. Also what the curve over connections is made of. */
export async function connected(
  { pid, port }: BrokerProcess,
  { topic, idle }: { readonly topic: string; readonly idle: number },
  {
    latencySeconds: seconds,
    latencyWarmupSeconds: warmUpSeconds,
  }: Pick<Scale, 'latencySeconds' | 'latencyWarmupSeconds'>,
): Promise<Values> {
  await createTopic(port, topic, PARTITIONS);
  await diskQuiet();
  const pace = { perSecond: RECORDS_PER_SECOND, seconds, warmUpSeconds, recordBytes: RECORD_BYTES };
  const job: ConnectionLoad = { port, topic, partitions: PARTITIONS, idle, busy: BUSY, ...pace };
  const { result, load } = await metered([pid], () => loadConnections(job));
  await expectRecords(port, topic, PARTITIONS, result.records);
  await deleteTopic(port, topic);
  const { connectMs, p50Us, p99Us, p999Us } = result;
  return {
    residentMaxMb: load.residentMaxMb,
    connectMs,
    p50Us,
    p99Us,
    p999Us,
    cpuSeconds: load.cpuSeconds,
  };
}

import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import type { RunningCluster } from '../sides/running-cluster.ts';
import { producerPerformance } from '../tools/perf-tools.ts';
import type { Values, Workload } from '../workload.ts';
import { Clusters, REPLICAS } from './clusters.ts';

const PARTITIONS = 6;
const RECORD_BYTES = 1024;
const WARM_UP_SHARE = 2;
const BYTES_PER_GB = 1e9;

/** What replication costs: every record on three brokers before it is acknowledged. */
export const clusterProduce: Workload = {
  name: 'cluster-produce',
  title: 'Three brokers: produce 1 KiB records, acks=all, three replicas',
  method:
    `Kafka's ProducerPerformance with default settings and acks=all, as fast as it can, into a fresh topic of ${PARTITIONS} partitions with ` +
    `${REPLICAS} replicas, min.insync.replicas 2. Three Posthorn processes and an etcd of one member, three Kafka processes of 640 MB of heap that are broker ` +
    'and controller each; processor time and memory are sums over all of them, etcd included. One unmeasured turn of half the size ' +
    'warms each cluster. Afterwards the end offsets must add up.',
  metrics: [
    {
      key: 'recordsPerSecond',
      title: 'rate',
      unit: 'records/s',
      better: 'more',
      goals: [{ of: 'ratio', bound: 'at least', limit: 1 }],
    },
    {
      key: 'cpuPerGb',
      title: 'CPU of the cluster per GB produced',
      unit: 's',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: 0.6 }],
    },
    { key: 'p99Ms', title: 'p99 from send to acknowledgement, saturated', unit: 'ms', better: 'less' },
    { key: 'p999Ms', title: 'p99.9', unit: 'ms', better: 'less' },
    {
      key: 'residentMaxMb',
      title: 'highest resident memory of the cluster',
      unit: 'MB',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: 0.25 }],
    },
  ],
  open: async (context) => {
    const clusters = await Clusters.start(context);
    const records = context.scale.records1k;
    for (const { name } of context.clusters) {
      await produceOnce(clusters.of(name), 'cluster-warm', records / WARM_UP_SHARE);
    }
    return {
      measure: (name, round) => produceOnce(clusters.of(name), `cluster-produce-${round}`, records),
      close: () => clusters.stop(),
    };
  },
};

async function produceOnce(cluster: RunningCluster, topic: string, records: number): Promise<Values> {
  const port = cluster.ports[0]!;
  await createTopic(port, topic, PARTITIONS, { replicas: REPLICAS });
  await diskQuiet();
  const job = {
    bootstrap: cluster.bootstrap,
    topic,
    records,
    payload: { bytes: RECORD_BYTES },
    settings: ['acks=all'],
  };
  const { result, load } = await metered(cluster.pids, () => producerPerformance(job));
  await expectRecords(port, topic, PARTITIONS, records);
  await deleteTopic(port, topic);
  cluster.expectAlive();
  return {
    recordsPerSecond: result.recordsPerSecond,
    cpuPerGb: load.cpuSeconds / ((records * RECORD_BYTES) / BYTES_PER_GB),
    p99Ms: result.p99Ms,
    p999Ms: result.p999Ms,
    residentMaxMb: load.residentMaxMb,
  };
}

import { controllerOf, untilInSync } from '../client/controller.ts';
import { PartitionWriters } from '../client/partition-writers.ts';
import { createTopic, deleteTopic } from '../client/topics.ts';
import { percentile } from '../measure/statistics.ts';
import { sleep } from '../measure/wait.ts';
import type { RunningCluster } from '../sides/running-cluster.ts';
import type { Values, Workload } from '../workload.ts';
import { Clusters, REPLICAS, ledBy } from './clusters.ts';

const INTERVAL_MS = 200;
/** Writing before the kill, so that it hits a cluster at work. */
const BEFORE_MS = 3000;
const WAIT_MS = 60_000;

/** The death of a broker, as its producers see it. */
export const clusterKill: Workload = {
  name: 'cluster-kill',
  title: 'Three brokers: kill -9 of the leader of 1,000 partitions',
  method:
    `A topic with ${REPLICAS} replicas, all of its partitions led by one broker that is not the controller; a lean client writes a record to each of them every ` +
    `${INTERVAL_MS} ms with acks=all, in requests of up to fifty partitions, and asks for the leaders every 25 ms while it does not know one. The leader is killed with ` +
    '-9. For each partition the time counts until a record sent after the kill is acknowledged. Default settings of both, so that Kafka waits for its ' +
    'session timeout of nine seconds. Each attempt to write has its own number: at the end, with the broker back in sync, every acknowledged one must be there, once.',
  metrics: [
    {
      key: 'p50Ms',
      title: 'kill to the first acknowledged write, p50 of partitions',
      unit: 'ms',
      better: 'less',
      goals: [
        { of: 'median', bound: 'at most', limit: 800 },
        { of: 'ratio', bound: 'at most', limit: 0.25 },
      ],
    },
    {
      key: 'p99Ms',
      title: 'the same, p99',
      unit: 'ms',
      better: 'less',
      goals: [
        { of: 'median', bound: 'at most', limit: 2500 },
        { of: 'ratio', bound: 'at most', limit: 0.25 },
      ],
    },
    { key: 'maxMs', title: 'the same, the last one', unit: 'ms', better: 'less' },
    { key: 'inSyncMs', title: 'start of the broker to all replicas in sync', unit: 'ms', better: 'less' },
  ],
  open: async (context) => {
    const clusters = await Clusters.start(context);
    const { leaderPartitions } = context.scale;
    return {
      measure: (name, round) => killOnce(clusters.of(name), `cluster-kill-${round}`, leaderPartitions),
      close: () => clusters.stop(),
    };
  },
};

async function killOnce(cluster: RunningCluster, topic: string, partitions: number): Promise<Values> {
  const controller = await controllerOf(cluster.ports[0]!);
  const victim = cluster.ids.find((id) => id !== controller)!;
  const port = cluster.portOf(controller);
  await createTopic(port, topic, partitions, { brokers: ledBy(cluster.ids, [victim], partitions) });
  await untilInSync(port, topic, REPLICAS);
  const writers = await PartitionWriters.start({ ports: cluster.ports, topic, partitions, intervalMs: INTERVAL_MS });
  try {
    await sleep(BEFORE_MS);
    const killedAt = cluster.kill(victim);
    const backMs = await writers.untilAllWrite(killedAt, WAIT_MS);
    const startedAt = performance.now();
    await cluster.start(victim);
    await untilInSync(port, topic, REPLICAS);
    const inSyncMs = performance.now() - startedAt;
    await writers.finish();
    await deleteTopic(port, topic);
    return {
      p50Ms: percentile(backMs, 0.5),
      p99Ms: percentile(backMs, 0.99),
      maxMs: percentile(backMs, 1),
      inSyncMs,
    };
  } finally {
    writers.close();
  }
}

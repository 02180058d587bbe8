import { controllerOf, untilDecided, untilInSync } from '../client/controller.ts';
import { PartitionWriters } from '../client/partition-writers.ts';
import { createTopic, deleteTopic } from '../client/topics.ts';
import { percentile } from '../measure/statistics.ts';
import { sleep } from '../measure/wait.ts';
import type { RunningCluster } from '../sides/running-cluster.ts';
import type { Goal, Values, Workload } from '../workload.ts';
import { Clusters, REPLICAS, ledBy } from './clusters.ts';

const INTERVAL_MS = 100;
const BEFORE_MS = 3000;
/** Writing after the change, for what comes late. */
const AFTER_MS = 1000;
const noError: Goal = { of: 'worst', bound: 'at most', limit: 0 };

/** A broker that stops in order, as in a rolling restart, and a controller that dies. */
export const clusterHandover: Workload = {
  name: 'cluster-handover',
  title: 'Three brokers: a clean stop of the leader of 1,000 partitions, and a controller killed',
  method:
    `A topic with ${REPLICAS} replicas, all of its partitions led by one broker that is not the controller; a lean client writes a record to each of them every ${INTERVAL_MS} ms with ` +
    'acks=all. The broker is stopped with SIGTERM; the pause of a partition is the longest time from when a record was due until one was acknowledged. Then it is ' +
    'started again, all leaderships are with brokers that are not the controller, and the controller is killed with -9: the time counts until another broker creates a topic ' +
    'when asked. Errors are answers other than that the leader is elsewhere, and requests without an answer. Every acknowledged record must be there at the end, once.',
  metrics: [
    {
      key: 'pauseP99Ms',
      title: 'clean stop: pause of a partition, p99 of partitions',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 150 }],
    },
    { key: 'pauseP50Ms', title: 'clean stop: the same, p50', unit: 'ms', better: 'less' },
    { key: 'pauseMaxMs', title: 'clean stop: the same, the longest', unit: 'ms', better: 'less' },
    { key: 'steadyP99Ms', title: 'the same without a stop, p99', unit: 'ms', better: 'less' },
    { key: 'stopErrors', title: 'clean stop: errors', unit: 'requests', better: 'less', goals: [noError] },
    {
      key: 'controllerMs',
      title: 'controller killed: until a topic can be created',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 1000 }],
    },
    {
      key: 'controllerErrors',
      title: 'controller killed: errors of producers',
      unit: 'requests',
      better: 'less',
      goals: [noError],
    },
  ],
  open: async (context) => {
    const clusters = await Clusters.start(context);
    const { leaderPartitions } = context.scale;
    return {
      measure: async (name, round) => ({
        ...(await stopOnce(clusters.of(name), `cluster-stop-${round}`, leaderPartitions)),
        ...(await killController(clusters.of(name), `cluster-controller-${round}`, leaderPartitions)),
      }),
      close: () => clusters.stop(),
    };
  },
};

async function stopOnce(cluster: RunningCluster, topic: string, partitions: number): Promise<Values> {
  const controller = await controllerOf(cluster.ports[0]!);
  const leader = cluster.ids.find((id) => id !== controller)!;
  const port = cluster.portOf(controller);
  const writers = await writing(cluster, { topic, partitions, port, leaders: [leader] });
  try {
    const steadyP99Ms = percentile(writers.window.longestMs, 0.99);
    writers.beginWindow();
    await cluster.stop(leader);
    await writers.untilAllWrite(performance.now());
    await sleep(AFTER_MS);
    const { longestMs, errors } = writers.window;
    await cluster.start(leader);
    await untilInSync(port, topic, REPLICAS);
    await writers.finish();
    await deleteTopic(port, topic);
    return {
      pauseP99Ms: percentile(longestMs, 0.99),
      pauseP50Ms: percentile(longestMs, 0.5),
      pauseMaxMs: percentile(longestMs, 1),
      steadyP99Ms,
      stopErrors: errors,
    };
  } finally {
    writers.close();
  }
}

async function killController(cluster: RunningCluster, topic: string, partitions: number): Promise<Values> {
  const controller = await controllerOf(cluster.ports[0]!);
  const leaders = cluster.ids.filter((id) => id !== controller);
  const port = cluster.portOf(leaders[0]!);
  const writers = await writing(cluster, { topic, partitions, port, leaders });
  try {
    writers.beginWindow();
    const killedAt = cluster.kill(controller);
    const controllerMs = (await untilDecided(port, `${topic}-after`)) - killedAt;
    await writers.untilAllWrite(performance.now());
    await sleep(AFTER_MS);
    const { errors } = writers.window;
    await cluster.start(controller);
    await untilInSync(port, topic, REPLICAS);
    await writers.finish();
    await deleteTopic(port, topic);
    return { controllerMs, controllerErrors: errors };
  } finally {
    writers.close();
  }
}

/** Writers to a fresh topic whose partitions are led by `leaders`, at work for a while. */
async function writing(
  cluster: RunningCluster,
  stage: { topic: string; partitions: number; port: number; leaders: readonly number[] },
): Promise<PartitionWriters> {
  const { topic, partitions, port, leaders } = stage;
  await createTopic(port, topic, partitions, { brokers: ledBy(cluster.ids, leaders, partitions) });
  await untilInSync(port, topic, REPLICAS);
  const writers = await PartitionWriters.start({ ports: cluster.ports, topic, partitions, intervalMs: INTERVAL_MS });
  await sleep(BEFORE_MS);
  writers.beginWindow();
  await sleep(BEFORE_MS);
  return writers;
}

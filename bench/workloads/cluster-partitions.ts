import { rm } from 'node:fs/promises';
import { controllerOf, untilDecided, untilInSync } from '../client/controller.ts';
import { withClient } from '../client/raw-client.ts';
import { createTopic, describe } from '../client/topics.ts';
import { messagesBetween } from '../measure/messages.ts';
import { cpuSeconds, memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { RunningCluster } from '../sides/running-cluster.ts';
import type { SideName } from '../sides/side.ts';
import type { Values, Workload } from '../workload.ts';
import { allKnown, clusterSideOf, REPLICAS, startCluster } from './clusters.ts';

const PER_TOPIC = 1000;
const SETTLE_MS = 2000;
const QUIET_MS = 5000;
const POLL_MS = 10;
const READY_MS = 120_000;

/** What many partitions cost when nothing happens, and when something happens to all of them. */
export const clusterPartitions: Workload = {
  name: 'cluster-partitions',
  title: 'Three brokers: very many partitions',
  method:
    `Topics of ${PER_TOPIC.toLocaleString('en')} partitions with ${REPLICAS} replicas are created once, 10,000 partitions in all (quick: 3,000); each round starts the cluster on that data while the other side rests. When all replicas are in sync ` +
    'and two seconds have passed, five seconds without clients count: processor use, and messages between the processes of the cluster, etcd included, as the kernel ' +
    'counts their segments (a request or an answer each). Then the controller is killed with -9: until another broker creates a topic when asked, and until no partition is led ' +
    'by the dead one. Then it is started again: until its answer to Metadata has every partition.',
  metrics: [
    {
      key: 'controllerMs',
      title: 'controller killed: until a topic can be created',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 2000 }],
    },
    {
      key: 'leadersMs',
      title: 'controller killed: until all partitions are led by others',
      unit: 'ms',
      better: 'less',
    },
    {
      key: 'imageMs',
      title: 'start of a broker to all partitions in its Metadata',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 1000 }],
    },
    { key: 'idleMessages', title: 'messages between processes at rest', unit: '/s', better: 'less' },
    { key: 'idleCpuPercent', title: 'processor use of the cluster at rest', unit: '% of a core', better: 'less' },
    { key: 'residentMb', title: 'resident memory of the cluster at rest', unit: 'MB', better: 'less' },
  ],
  open: async (context) => {
    const stages = new Map<SideName, { home: string; cluster: RunningCluster }>();
    const partitions = context.scale.clusterPartitions;
    const topics = Array.from({ length: Math.ceil(partitions / PER_TOPIC) }, (_, index) => `crowd-${index}`);
    for (const { name } of context.clusters) {
      context.note(`cluster-partitions: creating ${partitions} partitions, ${name}`);
      const stage = await startCluster(context, clusterSideOf(context, name));
      stages.set(name, stage);
      const perTopic = Math.min(partitions, PER_TOPIC);
      for (const topic of topics) await createTopic(stage.cluster.ports[0]!, topic, perTopic, { replicas: REPLICAS });
      await stage.cluster.stopAll();
    }
    return {
      measure: async (name, round) => {
        const { cluster } = stages.get(name)!;
        try {
          return await measure(cluster, { topics, partitions, round });
        } finally {
          await cluster.stopAll();
        }
      },
      close: async () => {
        for (const { home, cluster } of stages.values()) {
          await cluster.close();
          await rm(home, { recursive: true, force: true });
        }
      },
    };
  },
};

async function measure(
  cluster: RunningCluster,
  { topics, partitions, round }: { topics: readonly string[]; partitions: number; round: number },
): Promise<Values> {
  await cluster.startAll();
  await allKnown(cluster.ports);
  for (const topic of topics) await untilInSync(cluster.ports[0]!, topic, REPLICAS, READY_MS);
  await sleep(SETTLE_MS);
  const rest = await atRest(cluster.pids);
  const controller = await controllerOf(cluster.ports[0]!);
  const port = cluster.portOf(cluster.ids.find((id) => id !== controller)!);
  const killedAt = cluster.kill(controller);
  const decided = untilDecided(port, `after-${round}`);
  const ledByOthers = untilLed(port, topics, partitions, controller);
  const [controllerMs, leadersMs] = [(await decided) - killedAt, (await ledByOthers) - killedAt];
  const broker = await cluster.start(controller);
  const imageMs = (await untilLed(broker.port, topics, partitions)) - broker.spawnedAt;
  return { controllerMs, leadersMs, imageMs, ...rest };
}

async function atRest(pids: readonly number[]): Promise<Values> {
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const [cpuBefore, messagesBefore, began] = [cpu(), await messagesBetween(pids), performance.now()];
  await sleep(QUIET_MS);
  const [cpuUsed, messages] = [cpu() - cpuBefore, (await messagesBetween(pids)) - messagesBefore];
  const seconds = (performance.now() - began) / 1000;
  return {
    idleMessages: messages / seconds,
    idleCpuPercent: (cpuUsed / seconds) * 100,
    residentMb: pids.reduce((sum, pid) => sum + memory(pid).residentBytes, 0) / 1e6,
  };
}

/** Until a broker's Metadata has a leader for every partition, other than `notBy`; `performance.now()` of that answer. */
async function untilLed(port: number, topics: readonly string[], partitions: number, notBy = -1): Promise<number> {
  const deadline = performance.now() + READY_MS;
  return withClient(port, async (client) => {
    for (;;) {
      const answer = await describe(client, topics);
      let led = 0;
      for (const topic of answer.topics) {
        for (const { leaderId } of topic.partitions) if (leaderId >= 0 && leaderId !== notBy) led++;
      }
      if (led === partitions) return performance.now();
      if (performance.now() > deadline) throw new Error(`${led} of ${partitions} partitions have a leader`);
      await sleep(POLL_MS);
    }
  });
}

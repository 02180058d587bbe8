import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { heartbeat } from '../../src/protocol/messages/012-heartbeat.ts';
import { withClient } from '../client/raw-client.ts';
import { createTopic, deleteTopic } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { metered } from '../measure/load-meter.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess } from '../sides/side.ts';
import { runNode } from '../tools/node.ts';
import type { Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const CONNECTIONS = 4;
const UNDER_WAY = 64;
const GROUPS = 200;
const WARM_UP_SHARE = 4;
const POLL_MS = 50;
const READY_MS = 60_000;
const UNKNOWN_MEMBER_ID = 25;

/** Offset commits to the internal topic, which consumers with short commit intervals make many of. */
export const commits: Workload = {
  name: 'commits',
  title: 'Offset commits, pipelined on a few connections',
  method:
    `${CONNECTIONS} connections of one lean client keep ${UNDER_WAY} OffsetCommit requests of one partition under way each, for ` +
    `${GROUPS} groups, as fast as the broker answers. Every answer must be without error, and in the end each group must have ` +
    'the offset that was committed last. A turn of a quarter of the size warms each broker.',
  metrics: [
    {
      key: 'commitsPerSecond',
      title: 'rate',
      unit: 'commits/s',
      better: 'more',
      goals: [{ of: 'median', bound: 'at least', limit: 10_000 }],
    },
    { key: 'cpuMsPerThousand', title: 'broker CPU per 1,000 commits', unit: 'ms', better: 'less' },
    { key: 'residentMaxMb', title: 'highest resident memory under load', unit: 'MB', better: 'less' },
  ],
  open: async (context) => {
    const brokers = await Brokers.start(context);
    const { commits: count } = context.scale;
    for (const { name } of context.sides) {
      await coordinatorReady(brokers.of(name).port);
      await commitOnce(brokers.of(name), 'commits-warm', { commits: count / WARM_UP_SHARE, groups: GROUPS });
    }
    return {
      measure: (name, round) => commitOnce(brokers.of(name), `commits-${round}`, { commits: count, groups: GROUPS }),
      close: () => brokers.stop(),
    };
  },
};

/** One turn. Also what the curve over groups is made of. */
export async function commitOnce(
  broker: BrokerProcess,
  topic: string,
  { commits: count, groups }: { readonly commits: number; readonly groups: number },
): Promise<Values> {
  const { pid, port } = broker;
  await createTopic(port, topic, 1);
  await diskQuiet();
  const args = [count, CONNECTIONS, UNDER_WAY, groups].map(String);
  const { result, load } = await metered([pid], () => runNode('commit-load', [String(port), topic, ...args]));
  await deleteTopic(port, topic);
  return {
    commitsPerSecond: Number(result.trim()),
    cpuMsPerThousand: (load.cpuSeconds / count) * 1e6,
    residentMaxMb: load.residentMaxMb,
  };
}

/** The first look-up makes the internal topic; it is ready when a coordinator knows that a member is unknown. */
export async function coordinatorReady(port: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  await withClient(port, async (client) => {
    for (;;) {
      await client.request(findCoordinator, 1, { key: 'bench', keyType: 0, coordinatorKeys: [] });
      const beat = { groupId: 'bench', generationId: 1, memberId: 'nobody', groupInstanceId: null };
      const answer = await client.request(heartbeat, 3, beat);
      if (answer.errorCode === UNKNOWN_MEMBER_ID) return;
      if (performance.now() > deadline) throw new Error(`groups have no coordinator: error ${answer.errorCode}`);
      await sleep(POLL_MS);
    }
  });
}

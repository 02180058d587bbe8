import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { joinClassicMember, joinConsumerMember, type GroupMember, type JoinMember } from '../client/group-members.ts';
import { RawClient, withClient } from '../client/raw-client.ts';
import { createTopic, deleteTopic, untilServed } from '../client/topics.ts';
import { cpuSeconds } from '../measure/process-stats.ts';
import type { BrokerProcess } from '../sides/side.ts';
import type { Goal, Values, Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';

const MEMBERS = 100;
const PARTITIONS = 200;
/** Groups that come and go on each side before the first that counts. */
const WARM_GROUPS = 5;
const STABLE_MS = 120_000;
const GROUP_KEY_TYPE = 0;
/** What is measured is work: the second that groups of KIP-848 wait between two assignments by default would hide it. */
const NO_WAITING = { 'group.consumer.assignment.interval.ms': '0' };
const halfTheTime: Goal = { of: 'ratio', bound: 'at most', limit: 0.5 };

interface GroupVariant {
  readonly name: string;
  readonly title: string;
  readonly join: JoinMember;
  /** Whether the group has come to rest with all of these members. */
  readonly isStable: (members: readonly GroupMember[]) => boolean;
  readonly stableText: string;
}

const variants: readonly GroupVariant[] = [
  {
    name: 'group-classic',
    title: 'A group of 100, classic protocol',
    join: joinClassicMember,
    isStable: (members) =>
      members.every(({ epoch }) => epoch === members[0]?.epoch) && members.some(({ size }) => size === members.length),
    stableText: 'all members are in one generation that counts them all',
  },
  {
    name: 'group-consumer',
    title: 'A group of 100, protocol of KIP-848',
    join: joinConsumerMember,
    isStable: (members) =>
      members.every(({ epoch, size }) => epoch === members[0]?.epoch && size > 0) &&
      members.reduce((sum, { size }) => sum + size, 0) === PARTITIONS,
    stableText: `all members are in one epoch and together own all ${PARTITIONS} partitions`,
  },
];

/** How fast large groups come together. */
export const groupWorkloads: readonly Workload[] = variants.map(groupWorkload);

function groupWorkload(variant: GroupVariant): Workload {
  return {
    name: variant.name,
    title: variant.title,
    method:
      `One member is in a stable group; then ${MEMBERS} join at once, then one more. Members are lean connections, opened before, that do what the ` +
      'protocol asks for and send a heartbeat every 10 ms, and at once when they have taken partitions or given some back; the wait between two assignments (group.consumer.assignment.interval.ms, 1 s) is off on both sides. ' +
      `Counted until ${variant.stableText}. ${WARM_GROUPS} such groups come and go on each side before.`,
    metrics: [
      { key: 'joinMs', title: `${MEMBERS} members join`, unit: 'ms', better: 'less', goals: [halfTheTime] },
      { key: 'oneMoreMs', title: 'one more joins', unit: 'ms', better: 'less', goals: [halfTheTime] },
      { key: 'cpuSeconds', title: 'broker CPU for both', unit: 's', better: 'less' },
    ],
    open: async (context) => {
      const brokers = await Brokers.start(context, NO_WAITING);
      for (let group = 1; group <= WARM_GROUPS; group++) {
        for (const { name } of context.sides) await measure(variant, brokers.of(name), `${variant.name}-warm-${group}`);
      }
      return {
        measure: (name, round) => measure(variant, brokers.of(name), `${variant.name}-${round}`),
        close: () => brokers.stop(),
      };
    },
  };
}

async function measure(variant: GroupVariant, { pid, port }: BrokerProcess, name: string): Promise<Values> {
  await createTopic(port, name, PARTITIONS);
  // Making logs is no work of the group's.
  await untilServed(port, name, PARTITIONS);
  await withClient(port, (client) =>
    client.request(findCoordinator, 1, { key: name, keyType: GROUP_KEY_TYPE, coordinatorKeys: [] }),
  );
  const members: GroupMember[] = [];
  const watch: { changed: () => void; failed: (error: Error) => void } = { changed: () => {}, failed: () => {} };
  const grownTo = async (count: number): Promise<number> => {
    // One after the other: a burst would meet the listener's backlog, and a refused connection comes back after a second.
    const clients: RawClient[] = [];
    while (members.length + clients.length < count) clients.push(await RawClient.open(port));
    const began = performance.now();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${name} is not stable after ${STABLE_MS} ms`)), STABLE_MS);
      watch.failed = fail;
      watch.changed = () => {
        if (members.length < count || !variant.isStable(members)) return;
        clearTimeout(timer);
        watch.changed = () => {};
        done(performance.now() - began);
      };
      for (const client of clients) members.push(variant.join(client, name, name, watch));
    });
  };
  try {
    await grownTo(1);
    const cpuBefore = cpuSeconds(pid);
    const joinMs = await grownTo(1 + MEMBERS);
    const oneMoreMs = await grownTo(2 + MEMBERS);
    return { joinMs, oneMoreMs, cpuSeconds: cpuSeconds(pid) - cpuBefore };
  } finally {
    for (const member of members) member.leave();
    await deleteTopic(port, name);
  }
}

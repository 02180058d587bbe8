import assert from 'node:assert/strict';
import { partitionValuesOf, valuesOf, type Admin, type Kafka } from '../../../src/client/index.ts';
import { Cluster, type CoordinatorKind } from '../../../src/client/cluster.ts';
import { string } from '../../../src/client/serializers.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import type { ProxiedCluster } from '../../brokers/proxied-cluster.ts';
import { CUT } from '../../brokers/tcp-proxy.ts';
import { sleep, Traffic, until } from './traffic.ts';

const CUTS = 60;
const CUT_PAUSE_MS = 100;
/** Longer than the clients' request timeout. */
const STALL_MS = 4000;
const TRANSACTIONS = 30;
const TRANSACTION_RECORDS = 4;

/** What befalls clients, and what must hold all the same. Returns figures; throws where it does not hold. */
export interface FaultScenario {
  readonly name: string;
  /** How many brokers it needs. */
  readonly brokers: number;
  run(cluster: ProxiedCluster, kafka: Kafka, prefix: string): Promise<string>;
}

const cut: FaultScenario = {
  name: 'connections cut in the middle of frames',
  brokers: 1,
  async run(cluster, kafka, prefix) {
    const traffic = await Traffic.start(kafka, `${prefix}-cut`);
    const proxies = [...cluster.proxies.values()];
    const before = proxies.reduce((sum, { cuts }) => sum + cuts, 0);
    for (let round = 0; round < CUTS; round++) {
      proxies[round % proxies.length]?.cutNext();
      await sleep(CUT_PAUSE_MS);
    }
    await traffic.progress();
    const cuts = proxies.reduce((sum, proxy) => sum + proxy.cuts, 0) - before;
    assert.ok(cuts >= CUTS / 2, `only ${cuts} connections were cut`);
    return `${cuts} cuts; ${await traffic.finish()}`;
  },
};

const stalled: FaultScenario = {
  name: 'connections that stay open and carry nothing',
  brokers: 1,
  async run(cluster, kafka, prefix) {
    const traffic = await Traffic.start(kafka, `${prefix}-stalled`);
    for (const proxy of cluster.proxies.values()) {
      proxy.set(CUT);
      await sleep(STALL_MS);
      // With other brokers in sync, the partitions that they lead go on meanwhile; the rest does afterwards.
      proxy.clear();
      await traffic.progress();
    }
    return traffic.finish();
  },
};

const killed: FaultScenario = {
  name: 'brokers killed one after the other, and started again',
  brokers: 1,
  async run(cluster, kafka, prefix) {
    const traffic = await Traffic.start(kafka, `${prefix}-killed`);
    for (const nodeId of cluster.proxies.keys()) {
      await cluster.kill(nodeId);
      if (cluster.proxies.size > 1) await traffic.progress();
      await cluster.start(nodeId);
      await traffic.progress();
      await inSync(kafka, traffic.topic);
    }
    return traffic.finish();
  },
};

const leadersMoved: FaultScenario = {
  name: 'leaders moved to other brokers while all live',
  brokers: 3,
  async run(_cluster, kafka, prefix) {
    const traffic = await Traffic.start(kafka, `${prefix}-leaders`);
    const admin = kafka.admin();
    const orders = [
      [2, 3, 1],
      [3, 1, 2],
      [1, 2, 3],
    ];
    try {
      for (const replicas of orders) {
        const wanted = [0, 1, 2].map((partition) => ({ topic: traffic.topic, partition, replicas }));
        await admin.alterReassignments(wanted);
        await until(async () => (await admin.listReassignments()).size === 0, 'the reassignment is done');
        await admin.electLeaders('preferred', wanted);
        await traffic.progress();
      }
    } finally {
      admin.close();
    }
    return traffic.finish();
  },
};

const groupCoordinatorMoved: FaultScenario = {
  name: "a group's coordinator killed: the group goes on, and so do its commits",
  brokers: 3,
  async run(cluster, kafka, prefix) {
    const traffic = await Traffic.start(kafka, `${prefix}-coordinator`);
    const admin = kafka.admin();
    try {
      for (let round = 0; round < 2; round++) {
        const before = await coordinatorOf(cluster, 'group', traffic.groupId);
        await cluster.kill(before);
        await traffic.progress();
        const offsets = await committed(admin, traffic);
        await until(async () => (await committed(admin, traffic)) > offsets, 'commits go on');
        await cluster.start(before);
        await inSync(kafka, traffic.topic);
      }
    } finally {
      admin.close();
    }
    return traffic.finish();
  },
};

const transactionCoordinatorMoved: FaultScenario = {
  name: "a transaction's coordinator killed: each transaction is there as a whole or not at all",
  brokers: 3,
  async run(cluster, kafka, prefix) {
    const topic = `${prefix}-transactions`;
    const transactionalId = `${prefix}-tx`;
    const admin = kafka.admin();
    await admin.createTopics([{ name: topic, partitions: 1 }]);
    const producer = kafka.producer({ valueSerializer: string, transactionalId });
    const kept: string[] = [];
    const unsure = new Set<string>();
    for (let number = 0; number < TRANSACTIONS; number++) {
      const values = Array.from({ length: TRANSACTION_RECORDS }, (_, index) => `${number}.${index}`);
      const isKilled = number === TRANSACTIONS / 2;
      let killedId = 0;
      try {
        await producer.transaction(async () => {
          for (const value of values) void producer.send({ topic, value });
          if (!isKilled) return;
          killedId = await coordinatorOf(cluster, 'transaction', transactionalId);
          await cluster.kill(killedId);
        });
        kept.push(...values);
      } catch (error) {
        if (!isKilled) throw error;
        for (const value of values) unsure.add(value);
      }
      if (killedId > 0) await cluster.start(killedId);
    }
    await producer.close();
    admin.close();
    const seen = await readCommitted(kafka, topic, kept.at(-1) ?? '');
    assert.deepEqual(
      seen.filter((value) => !unsure.has(value)),
      kept,
    );
    const ofUnsure = seen.filter((value) => unsure.has(value)).length;
    assert.ok(
      ofUnsure === 0 || ofUnsure === TRANSACTION_RECORDS,
      `${ofUnsure} records of a transaction of ${TRANSACTION_RECORDS}`,
    );
    return `${kept.length} records of ${TRANSACTIONS} transactions`;
  },
};

export const faultScenarios: readonly FaultScenario[] = [
  cut,
  stalled,
  killed,
  leadersMoved,
  groupCoordinatorMoved,
  transactionCoordinatorMoved,
];

async function inSync(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await until(async () => {
      const [found] = [...(await admin.describeTopics([topic])).values()];
      if (found === undefined || found instanceof Error) return false;
      return found.partitions.every(({ inSync: live, replicas }) => live.length === replicas.length);
    }, 'all replicas are in sync');
  } finally {
    admin.close();
  }
}

/** The node that coordinates a group or a transactional id, by the proxy that leads to it. */
async function coordinatorOf(proxied: ProxiedCluster, kind: CoordinatorKind, key: string): Promise<number> {
  const { bootstrap: bootstrapServers } = proxied;
  const cluster = new Cluster(nodeRuntime({ level: 'error', fd: 2, pretty: false }), { bootstrapServers });
  try {
    const { port } = (await cluster.coordinator(kind, key)).address;
    const [nodeId] = [...proxied.proxies].find(([, proxy]) => proxy.port === port) ?? [];
    assert.ok(nodeId !== undefined, `no proxy leads to the coordinator of ${key}`);
    return nodeId;
  } finally {
    cluster.close();
  }
}

async function committed(admin: Admin, { groupId }: Traffic): Promise<number> {
  const offsets = valuesOf(await admin.listGroupOffsets([groupId])).get(groupId);
  let sum = 0;
  for (const partitions of partitionValuesOf(offsets ?? new Map()).values()) {
    for (const { offset } of partitions.values()) sum += offset;
  }
  return sum;
}

async function readCommitted(kafka: Kafka, topic: string, last: string): Promise<string[]> {
  const reader = kafka.consumer({ valueDeserializer: string, offsetReset: 'earliest', isolation: 'read_committed' });
  reader.assign([{ topic, partition: 0 }]);
  const seen: string[] = [];
  for await (const { value } of reader) {
    seen.push(value ?? '');
    if (value === last) break;
  }
  await reader.close();
  return seen;
}

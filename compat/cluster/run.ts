import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { readyClients } from '../clients/order-client.ts';
import { finish } from '../clients/processes.ts';
import { startWriter, verifyTopic, writeOrders } from '../clients/serving-writer.ts';
import { etcd } from '../tools/etcd.ts';
import { ProcessCluster } from '../brokers/process-cluster.ts';

/**
 * Three brokers over etcd, each a process of its own, under idempotent clients of others that write with acks=all to topics of three
 * replicas, two of them in sync at least; in each round one fault happens to the cluster. What was acknowledged has to be
 * there, once, in the order of its keys, and no client may see an error.
 *
 *   node dist/compat/cluster/run.js [--long]
 *
 * RECORDS of each client and round (1200), FAULTS="stop roll" narrows it, SEED. Closes with "N passed, M failed".
 */
const isLong = process.argv.includes('--long');
const RECORDS = Number(process.env['RECORDS'] ?? (isLong ? 15_000 : 2000));
const SEED = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));
const RATE = 600;
const PARTITIONS = 3;
/** Shorter and longer than a broker's lease. */
const SHORT_PAUSE_MS = 2000;
const LONG_PAUSE_MS = 9000;

const random = new SeededRandom(SEED);

/** What happens in a round, while clients write. Everything runs again when it is over. */
const faults: Readonly<Record<string, (cluster: ProcessCluster) => Promise<void>>> = {
  kill: async (cluster) => killed(cluster, [anyOf(cluster)]),
  each: async (cluster) => {
    for (const id of cluster.ids) await killed(cluster, [id]);
  },
  all: async (cluster) => killed(cluster, cluster.ids),
  stop: async (cluster) => stopped(cluster, SHORT_PAUSE_MS),
  freeze: async (cluster) => stopped(cluster, LONG_PAUSE_MS),
  roll: async (cluster) => {
    for (const id of cluster.ids) {
      await cluster.stop(id);
      await cluster.start(id);
    }
  },
  store: async (cluster) => {
    await cluster.etcd.kill(0);
    await pause(LONG_PAUSE_MS);
    cluster.etcd.startMember(0);
    await cluster.etcd.ready();
  },
};

function anyOf(cluster: ProcessCluster): number {
  return cluster.ids[random.below(cluster.ids.length)]!;
}

async function killed(cluster: ProcessCluster, ids: readonly number[]): Promise<void> {
  await Promise.all(ids.map((id) => cluster.kill(id)));
  await pause(1000 + random.below(1000));
  await Promise.all(ids.map((id) => cluster.start(id)));
}

async function stopped(cluster: ProcessCluster, forMs: number): Promise<void> {
  const id = anyOf(cluster);
  cluster.signal(id, 'SIGSTOP');
  await pause(forMs);
  cluster.signal(id, 'SIGCONT');
}

function unableReason(): string | undefined {
  try {
    etcd();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const unable = unableReason();
if (unable !== undefined) {
  console.log(`NOT RUN: ${unable}`);
  console.log('0 passed, 0 failed, everything NOT RUN');
  process.exit(0);
}
const { clients, missing } = readyClients(['librdkafka', 'java', 'franz-go']);
const cluster = await ProcessCluster.start({ brokers: 3 });
const file = join(cluster.home, 'orders.tsv');
const expected = await writeOrders(file, RECORDS, SEED);
const started = await Promise.all(clients.map((client) => startWriter(client, cluster.bootstrap)));
const writers = started.filter((writer) => writer !== undefined);
let passed = 0;
let failed = 0;

function verdict(what: string, found: readonly string[], began: number): void {
  console.log(`${found.length === 0 ? 'pass' : 'FAIL'} ${what}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  for (const fault of found) console.log(fault.replace(/^/gm, '    '));
  if (found.length === 0) passed++;
  else failed++;
}

async function round(name: string): Promise<void> {
  const began = performance.now();
  const topics = writers.map(({ client }) => `${name}-${client.name}`);
  await createTopicsToKeep(cluster.bootstrap, topics, PARTITIONS);
  for (const [index, writer] of writers.entries()) {
    writer.process.stdin?.write(`${topics[index]} none ${file} ${RATE}\n`);
  }
  await pause(500 + random.below(500));
  await faults[name]!(cluster);
  const found: string[] = [];
  for (const writer of writers) {
    const answer = await writer.answer();
    if (answer !== `done ${RECORDS} 0`) found.push(`${writer.client.name}: ${answer}`);
  }
  for (const topic of topics) {
    const place = { topic, partitions: PARTITIONS };
    found.push(...(await verifyTopic(cluster.bootstrap, place, expected).catch((error: unknown) => [String(error)])));
  }
  verdict(name, found, began);
}

const wanted = (process.env['FAULTS'] ?? Object.keys(faults).join(' ')).split(' ');
console.log(`${RECORDS} records of each of ${writers.map(({ client }) => client.name).join(', ')}, seed ${SEED}`);
if (writers.length > 0) for (const name of wanted) await round(name);
await Promise.all(writers.map((writer) => finish(writer.process, 3000)));
await cluster.close(failed > 0);
if (failed > 0) console.log(`the brokers' data and output stay in ${cluster.home}`);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

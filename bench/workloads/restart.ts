import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstAnswer } from '../client/first-answer.ts';
import { RawClient } from '../client/raw-client.ts';
import { createTopic, expectRecords, leaders, produceToEach } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { cpuSeconds, memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess, Side, SideName } from '../sides/side.ts';
import { producerPerformance } from '../tools/perf-tools.ts';
import type { BenchContext, Workload } from '../workload.ts';
import { newHome, sideOf } from './brokers.ts';

const PARTITIONS = 4;
const TOPIC = 'restart';
/** Kafka's name for it, and Posthorn's. */
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint';
const POLL_MS = 2;
const READY_MS = 120_000;

/** Recovery: how long a broker that was killed is away. */
export const restart: Workload = {
  name: 'restart',
  title: 'Restart after kill -9 with 2 GiB of log',
  method:
    `1 KiB records lie in ${PARTITIONS} partitions; the broker is killed with -9 right after the last acknowledgement. Each round ` +
    'starts it on a fresh copy of that directory (in the page cache) and asks every two milliseconds: until Metadata names a ' +
    'leader for every partition, and until every partition has taken a record. Nothing may be missing then. How much is ' +
    'scanned depends on what the broker had synced by itself; so each round does it again without the recovery point ' +
    'checkpoint, as if nothing had been.',
  metrics: [
    { key: 'leadersMs', title: 'process start to leaders in Metadata', unit: 'ms', better: 'less' },
    {
      key: 'readyMs',
      title: 'process start to first record in every partition',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 1500 }],
    },
    {
      key: 'unsyncedReadyMs',
      title: 'the same with nothing synced before',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 1500 }],
    },
    { key: 'cpuSeconds', title: 'broker CPU until then', unit: 's', better: 'less' },
    { key: 'unsyncedCpuSeconds', title: 'broker CPU with nothing synced before', unit: 's', better: 'less' },
    { key: 'residentMb', title: 'resident memory then', unit: 'MB', better: 'less' },
  ],
  open: async (context) => {
    const records = context.scale.restartRecords;
    const killed = new Map<SideName, string>();
    for (const side of context.sides) killed.set(side.name, await killedHome(context, side, records));
    return {
      measure: async (name) => {
        const side = sideOf(context, name);
        const asItWas = await restartOnce(context, side, killed.get(name)!, { isUnsynced: false });
        const unsynced = await restartOnce(context, side, killed.get(name)!, { isUnsynced: true });
        return { ...asItWas, unsyncedReadyMs: unsynced.readyMs, unsyncedCpuSeconds: unsynced.cpuSeconds };
      },
      close: async () => {
        for (const home of killed.values()) await rm(home, { recursive: true, force: true });
      },
    };
  },
};

/** A broker's directory as kill -9 leaves it. */
async function killedHome(context: BenchContext, side: Side, records: number): Promise<string> {
  const home = await newHome(context, side.name);
  await side.prepare(home);
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    await createTopic(broker.port, TOPIC, PARTITIONS);
    const { bootstrap } = broker;
    await producerPerformance({ bootstrap, topic: TOPIC, records, payload: { bytes: 1024 }, settings: ['acks=1'] });
  } finally {
    await broker.kill();
  }
  return home;
}

interface RestartValues {
  readonly leadersMs: number;
  readonly readyMs: number;
  readonly cpuSeconds: number;
  readonly residentMb: number;
}

async function restartOnce(
  context: BenchContext,
  side: Side,
  killed: string,
  { isUnsynced }: { readonly isUnsynced: boolean },
): Promise<RestartValues> {
  const home = await newHome(context, side.name);
  await copyDirectory(killed, home);
  if (isUnsynced) await rm(join(home, 'data', RECOVERY_POINTS), { force: true });
  await diskQuiet();
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    const { leadersMs, readyMs } = await untilReady(broker);
    const used = { cpuSeconds: cpuSeconds(broker.pid), residentMb: memory(broker.pid).residentBytes / 1e6 };
    await expectRecords(broker.port, TOPIC, PARTITIONS, context.scale.restartRecords + PARTITIONS);
    return { leadersMs, readyMs, ...used };
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function untilReady(broker: BrokerProcess): Promise<{ leadersMs: number; readyMs: number }> {
  const deadline = performance.now() + READY_MS;
  const client = await RawClient.open(broker.port);
  const within = async (isDone: () => Promise<boolean>): Promise<number> => {
    while (!(await isDone())) {
      if (performance.now() > deadline) throw new Error(`not ready after ${READY_MS} ms:\n${broker.output()}`);
      await sleep(POLL_MS);
    }
    return performance.now() - broker.spawnedAt;
  };
  try {
    const leadersMs = await within(async () => (await leaders(client, [TOPIC])) === PARTITIONS);
    const readyMs = await within(async () => (await produceToEach(client, TOPIC, PARTITIONS)) === 0);
    return { leadersMs, readyMs };
  } finally {
    client.close();
  }
}

/** Keeps holes as holes: Kafka's index files are preallocated. */
async function copyDirectory(from: string, to: string): Promise<void> {
  try {
    await promisify(execFile)('cp', ['-a', '--sparse=auto', '--reflink=never', `${from}/.`, to]);
  } catch {
    await cp(from, to, { recursive: true });
  }
}

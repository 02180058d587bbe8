import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstAnswer } from '../client/first-answer.ts';
import { RawClient } from '../client/raw-client.ts';
import { expectRecords, leaders, produceToEach } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { cpuSeconds, memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess, Side, SideName } from '../sides/side.ts';
import type { BenchContext, Workload } from '../workload.ts';
import { newHome, sideOf } from './brokers.ts';
import { fillTopic } from './filled-topic.ts';

const PARTITIONS = 4;
const TOPIC = 'restart';
/** Kafka's name for it, and Posthorn's. */
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint';
const POLL_MS = 2;
const READY_MS = 120_000;
const BYTES_PER_MB = 1e6;

/** Recovery: how long a broker that was killed is away. */
export const restart: Workload = {
  name: 'restart',
  title: 'Restart after kill -9, and after a clean stop',
  method:
    `A log of 10 GiB (quick: 1 GiB) of 1 KiB records lies in ${PARTITIONS} partitions; the broker is killed with -9 right after the last acknowledgement. Each round ` +
    'starts it on a fresh copy of that directory (in the page cache, as far as memory reaches) and asks every two milliseconds: until Metadata names a ' +
    'leader for every partition, and until every partition has taken a record. Nothing may be missing then. How much is ' +
    'scanned depends on what the broker had synced by itself; so each round does it again without the recovery point ' +
    'checkpoint, as if nothing had been. Then that broker is stopped in order and started once more.',
  metrics: [
    { key: 'leadersMs', title: 'process start to leaders in Metadata', unit: 'ms', better: 'less' },
    {
      key: 'readyMs',
      title: 'process start to first record in every partition',
      unit: 'ms',
      better: 'less',
      goals: [
        { of: 'median', bound: 'at most', limit: 1500 },
        { of: 'ratio', bound: 'at most', limit: 0.1 },
      ],
    },
    {
      key: 'unsyncedReadyMs',
      title: 'the same with nothing synced before',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 1500 }],
    },
    {
      key: 'cleanReadyMs',
      title: 'the same after a clean stop',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: 0.3 }],
    },
    { key: 'cpuSeconds', title: 'broker CPU until then', unit: 's', better: 'less' },
    { key: 'unsyncedCpuSeconds', title: 'broker CPU with nothing synced before', unit: 's', better: 'less' },
    { key: 'residentMb', title: 'resident memory then', unit: 'MB', better: 'less' },
  ],
  open: async (context) => {
    const killed = new Map<SideName, Killed>();
    for (const side of context.sides) killed.set(side.name, await killedHome(context, side));
    return {
      measure: async (name) => {
        const [side, left] = [sideOf(context, name), killed.get(name)];
        if (left === undefined) throw new Error(`${name} does not take part`);
        const expected = left.records + PARTITIONS;
        const asItWas = await onCopy(context, side, left, (home) => startOn(home, side, expected));
        const [unsynced, clean] = await onCopy(context, side, left, async (home) => {
          await rm(join(home, 'data', RECOVERY_POINTS), { force: true });
          return [await startOn(home, side, expected), await startOn(home, side, expected + PARTITIONS)] as const;
        });
        const { leadersMs, readyMs, cpuSeconds: used, residentMb } = asItWas;
        return {
          leadersMs,
          readyMs,
          cpuSeconds: used,
          residentMb,
          unsyncedReadyMs: unsynced.readyMs,
          unsyncedCpuSeconds: unsynced.cpuSeconds,
          cleanReadyMs: clean.readyMs,
        };
      },
      close: async () => {
        for (const { home } of killed.values()) await rm(home, { recursive: true, force: true });
      },
    };
  },
};

interface Killed {
  readonly home: string;
  readonly records: number;
}

/** A broker's directory as kill -9 leaves it. */
async function killedHome(context: BenchContext, side: Side): Promise<Killed> {
  const home = await newHome(context, side.name);
  await side.prepare(home);
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    const bytes = context.scale.restartMb * BYTES_PER_MB;
    const { records } = await fillTopic(broker.port, { topic: TOPIC, partitions: PARTITIONS, bytes });
    return { home, records };
  } finally {
    await broker.kill();
  }
}

interface Started {
  readonly leadersMs: number;
  readonly readyMs: number;
  readonly cpuSeconds: number;
  readonly residentMb: number;
}

/** Does something on a copy of what was left. */
async function onCopy<T>(
  context: BenchContext,
  side: Side,
  killed: Killed,
  task: (home: string) => Promise<T>,
): Promise<T> {
  const home = await newHome(context, side.name);
  try {
    await copyDirectory(killed.home, home);
    return await task(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Starts a broker on what lies in a directory, until it is ready and holds `expected` records, and stops it in order. */
async function startOn(home: string, side: Side, expected: number): Promise<Started> {
  await diskQuiet();
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    const { leadersMs, readyMs } = await untilReady(broker);
    const used = { cpuSeconds: cpuSeconds(broker.pid), residentMb: memory(broker.pid).residentBytes / 1e6 };
    await expectRecords(broker.port, TOPIC, PARTITIONS, expected);
    return { leadersMs, readyMs, ...used };
  } finally {
    await broker.stop();
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

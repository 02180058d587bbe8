import { rm } from 'node:fs/promises';
import { firstAcknowledged } from '../client/first-acknowledged.ts';
import { firstAnswer } from '../client/first-answer.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { cpuSeconds, memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { Side, SideName } from '../sides/side.ts';
import type { BenchContext, Workload } from '../workload.ts';
import { newHome, sideOf } from './brokers.ts';

const QUIET_MS = 5000;

/** Start on an empty directory, and what the broker needs when nobody uses it. */
export const start: Workload = {
  name: 'start',
  title: 'Start and rest',
  method:
    'A process is spawned on an empty (for Kafka: formatted) directory; a raw socket asks ApiVersions every millisecond until ' +
    'the first answer. One start of each side comes before: from then on Posthorn finds the code that V8 compiled, and both ' +
    'their files in the page cache. Memory and processor use follow over five seconds without any request. Then another start, on ' +
    'another empty directory: a client connects, creates a topic and produces a record with acks=1, all as soon as it can, until that is acknowledged.',
  metrics: [
    {
      key: 'startMs',
      title: 'process start to first answer',
      unit: 'ms',
      better: 'less',
      goals: [
        { of: 'median', bound: 'at most', limit: 150 },
        { of: 'ratio', bound: 'at most', limit: 0.1 },
      ],
    },
    {
      key: 'firstRecordMs',
      title: 'process start to first acknowledged record',
      unit: 'ms',
      better: 'less',
      goals: [
        { of: 'median', bound: 'at most', limit: 150 },
        { of: 'ratio', bound: 'at most', limit: 0.1 },
      ],
    },
    {
      key: 'idleMb',
      title: 'resident memory when idle',
      unit: 'MB',
      better: 'less',
      goals: [
        { of: 'median', bound: 'at most', limit: 80 },
        { of: 'ratio', bound: 'at most', limit: 0.2 },
      ],
    },
    { key: 'firstStartMs', title: 'the very first start of the build, to first answer', unit: 'ms', better: 'less' },
    { key: 'idleCpuPercent', title: 'processor use when idle', unit: '% of a core', better: 'less' },
  ],
  open: async (context) => {
    const firstStartMs = new Map<SideName, number>();
    for (const side of context.sides) firstStartMs.set(side.name, (await atRest(context, side)).startMs);
    return {
      measure: async (name) => ({
        ...(await atRest(context, sideOf(context, name))),
        firstRecordMs: await firstRecord(context, sideOf(context, name)),
        firstStartMs: firstStartMs.get(name)!,
      }),
      close: () => Promise.resolve(),
    };
  },
};

interface StartValues {
  readonly startMs: number;
  readonly idleMb: number;
  readonly idleCpuPercent: number;
}

async function atRest(context: BenchContext, side: Side): Promise<StartValues> {
  const home = await newHome(context, side.name);
  await side.prepare(home);
  await diskQuiet();
  const broker = await side.launch(home);
  try {
    const startMs = (await firstAnswer(broker)) - broker.spawnedAt;
    const cpuBefore = cpuSeconds(broker.pid);
    await sleep(QUIET_MS);
    const idleCpuPercent = ((cpuSeconds(broker.pid) - cpuBefore) / (QUIET_MS / 1000)) * 100;
    return { startMs, idleMb: memory(broker.pid).residentBytes / 1e6, idleCpuPercent };
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Milliseconds from the spawning of a process on an empty directory to the first acknowledged record. */
async function firstRecord(context: BenchContext, side: Side): Promise<number> {
  const home = await newHome(context, side.name);
  await side.prepare(home);
  await diskQuiet();
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    return (await firstAcknowledged(broker.port)) - broker.spawnedAt;
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

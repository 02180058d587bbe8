import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { cpuSeconds, memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { SideName } from '../sides/side.ts';
import type { BenchContext, Workload } from '../workload.ts';
import { allKnown, clusterSideOf } from './clusters.ts';

const QUIET_MS = 5000;
const POLL_MS = 1;

/** Three brokers for a test or a laptop. */
export const clusterStart: Workload = {
  name: 'cluster-start',
  title: 'Three brokers: start and rest',
  method:
    'On Posthorn `posthorn --brokers 3` in one process, on an empty directory and with `--ephemeral`; on Kafka three processes on formatted directories, started at ' +
    'once, for both of the first two rows. From the spawning until each of the three names all three in its answer to Metadata, asked every millisecond. One start of each comes before, ' +
    'unmeasured. Memory and processor use follow over five seconds without any request, summed over the processes.',
  metrics: [
    {
      key: 'startMs',
      title: 'start on disk to all three ready',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 400 }],
    },
    {
      key: 'ephemeralMs',
      title: 'start in memory to all three ready (Kafka: on disk)',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 400 }],
    },
    {
      key: 'idleMb',
      title: 'resident memory when idle',
      unit: 'MB',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 150 }],
    },
    { key: 'idleCpuPercent', title: 'processor use when idle', unit: '% of a core', better: 'less' },
  ],
  open: async (context) => {
    for (const { name } of context.clusters) await measure(context, name, { isEphemeral: false });
    return {
      measure: async (name) => {
        const onDisk = await measure(context, name, { isEphemeral: false });
        if (name === 'kafka') return { ...onDisk, ephemeralMs: onDisk.startMs };
        const { startMs } = await measure(context, name, { isEphemeral: true });
        return { ...onDisk, ephemeralMs: startMs };
      },
      close: () => Promise.resolve(),
    };
  },
};

interface StartValues {
  readonly startMs: number;
  readonly idleMb: number;
  readonly idleCpuPercent: number;
}

async function measure(
  context: BenchContext,
  name: SideName,
  { isEphemeral }: { readonly isEphemeral: boolean },
): Promise<StartValues> {
  const home = await mkdtemp(join(context.workRoot, `${name}-`));
  await diskQuiet();
  const { ports, processes } = await clusterSideOf(context, name).launchTogether(home, { isEphemeral });
  const pids = processes.map(({ pid }) => pid);
  try {
    const startMs = (await allKnown(ports, POLL_MS)) - Math.min(...processes.map(({ spawnedAt }) => spawnedAt));
    const cpuBefore = sum(pids.map(cpuSeconds));
    await sleep(QUIET_MS);
    const idleCpuPercent = ((sum(pids.map(cpuSeconds)) - cpuBefore) / (QUIET_MS / 1000)) * 100;
    const idleMb = sum(pids.map((pid) => memory(pid).residentBytes)) / 1e6;
    return { startMs, idleMb, idleCpuPercent };
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
    await rm(home, { recursive: true, force: true });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

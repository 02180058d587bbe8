import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cacheRoot, repositoryRoot } from '../paths.ts';
import { formatNumber } from '../report/numbers.ts';
import { posthornSide } from '../sides/posthorn.ts';
import type { BenchContext, Values, Workload } from '../workload.ts';
import { byFolder, selfTimes, sourcePlaces, type CpuProfile, type SelfTime, type Window } from './cpu-profile.ts';

const FUNCTIONS_SHOWN = 40;

/** Runs a workload on Posthorn alone, from the build given, with V8's profiler on, and tells where its time goes. */
export async function profileWorkload(workload: Workload, context: BenchContext, build: string): Promise<string> {
  const directory = join(cacheRoot, 'profiles');
  mkdirSync(directory, { recursive: true });
  const fresh = mkdtempSync(join(context.workRoot, 'profile-'));
  const sides = [posthornSide(build, ['--cpu-prof', '--cpu-prof-dir', fresh])];
  const { values, window } = await measureOnce(workload, { ...context, sides });
  const files = readdirSync(fresh).filter((name) => name.endsWith('.cpuprofile'));
  if (files.length === 0) throw new Error('the broker wrote no profile; did it end by SIGTERM?');
  const kept = files.map((name, index) => {
    const path = join(directory, `${workload.name}-${index + 1}.cpuprofile`);
    renameSync(join(fresh, name), path);
    return path;
  });
  const last = kept.at(-1)!;
  const times = selfTimes(JSON.parse(readFileSync(last, 'utf8')) as CpuProfile, window, sourcePlaces(build));
  const shown = Object.entries(values).map(([key, value]) => `${key} ${formatNumber(value)}`);
  return [
    `${workload.name} (profiled): ${shown.join(', ')}`,
    `the measured turn of ${relative(repositoryRoot, last)}:`,
    ...table('by folder', byFolder(times)),
    ...table(`top ${FUNCTIONS_SHOWN} functions by self time`, times.slice(0, FUNCTIONS_SHOWN), sum(times)),
  ].join('\n');
}

async function measureOnce(workload: Workload, context: BenchContext): Promise<{ values: Values; window: Window }> {
  context.note(`${workload.name}: preparing`);
  const session = await workload.open(context);
  try {
    context.note(`${workload.name}: measuring`);
    const beginMicros = nowMicros();
    const values = await session.measure('posthorn', 1);
    return { values, window: { beginMicros, endMicros: nowMicros() } };
  } finally {
    await session.close();
  }
}

function nowMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + nanos / 1000;
}

function table(title: string, times: readonly SelfTime[], total = sum(times)): string[] {
  const lines = times.map(({ name, place, ms }) => {
    const share = ((ms / total) * 100).toFixed(1).padStart(5);
    return `  ${ms.toFixed(0).padStart(7)} ms ${share} %  ${name}${place === '' ? '' : `  ${place}`}`;
  });
  return ['', `${title} (busy: ${total.toFixed(0)} ms)`, ...lines];
}

function sum(times: readonly SelfTime[]): number {
  return times.reduce((total, { ms }) => total + ms, 0);
}

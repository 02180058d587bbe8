import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cacheRoot, repositoryRoot } from '../paths.ts';
import { formatNumber } from '../report/numbers.ts';
import { posthornCluster, posthornSide } from '../sides/posthorn.ts';
import type { ClientWorkload } from '../clients/client-workload.ts';
import type { BenchContext, Session, Values, Workload } from '../workload.ts';
import { byFolder, selfTimes, sourcePlaces, type CpuProfile, type SelfTime, type Window } from './cpu-profile.ts';

const FUNCTIONS_SHOWN = 40;

/** Runs a workload on Posthorn alone, from the build given, with V8's profiler on, and tells where its time goes. */
export async function profileWorkload(workload: Workload, context: BenchContext, build: string): Promise<string> {
  const fresh = mkdtempSync(join(context.workRoot, 'profile-'));
  const sides = [posthornSide(build, profiling(fresh))];
  const clusters = [posthornCluster(build, profiling(fresh))];
  const turn = await measureOnce(workload.name, context, () => workload.open({ ...context, sides, clusters }));
  return describe(workload.name, fresh, build, turn);
}

/** The same for our client alone. */
export async function profileClient(workload: ClientWorkload, context: BenchContext, build: string): Promise<string> {
  const fresh = mkdtempSync(join(context.workRoot, 'profile-'));
  const given = { ...context, sides: [posthornSide(build)] };
  const { values } = await measureOnce(workload.name, context, () => workload.open(given, profiling(fresh)));
  // It does nothing else in its life.
  return describe(workload.name, fresh, repositoryRoot, { values, window: { beginMicros: 0, endMicros: Infinity } });
}

function profiling(directory: string): string[] {
  return ['--cpu-prof', '--cpu-prof-dir', directory];
}

/** Keeps the profiles, and describes the one that was finished last. */
function describe(name: string, fresh: string, root: string, { values, window }: MeasuredTurn): string {
  const directory = join(cacheRoot, 'profiles');
  mkdirSync(directory, { recursive: true });
  const files = readdirSync(fresh).filter((file) => file.endsWith('.cpuprofile'));
  if (files.length === 0) throw new Error('no profile was written; did the process end in order?');
  const kept = files.map((file, index) => {
    const path = join(directory, `${name}-${index + 1}.cpuprofile`);
    renameSync(join(fresh, file), path);
    return path;
  });
  const last = kept.at(-1)!;
  const times = selfTimes(JSON.parse(readFileSync(last, 'utf8')) as CpuProfile, window, sourcePlaces(root));
  const shown = Object.entries(values).map(([key, value]) => `${key} ${formatNumber(value)}`);
  return [
    `${name} (profiled): ${shown.join(', ')}`,
    `the measured turn of ${relative(repositoryRoot, last)}:`,
    ...table('by folder', byFolder(times)),
    ...table(`top ${FUNCTIONS_SHOWN} functions by self time`, times.slice(0, FUNCTIONS_SHOWN), sum(times)),
  ].join('\n');
}

interface MeasuredTurn {
  readonly values: Values;
  readonly window: Window;
}

async function measureOnce(
  name: string,
  context: BenchContext,
  open: () => Promise<Session<'posthorn'>>,
): Promise<MeasuredTurn> {
  context.note(`${name}: preparing`);
  const session = await open();
  try {
    context.note(`${name}: measuring`);
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

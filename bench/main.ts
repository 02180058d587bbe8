import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareBuilds } from './against/guard.ts';
import { KAFKA_VERSION } from '../compat/tools/kafka-jars.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { benchRoot, cacheRoot, repositoryRoot } from './paths.ts';
import { CLIENT_NAMES } from './clients/contestants.ts';
import type { ClientWorkload } from './clients/client-workload.ts';
import { profileClient, profileWorkload } from './profile/run-profile.ts';
import { clientTerminalTable } from './report/client-tables.ts';
import { curves } from './curves/curves.ts';
import { resultName, type Curve } from './curves/curve.ts';
import { runCurve } from './curves/run-curve.ts';
import { curveTable } from './report/curve-tables.ts';
import { benchmarksDocument } from './report/document.ts';
import { describeCommit, describeMachine } from './report/machine.ts';
import { writePictures } from './report/pictures.ts';
import { loadResults, saveResult, type Measurement, type Result } from './report/results.ts';
import { terminalTable } from './report/terminal.ts';
import { runWorkload } from './run.ts';
import { freezeBuild } from './sides/frozen-build.ts';
import { kafkaCluster, kafkaSide } from './sides/kafka.ts';
import { posthornCluster, posthornSide } from './sides/posthorn.ts';
import { launched } from './sides/side.ts';
import type { BenchContext, Workload } from './workload.ts';
import { workloads } from './workloads.ts';
import { clientWorkloads } from './workloads/clients.ts';

/** A broker that was killed just now may still be writing a file. */
const REMOVALS_MAX = 5;
const REMOVAL_MS = 100;
const keptResults = join(benchRoot, 'results');
const passingResults = join(cacheRoot, 'results');

/** Runs the chosen workloads one after another; one that fails is named and the others still run. */
async function main(options: Options): Promise<number> {
  const workRoot = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'posthorn-bench-'));
  const cleanUp = (): void => {
    for (const child of launched) child.kill('SIGKILL');
    rmSync(workRoot, { recursive: true, force: true, maxRetries: REMOVALS_MAX, retryDelay: REMOVAL_MS });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      cleanUp();
      process.exit(1);
    });
  }
  let failed = 0;
  try {
    const build = freezeBuild(workRoot);
    if (options.against !== undefined) return await compareBuilds(options.against, build, { workRoot, note });
    const sides = options.profile ? [] : [options.noise ? kafkaSide('posthorn') : posthornSide(build), kafkaSide()];
    const clusters = options.profile
      ? []
      : [options.noise ? kafkaCluster('posthorn') : posthornCluster(build), kafkaCluster()];
    const { scale, profile } = options;
    const sharesBrokers = scale.name !== 'full' && !profile;
    const context: BenchContext = { sides, clusters, scale, sharesBrokers, workRoot, note };
    for (const workload of options.chosen) {
      try {
        if (isCurve(workload)) console.log(`${await drawOne(workload, context, options)}\n`);
        else if (!options.profile) console.log(`${await compareOne(workload, context, options)}\n`);
        else if (isOfClients(workload)) console.log(await profileClient(workload, context, build));
        else console.log(await profileWorkload(workload, context, build));
      } catch (error) {
        failed++;
        console.log(`${workload.name} FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  } finally {
    cleanUp();
  }
  if (options.publish) publishDocument();
  return failed;
}

type Chosen = Options['chosen'][number];

function isOfClients(workload: Chosen): workload is ClientWorkload {
  return 'kind' in workload;
}

function isCurve(workload: Chosen): workload is Curve {
  return 'sizes' in workload;
}

/** Runs and saves a curve; its table. */
async function drawOne(curve: Curve, context: BenchContext, options: Options): Promise<string> {
  const result = resultOf(resultName(curve), await runCurve(curve, context, options.rounds), context);
  saveResult(options.publish ? keptResults : passingResults, result);
  return `${resultName(curve)}: ${curve.title}\n${curveTable(curve, result)}`;
}

function resultOf(workload: string, measurements: readonly Measurement[], context: BenchContext): Result {
  return {
    workload,
    scale: context.scale,
    at: new Date().toISOString(),
    commit: describeCommit(),
    kafka: KAFKA_VERSION,
    machine: describeMachine(context.workRoot),
    measurements,
  };
}

/** Runs and saves; the table for the terminal. */
async function compareOne(
  workload: Workload | ClientWorkload,
  context: BenchContext,
  options: Options,
): Promise<string> {
  const result = resultOf(workload.name, await takeTurns(workload, context, options.rounds), context);
  saveResult(options.publish ? keptResults : passingResults, result);
  if (isOfClients(workload)) return clientTerminalTable(workload, result);
  return terminalTable(workload, result, options.noise);
}

async function takeTurns(
  workload: Workload | ClientWorkload,
  context: BenchContext,
  rounds: number,
): Promise<Measurement[]> {
  const { name, metrics } = workload;
  if (isOfClients(workload)) {
    return runWorkload({ name, metrics, who: CLIENT_NAMES, open: (given) => workload.open(given) }, context, rounds);
  }
  const who = context.sides.map((side) => side.name);
  return runWorkload({ name, metrics, who, open: (given) => workload.open(given) }, context, rounds);
}

function publishDocument(): void {
  mkdirSync(keptResults, { recursive: true });
  const docs = join(repositoryRoot, 'docs');
  const file = join(docs, 'benchmarks.md');
  mkdirSync(docs, { recursive: true });
  const tried = readFileSync(join(benchRoot, 'what-was-tried.md'), 'utf8');
  const results = loadResults(keptResults);
  writePictures(docs, workloads, curves, results);
  writeFileSync(file, benchmarksDocument({ workloads, clientWorkloads, curves, tried }, results));
}

function note(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else if (options.document) publishDocument();
  else if ((await main(options)) > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

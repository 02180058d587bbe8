import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KAFKA_VERSION } from '../compat/tools/kafka-jars.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { benchRoot, cacheRoot, repositoryRoot } from './paths.ts';
import { CLIENT_NAMES } from './clients/contestants.ts';
import type { ClientWorkload } from './clients/client-workload.ts';
import { profileClient, profileWorkload } from './profile/run-profile.ts';
import { clientTerminalTable } from './report/client-tables.ts';
import { benchmarksDocument } from './report/document.ts';
import { describeCommit, describeMachine } from './report/machine.ts';
import { loadResults, saveResult, type Measurement } from './report/results.ts';
import { terminalTable } from './report/terminal.ts';
import { runWorkload } from './run.ts';
import { freezeBuild } from './sides/frozen-build.ts';
import { kafkaCluster, kafkaSide } from './sides/kafka.ts';
import { posthornCluster, posthornSide } from './sides/posthorn.ts';
import { launched } from './sides/side.ts';
import type { BenchContext } from './workload.ts';
import { workloads } from './workloads.ts';
import { clientWorkloads } from './workloads/clients.ts';

const keptResults = join(benchRoot, 'results');
const passingResults = join(cacheRoot, 'results');

/** Runs the chosen workloads one after another; one that fails is named and the others still run. */
async function main(options: Options): Promise<number> {
  const workRoot = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'posthorn-bench-'));
  const cleanUp = (): void => {
    for (const child of launched) child.kill('SIGKILL');
    rmSync(workRoot, { recursive: true, force: true });
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
    const sides = options.profile ? [] : [options.noise ? kafkaSide('posthorn') : posthornSide(build), kafkaSide()];
    const clusters = options.profile
      ? []
      : [options.noise ? kafkaCluster('posthorn') : posthornCluster(build), kafkaCluster()];
    const context: BenchContext = { sides, clusters, scale: options.scale, workRoot, note };
    for (const workload of options.chosen) {
      try {
        if (!options.profile) console.log(`${await compareOne(workload, context, options)}\n`);
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

/** Runs and saves; the table for the terminal. */
async function compareOne(workload: Chosen, context: BenchContext, options: Options): Promise<string> {
  const measurements = await takeTurns(workload, context, options.rounds);
  const result = {
    workload: workload.name,
    scale: options.scale,
    at: new Date().toISOString(),
    commit: describeCommit(),
    kafka: KAFKA_VERSION,
    machine: describeMachine(context.workRoot),
    measurements,
  };
  saveResult(options.publish ? keptResults : passingResults, result);
  if (isOfClients(workload)) return clientTerminalTable(workload, result);
  return terminalTable(workload, result, options.noise);
}

async function takeTurns(workload: Chosen, context: BenchContext, rounds: number): Promise<Measurement[]> {
  const { name } = workload;
  if (isOfClients(workload)) {
    return runWorkload({ name, who: CLIENT_NAMES, open: (given) => workload.open(given) }, context, rounds);
  }
  const who = context.sides.map((side) => side.name);
  return runWorkload({ name, who, open: (given) => workload.open(given) }, context, rounds);
}

function publishDocument(): void {
  mkdirSync(keptResults, { recursive: true });
  const file = join(repositoryRoot, 'docs', 'benchmarks.md');
  mkdirSync(join(repositoryRoot, 'docs'), { recursive: true });
  writeFileSync(file, benchmarksDocument(workloads, clientWorkloads, loadResults(keptResults)));
}

function note(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else if ((await main(options)) > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

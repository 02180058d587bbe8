import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KAFKA_VERSION } from '../compat/tools/kafka-jars.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { benchRoot, cacheRoot, repositoryRoot } from './paths.ts';
import { profileWorkload } from './profile/run-profile.ts';
import { benchmarksDocument } from './report/document.ts';
import { describeCommit, describeMachine } from './report/machine.ts';
import { loadResults, saveResult } from './report/results.ts';
import { terminalTable } from './report/terminal.ts';
import { runWorkload } from './run.ts';
import { freezeBuild } from './sides/frozen-build.ts';
import { kafkaSide } from './sides/kafka.ts';
import { posthornSide } from './sides/posthorn.ts';
import { launched } from './sides/side.ts';
import type { BenchContext } from './workload.ts';
import { workloads } from './workloads.ts';

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
    const context: BenchContext = { sides, scale: options.scale, workRoot, note };
    for (const workload of options.chosen) {
      try {
        if (options.profile) console.log(await profileWorkload(workload, context, build));
        else await compareOne(workload, context, options);
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

async function compareOne(workload: Options['chosen'][number], context: BenchContext, options: Options): Promise<void> {
  const measurements = await runWorkload(workload, context, options.rounds);
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
  console.log(`${terminalTable(workload, result, options.noise)}\n`);
}

function publishDocument(): void {
  mkdirSync(keptResults, { recursive: true });
  const file = join(repositoryRoot, 'docs', 'benchmarks.md');
  mkdirSync(join(repositoryRoot, 'docs'), { recursive: true });
  writeFileSync(file, benchmarksDocument(workloads, loadResults(keptResults)));
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

import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { filesUnder } from './repository-files.ts';

/**
 * Runs the compiled tests (Node 20's `--test` takes no globs). Arguments narrow them: only files whose path contains one of
 * them. Prints failures in full, the slowest tests and the total; fails when a test fails or none ran.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const CONCURRENCY = 2;
const FILE_TIMEOUT_MS = 300_000;
const SLOWEST_SHOWN = 10;

interface Outcome {
  readonly name: string;
  readonly file: string;
  readonly ms: number;
}

function testFiles(wanted: readonly string[]): string[] {
  return filesUnder(root, ['test'], '.test.ts')
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
    .map((path) => join(root, 'dist', path.replace(/\.ts$/, '.js')))
    .filter((path) => existsSync(path));
}

async function runFiles(files: string[]): Promise<{ passed: Outcome[]; failed: Outcome[]; skipped: string[] }> {
  const passed: Outcome[] = [];
  const failed: Outcome[] = [];
  const skipped: string[] = [];
  const stream = run({ files, concurrency: CONCURRENCY, timeout: FILE_TIMEOUT_MS });
  for await (const event of stream) {
    if (event.type === 'test:stderr') {
      process.stderr.write(event.data.message);
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { name, details, file, skip } = event.data;
      if (details.type === 'suite') continue;
      const outcome = { name, file: relative(join(root, 'dist'), file ?? name), ms: details.duration_ms };
      if (event.type === 'test:fail') {
        failed.push(outcome);
        console.log(
          `FAIL ${outcome.file}: ${name}\n${inspect(event.data.details.error.cause ?? event.data.details.error)}`,
        );
      } else if (skip !== undefined && skip !== false) {
        skipped.push(`${outcome.file}: ${name}${typeof skip === 'string' ? ` (${skip})` : ''}`);
      } else {
        passed.push(outcome);
      }
    }
  }
  return { passed, failed, skipped };
}

const files = testFiles(process.argv.slice(2));
const began = performance.now();
const { passed, failed, skipped } = await runFiles(files);
for (const name of skipped) console.log(`NOT RUN: ${name}`);
const slowest = [...passed].toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST_SHOWN);
console.log('slowest tests:');
for (const { name, file, ms } of slowest)
  console.log(`  ${Math.round(ms).toString().padStart(6)} ms  ${file}: ${name}`);
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`${files.length} files, ${seconds} s, ${skipped.length} not run`);
console.log(`${passed.length} passed, ${failed.length} failed`);
if (failed.length > 0 || passed.length === 0) process.exitCode = 1;

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startPosthorn } from '../brokers/posthorn.ts';
import { cacheRoot, compatRoot } from '../paths.ts';
import { go } from '../tools/go.ts';
import { must } from '../tools/tool.ts';

/**
 * Runs franz-go's own tests against a broker.
 *
 *   node dist/compat/kgo/run.js [--long] [PATTERN OF TESTS]
 *
 * BOOTSTRAP names a running broker (otherwise Posthorn is started); KGO_TEST_RECORDS (20000) is theirs. The long form runs the
 * copies through groups and through transactions, each with every balancer, five times in a row with 100000 records. Closes
 * with "N passed, M failed".
 */
const MODULE = 'github.com/twmb/franz-go@v1.22.2';
const long = process.argv.includes('--long');
const LIMIT_S = long ? 1800 : 400;
const ROUNDS = long ? 5 : 1;
const RECORDS = process.env['KGO_TEST_RECORDS'] ?? (long ? '100000' : '20000');

/** Tests of what Posthorn does not serve. An entry goes when the thing is there. */
const excluded: readonly { readonly test: string; readonly reason: string }[] = [
  { test: 'TestSCRAM', reason: 'SCRAM listeners are not set up' },
  { test: 'TestShare', reason: 'share groups' },
];

/** The compiled tests and the directory that they expect to run in. */
function build(): { program: string; folder: string } {
  const command = go();
  mkdirSync(cacheRoot, { recursive: true });
  const cwd = join(compatRoot, 'clients', 'orders-go');
  const { Dir } = JSON.parse(must(command, ['mod', 'download', '-json', MODULE], { cwd })) as { Dir: string };
  const program = join(cacheRoot, `kgo-${MODULE.replace(/.*@/, '')}.test`);
  if (!existsSync(program)) must(command, ['test', '-c', '-o', program, './pkg/kgo'], { cwd: Dir });
  return { program, folder: join(Dir, 'pkg', 'kgo') };
}

interface Tally {
  readonly passed: string[];
  readonly failed: string[];
  readonly skipped: string[];
}

async function runTests(program: string, folder: string, bootstrap: string): Promise<Tally> {
  const given = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
  const pattern = given ?? (long ? 'TestGroupETL|TestTxnEtl' : undefined);
  const args = [
    '-test.v',
    '-test.parallel=2',
    `-test.count=${ROUNDS}`,
    `-test.timeout=${LIMIT_S}s`,
    `-test.skip=${excluded.map(({ test }) => test).join('|')}`,
  ];
  const child = spawn(program, [...args, ...(pattern === undefined ? [] : [`-test.run=${pattern}`])], {
    cwd: folder,
    env: { ...process.env, KGO_SEEDS: bootstrap, KGO_TEST_RF: '1', KGO_TEST_RECORDS: RECORDS, KGO_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((done) => {
    child.once('close', done);
  });
  const named = (verdict: string): string[] =>
    [...text.matchAll(new RegExp(`^\\s*--- ${verdict}: (\\S+ \\(.*\\))`, 'gm'))].map((match) => match[1] ?? '');
  const tally = { passed: named('PASS'), failed: named('FAIL'), skipped: named('SKIP') };
  if (code !== 0)
    console.log(
      text
        .split('\n')
        .filter((line) => !/^\s*(=== |--- PASS)/.test(line))
        .slice(-80)
        .join('\n'),
    );
  if (code !== 0 && tally.failed.length === 0) tally.failed.push(`the run, which ended with ${code}`);
  return tally;
}

let built: { program: string; folder: string };
try {
  built = build();
} catch (error) {
  console.log(`NOT RUN: franz-go's tests: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 0 failed, all NOT RUN');
  process.exit(0);
}
const given = process.env['BOOTSTRAP'];
const posthorn = given === undefined ? await startPosthorn() : undefined;
const { passed, failed, skipped } = await runTests(built.program, built.folder, given ?? posthorn?.bootstrap ?? '');
await posthorn?.stop();
for (const test of failed) console.log(`FAIL ${test}`);
for (const test of skipped) console.log(`NOT RUN: ${test} skips itself`);
for (const { test, reason } of excluded) console.log(`NOT RUN: ${test}*: ${reason}`);
console.log(`${passed.length} passed, ${failed.length} failed`);
process.exit(failed.length > 0 || passed.length === 0 ? 1 : 0);

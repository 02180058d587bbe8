import { join } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { repositoryRoot } from '../paths.ts';
import { etcd } from '../tools/etcd.ts';
import { faults } from './faults.ts';

/**
 * The metadata store over real etcd: first the contract that all stores have in common, on one member behind a proxy that
 * swallows bytes; then what befalls etcd itself, on one and three members.
 *
 *   node dist/compat/etcd/run.js
 *
 * Needs Debian's etcd-server and etcd-client, installed when that is possible; ETCD_VERSION=3.6 (or 3.5) takes that server instead,
 * built from its Go module. Closes with "N passed, M failed".
 */
let passed = 0;
let failed = 0;

function verdict(what: string, isGood: boolean, figures = ''): void {
  console.log(`${isGood ? 'pass' : 'FAIL'} ${what}${figures === '' ? '' : `: ${figures}`}`);
  if (isGood) passed++;
  else failed++;
}

async function contract(): Promise<void> {
  const events = run({ files: [join(repositoryRoot, 'dist', 'compat', 'etcd', 'contract.js')] });
  events.on('test:pass', ({ name, details, nesting }) => {
    if (details.type !== 'suite' && nesting > 0) verdict(name, true);
  });
  events.on('test:stderr', ({ message }) => process.stderr.write(message));
  events.on('test:fail', ({ name, details }) => {
    if (details.type !== 'suite') verdict(name, false, inspect(details.error.cause ?? details.error));
  });
  await new Promise((ended) => void events.on('end', ended).resume());
}

async function befalling(): Promise<void> {
  for (const [what, happen] of Object.entries(faults)) {
    try {
      verdict(what, true, await happen());
    } catch (error) {
      verdict(what, false, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
}

try {
  etcd();
} catch (error) {
  console.log(`NOT RUN: the metadata store over etcd: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 0 failed');
  process.exit(0);
}
await contract();
await befalling();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

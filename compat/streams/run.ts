import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokerKind } from '../brokers/broker-kind.ts';
import { startLasting, type LastingBroker } from '../brokers/lasting-broker.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { Numbers } from '../clients/numbers.ts';
import { finish, start } from '../clients/processes.ts';
import { javaProgram, type CommandLine } from '../clients/programs.ts';
import { faultsOfAtLeastOnce, faultsOfExactlyOnce, PARTITIONS, workOf, type Work } from './work.ts';

/**
 * Kafka Streams over a broker: a word count and a windowed join, with each processing guarantee, killed -9 and started again
 * while running (with its state, and without), the broker killed too; what came out has to be what the input makes.
 *
 *   node dist/compat/streams/run.js [--long]
 *
 * BROKER=kafka runs it against Apache Kafka; BROKERS=3 against three brokers, which are killed in turns; ONLY=exactly-once-kills
 * runs the cases of such names; LINES (3000; 30000 in the long form). The short form took 300
 * seconds on two very busy cores. Closes with "N passed, M failed".
 */
const long = process.argv.includes('--long');
const LINES = Number(process.env['LINES'] ?? (long ? 30_000 : 3000));
const CASE_MS = 240_000;
const CLOSE_MS = 40_000;
const LOOK_MS = 500;
/** The input comes in parts, so that the kills hit a program at work. */
const PARTS = 6;

interface Case {
  readonly name: string;
  readonly guarantee: 'exactly_once_v2' | 'at_least_once';
  readonly kills: boolean;
}

const cases: readonly Case[] = [
  { name: 'at-least-once', guarantee: 'at_least_once', kills: false },
  { name: 'exactly-once-kills', guarantee: 'exactly_once_v2', kills: true },
  ...(long
    ? ([
        { name: 'at-least-once-kills', guarantee: 'at_least_once', kills: true },
        { name: 'exactly-once', guarantee: 'exactly_once_v2', kills: false },
      ] as const)
    : []),
];

/** The streams program over its lives. */
class Program {
  readonly #commandLine: CommandLine;
  readonly #stateDir: string;
  #child: ChildProcess | undefined;
  said = '';

  constructor(commandLine: CommandLine, stateDir: string) {
    this.#commandLine = commandLine;
    this.#stateDir = stateDir;
  }

  start(): void {
    const child = start(this.#commandLine);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.said = `${this.said}${chunk.toString()}`.slice(-4000)));
    child.stdin?.on('error', () => {});
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((done) => {
      child.once('exit', done);
    });
    child.kill('SIGKILL');
    await gone;
  }

  /** All that it knows has to come from its changelogs again. */
  async forget(): Promise<void> {
    await rm(this.#stateDir, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    if (this.#child !== undefined) await finish(this.#child, CLOSE_MS);
  }
}

async function runCase(broker: LastingBroker, numbers: Numbers, each: Case): Promise<string> {
  const { bootstrap } = broker;
  const topic = (name: string): string => `streams-${each.name}-${name}`;
  const names = ['lines', 'counts', 'left', 'right', 'joined'].map(topic);
  await createTopicsToKeep(bootstrap, names, PARTITIONS);
  const work = workOf(LINES, Date.now() - LINES * 20);
  const state = await mkdtemp(join(tmpdir(), 'streams-state-'));
  const java = javaProgram('counting-java', 'Counting', 'kafka-streams');
  const program = new Program([...java, bootstrap, topic('app'), state, each.guarantee, ...names], state);
  const deadline = Date.now() + CASE_MS;
  try {
    program.start();
    for (let part = 0; part < PARTS; part++) {
      await feed(numbers, work, part, topic);
      if (!each.kills) continue;
      if (part === 1) await restart(program);
      if (part === 2) await broker.crash();
      if (part === 3) await restart(program, 'without its state');
    }
    for (;;) {
      const counts = await numbers.readCommitted(topic('counts'));
      const joined = await numbers.readCommitted(topic('joined'));
      const exact = each.guarantee === 'exactly_once_v2' || !each.kills;
      const faults = (exact ? faultsOfExactlyOnce : faultsOfAtLeastOnce)(work, counts, joined);
      if (faults.length === 0) return `${counts.length} counts, ${joined.length} joined`;
      if (Date.now() > deadline) throw new Error(`${faults.slice(0, 8).join('\n')}\nit said: ${program.said}`);
      await pause(LOOK_MS);
    }
  } finally {
    await program.close();
    await rm(state, { recursive: true, force: true });
  }
}

async function restart(program: Program, how?: 'without its state'): Promise<void> {
  await program.kill();
  if (how !== undefined) await program.forget();
  program.start();
}

async function feed(numbers: Numbers, work: Work, part: number, topic: (name: string) => string): Promise<void> {
  const size = Math.ceil(LINES / PARTS);
  for (const name of ['lines', 'left', 'right'] as const)
    await numbers.write(topic(name), work[name].slice(part * size, (part + 1) * size));
}

let passed = 0;
let failed = 0;
const kind = brokerKind();
try {
  javaProgram('counting-java', 'Counting', 'kafka-streams');
} catch (error) {
  console.log(`NOT RUN: Kafka Streams: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 0 failed, all NOT RUN');
  process.exit(0);
}
const only = process.env['ONLY'] ?? '';
const broker = await startLasting(kind);
const numbers = new Numbers(broker.bootstrap);
for (const each of cases.filter(({ name }) => name.includes(only))) {
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    console.log(`pass ${each.name}: ${await runCase(broker, numbers, each)}, ${seconds()}`);
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAIL ${each.name}, ${seconds()}\n    ${error instanceof Error ? error.message : String(error)}`);
  }
}
await broker.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { brokerKind } from '../brokers/broker-kind.ts';
import { startLasting, type LastingBroker } from '../brokers/lasting-broker.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { Numbers, type NumberedRecord } from '../clients/numbers.ts';
import { eachLine, start } from '../clients/processes.ts';
import { javaClass } from '../clients/programs.ts';
import { kafkaClassPath, needJava } from '../tools/kafka-jars.ts';

/**
 * Apache Kafka's TransactionalMessageCopier, four at a time with random aborts: copiers are killed and started again, the
 * broker is killed -9 and comes back, and the committed output is the input, each record once and in the order of its partition.
 *
 *   node dist/compat/transactions/copier.js [--long]
 *
 * BROKER=kafka runs it against Apache Kafka; BROKERS=3 against three brokers, which are killed in turns; ONLY=group runs the modes
 * of such names; RECORDS (8000; 40000 in the long form) of all partitions. The copier knows classic
 * groups only. The short form took 97 seconds on two busy cores. Closes with "N passed, M failed".
 */
const long = process.argv.includes('--long');
const RECORDS = Number(process.env['RECORDS'] ?? (long ? 40_000 : 8000));
const PARTITIONS = 4;
const TRANSACTION_RECORDS = 50;
const MODE_MS = 240_000;

interface Mode {
  readonly name: string;
  readonly args: readonly string[];
}

const modes: readonly Mode[] = [
  { name: 'assigned', args: [] },
  { name: 'group', args: ['--group-mode', '--use-group-metadata'] },
  ...(long ? [{ name: 'assigned-metadata', args: ['--use-group-metadata'] }] : []),
];

function input(): NumberedRecord[] {
  return Array.from({ length: RECORDS }, (_, index) => ({
    partition: index % PARTITIONS,
    key: `k${index}`,
    timestampMs: Date.now(),
    value: String(index),
  }));
}

/** A copier that is started again until it ends by itself with everything copied. */
class Copier {
  readonly #commandLine: readonly string[];
  #child: ChildProcess | undefined;
  #progress = 0;
  #starts = 0;
  /** What it said last, for the report. */
  said = '';

  constructor(commandLine: readonly string[]) {
    this.#commandLine = commandLine;
  }

  /** How many lines of progress all its lives have printed: one for each transaction. */
  get progress(): number {
    return this.#progress;
  }

  get starts(): number {
    return this.#starts;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async runUntil(deadline: number): Promise<void> {
    for (;;) {
      this.#starts++;
      const child = start(this.#commandLine);
      this.#child = child;
      eachLine(child, () => this.#progress++);
      child.stderr?.on('data', (chunk: Buffer) => (this.said = `${this.said}${chunk.toString()}`.slice(-2000)));
      const timer = setTimeout(() => child.kill('SIGKILL'), Math.max(0, deadline - Date.now()));
      const code = await new Promise((done) => {
        child.once('close', (status, signal) => done(status ?? signal));
      });
      clearTimeout(timer);
      if (code === 0) return;
      if (Date.now() >= deadline) throw new Error(`a copier did not end in time: ${this.said}`);
    }
  }
}

/** Copiers are killed one after the other, then the broker, each when all copiers together have come a part further. */
async function disturb(copiers: readonly Copier[], broker: LastingBroker, done: () => boolean): Promise<number> {
  const total = RECORDS / TRANSACTION_RECORDS;
  const reached = async (share: number): Promise<boolean> => {
    while (!done()) {
      if (copiers.reduce((sum, copier) => sum + copier.progress, 0) >= total * share) return true;
      await pause(20);
    }
    return false;
  };
  let kills = 0;
  for (const [index, share] of [0.15, 0.3, 0.6, 0.75].entries()) {
    if (!(await reached(share))) break;
    copiers[index]?.kill();
    kills++;
    if (index !== 1 || !(await reached(0.45))) continue;
    await broker.crash();
    kills++;
  }
  return kills;
}

async function copy(broker: LastingBroker, numbers: Numbers, mode: Mode): Promise<string> {
  const [from, to] = [`copier-${mode.name}-in`, `copier-${mode.name}-out`];
  await createTopicsToKeep(broker.bootstrap, [from, to], PARTITIONS);
  const records = input();
  await numbers.write(from, records);
  const tool = javaClass(kafkaClassPath(), 'org.apache.kafka.tools.TransactionalMessageCopier');
  const copiers = Array.from({ length: PARTITIONS }, (_, partition) => {
    const place = ['--broker-list', broker.bootstrap, '--input-topic', from, '--output-topic', to];
    const ids = ['--transactional-id', `${to}-${partition}`, '--consumer-group', `${to}-group`];
    const ways = ['--transaction-size', String(TRANSACTION_RECORDS), '--transaction-timeout', '20000'];
    const own = ['--input-partition', String(partition), '--enable-random-aborts', ...mode.args];
    return new Copier([...tool, ...place, ...ids, ...ways, ...own]);
  });
  const deadline = Date.now() + MODE_MS;
  let ended = false;
  const disturbing = disturb(copiers, broker, () => ended);
  try {
    await Promise.all(copiers.map(async (copier) => copier.runUntil(deadline)));
  } finally {
    ended = true;
  }
  const kills = await disturbing;
  const seen = await numbers.readCommitted(to);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const values = seen.filter((record) => record.partition === partition).map(({ value }) => value);
    const wanted = records.filter((record) => record.partition === partition).map(({ value }) => value);
    const first = wanted.findIndex((value, index) => values[index] !== value);
    if (first >= 0 || values.length !== wanted.length)
      throw new Error(
        `partition ${partition}: ${values.length} records, ${new Set(values).size} different, of ${wanted.length}; ` +
          `at ${first}: ${values.slice(first, first + 5).join()}, not ${wanted.slice(first, first + 5).join()}`,
      );
  }
  const starts = copiers.reduce((sum, copier) => sum + copier.starts, 0);
  return `${RECORDS} records once each; ${kills} kills, ${starts} starts of copiers`;
}

let passed = 0;
let failed = 0;
const kind = brokerKind();
try {
  needJava();
  kafkaClassPath();
} catch (error) {
  console.log(`NOT RUN: the copier: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 0 failed, all NOT RUN');
  process.exit(0);
}
const only = process.env['ONLY'] ?? '';
const broker = await startLasting(kind);
const numbers = new Numbers(broker.bootstrap);
for (const mode of modes.filter(({ name }) => name.includes(only))) {
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    console.log(`pass ${mode.name}: ${await copy(broker, numbers, mode)}, ${seconds()}`);
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAIL ${mode.name}, ${seconds()}\n    ${error instanceof Error ? error.message : String(error)}`);
  }
}
await broker.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

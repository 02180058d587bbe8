import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { CrashingPosthorn } from '../brokers/crashing-posthorn.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { codecs, readyClients, type OrderClient } from '../clients/order-client.ts';
import { eachLine, finish, start } from '../clients/processes.ts';
import { readTopic } from '../clients/read-topic.ts';
import { lineOf, orders } from '../matrix/orders.ts';
import { Verifier, type Expectation } from '../matrix/verifier.ts';

/**
 * Kills the broker with SIGKILL while idempotent clients write, starts it again on the same data, and reads what is there: what
 * was acknowledged has to be there, once, in the order of its keys; after the last round all rounds are read again.
 *
 *   node dist/compat/crash/run.js
 *
 * ROUNDS (10), RECORDS of each client and round (1200), SEED (the day's number; printed). Closes with "N passed, M failed".
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const RECORDS = Number(process.env['RECORDS'] ?? 1200);
const SEED = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));
const RATE = 1500;
const PARTITIONS = 2;
const JOB_MS = 90_000;

interface Writer {
  readonly client: OrderClient;
  readonly process: ChildProcess;
  /** Waits for the next line that the program prints. */
  readonly answer: () => Promise<string>;
}

async function startWriter(client: OrderClient, bootstrap: string): Promise<Writer | undefined> {
  if (client.serve === undefined) return undefined;
  const child = start(client.serve(bootstrap));
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  const said: string[] = [];
  const put = (line: string): void => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  };
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.on('exit', (code) => put(`ended with ${code}: ${said.join('').slice(-1000)}`));
  eachLine(child, (line) => put(line.toString()));
  const answer = async (): Promise<string> => {
    const line = lines.shift();
    if (line !== undefined) return line;
    const next = new Promise<string>((done) => {
      waiting.push(done);
    });
    return Promise.race([
      next,
      pause(JOB_MS, `no answer in ${JOB_MS} ms: ${said.join('').slice(-1000)}`, { ref: false }),
    ]);
  };
  const first = await answer();
  if (first !== 'ready') throw new Error(`${client.name}: ${first}`);
  return { client, process: child, answer };
}

async function verify(bootstrap: string, topic: string, expected: Expectation): Promise<string[]> {
  const verifier = new Verifier(new Map([[topic, expected]]), 1);
  for await (const line of readTopic(bootstrap, topic, PARTITIONS)) verifier.take(line, 0);
  const repeats = verifier.repeats === 0 ? [] : [`${verifier.repeats} offsets twice`];
  return [...verifier.faults, ...verifier.missing(), ...repeats];
}

async function input(file: string): Promise<Expectation> {
  const lines = new Map<string, Buffer[]>();
  const all: string[] = [];
  for (const order of orders(RECORDS, SEED)) {
    const line = lineOf(order);
    all.push(line);
    lines.set(order.key, [...(lines.get(order.key) ?? []), Buffer.from(line)]);
  }
  await writeFile(file, `${all.join('\n')}\n`);
  return { lines, count: RECORDS, fields: 'all' };
}

const { clients, missing } = readyClients(['librdkafka', 'java', 'franz-go']);
const home = await mkdtemp(join(tmpdir(), 'posthorn-crash-'));
const broker = await CrashingPosthorn.start(home);
const file = join(home, 'orders.tsv');
const expected = await input(file);
const random = new SeededRandom(SEED);
const writers = (await Promise.all(clients.map(async (client) => startWriter(client, broker.bootstrap)))).filter(
  (writer) => writer !== undefined,
);
const topics: string[] = [];
let passed = 0;
let failed = 0;

function verdict(what: string, faults: readonly string[], began: number): void {
  console.log(`${faults.length === 0 ? 'pass' : 'FAIL'} ${what}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  for (const fault of faults) console.log(fault.replace(/^/gm, '    '));
  if (faults.length === 0) passed++;
  else failed++;
}

async function round(number: number): Promise<void> {
  const began = performance.now();
  const codec = codecs[number % codecs.length] ?? 'none';
  const ofRound = writers.map(({ client }) => `crash-${number}-${client.name}`);
  await createTopicsToKeep(broker.bootstrap, ofRound, PARTITIONS);
  topics.push(...ofRound);
  for (const [index, writer] of writers.entries())
    writer.process.stdin?.write(`${ofRound[index]} ${codec} ${file} ${RATE}\n`);
  const starts: number[] = [];
  await pause(50 + random.below(700));
  starts.push(await broker.crash());
  if (number % 3 === 2) {
    await pause(random.below(300));
    starts.push(await broker.crash());
  }
  const faults: string[] = [];
  for (const writer of writers) {
    const answer = await writer.answer();
    if (process.env['TIMES'] !== undefined)
      console.log(`  ${writer.client.name} done after ${Math.round(performance.now() - began)} ms`);
    if (answer !== `done ${RECORDS} 0`) faults.push(`${writer.client.name}: ${answer}`);
  }
  for (const topic of ofRound)
    faults.push(...(await verify(broker.bootstrap, topic, expected).catch((error: unknown) => [String(error)])));
  verdict(
    `round ${number} (${codec}; up again after ${starts.map((ms) => `${Math.round(ms)} ms`).join(', ')})`,
    faults,
    began,
  );
}

console.log(
  `${ROUNDS} rounds, ${RECORDS} records of each of ${writers.map(({ client }) => client.name).join(', ')}, seed ${SEED}`,
);
if (writers.length > 0) for (let number = 1; number <= ROUNDS; number++) await round(number);
const began = performance.now();
await broker.crash();
const faults: string[] = [];
for (const topic of topics)
  faults.push(...(await verify(broker.bootstrap, topic, expected).catch((error: unknown) => [String(error)])));
if (topics.length > 0) verdict(`all ${topics.length} topics again, after one more kill`, faults, began);
await Promise.all(writers.map(async (writer) => finish(writer.process, 3000)));
await broker.stop();
if (failed === 0) await rm(home, { recursive: true, force: true });
else console.log(`the broker's data and output stay in ${home}`);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

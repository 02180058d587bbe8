import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { CrashingPosthorn } from '../brokers/crashing-posthorn.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { codecs, readyClients } from '../clients/order-client.ts';
import { finish } from '../clients/processes.ts';
import { startWriter, verifyTopic, writeOrders } from '../clients/serving-writer.ts';

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

const { clients, missing } = readyClients(['librdkafka', 'java', 'franz-go']);
const home = await mkdtemp(join(tmpdir(), 'posthorn-crash-'));
const broker = await CrashingPosthorn.start(home);
const file = join(home, 'orders.tsv');
const expected = await writeOrders(file, RECORDS, SEED);
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
    faults.push(
      ...(await verifyTopic(broker.bootstrap, { topic, partitions: PARTITIONS }, expected).catch((error: unknown) => [
        String(error),
      ])),
    );
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
  faults.push(
    ...(await verifyTopic(broker.bootstrap, { topic, partitions: PARTITIONS }, expected).catch((error: unknown) => [
      String(error),
    ])),
  );
if (topics.length > 0) verdict(`all ${topics.length} topics again, after one more kill`, faults, began);
await Promise.all(writers.map(async (writer) => finish(writer.process, 3000)));
await broker.stop();
if (failed === 0) await rm(home, { recursive: true, force: true });
else console.log(`the broker's data and output stay in ${home}`);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

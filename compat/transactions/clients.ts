import { ZERO_UUID } from '../../src/base/uuid.ts';
import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import type { WriteMessage } from '../../src/protocol/schema.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import type { RunningBroker } from '../brokers/running-broker.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { eachLine, runToEnd, start } from '../clients/processes.ts';
import type { CommandLine } from '../clients/programs.ts';
import { transactionClients, type TransactionClient } from '../clients/transaction-client.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

/**
 * Transactions of real clients: each writes transactions and aborts every third, and a reader of committed records of each
 * client sees exactly those that were committed, in the order of each partition; so do the offsets in them.
 *
 *   node dist/compat/transactions/clients.js
 *
 * BOOTSTRAP names a running broker (otherwise Posthorn is started); COUNT (30) transactions, CLIENTS="java kafkajs" narrow it.
 * Closes with "N passed, M failed", counted in topics written, topics read and groups.
 */
const COUNT = Number(process.env['COUNT'] ?? 30);
const PARTITIONS = 3;
const RECORDS = 5;
const QUIET_MS = 3000;
const JOB_MS = 120_000;

let passed = 0;
let failed = 0;

function verdict(what: string, faults: readonly string[], began: number): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${faults.length === 0 ? 'pass' : 'FAIL'} ${what}, ${seconds} s`);
  for (const fault of faults) console.log(fault.replace(/^/gm, '    '));
  if (faults.length === 0) passed++;
  else failed++;
}

/** What each partition holds for readers of committed records: transaction and record, in order. */
function expected(): string[][] {
  const partitions = Array.from({ length: PARTITIONS }, (): string[] => []);
  for (let index = 0; index < COUNT; index++) {
    if (index % 3 === 2) continue;
    for (let record = 0; record < RECORDS; record++) {
      partitions[(index + record) % PARTITIONS]?.push(`${index}-${record}`);
    }
  }
  return partitions;
}

async function linesOf(commandLine: CommandLine): Promise<{ lines: string[]; fault: string | undefined }> {
  const child = start(commandLine);
  const lines: string[] = [];
  const said: string[] = [];
  eachLine(child, (line) => lines.push(line.toString()));
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), JOB_MS);
  const code = await new Promise((done) => {
    child.once('close', (status, signal) => done(status ?? signal));
  });
  clearTimeout(timer);
  return { lines, fault: code === 0 ? undefined : `ended with ${String(code)}: ${said.join('').slice(-1000)}` };
}

async function read(bootstrap: string, reader: TransactionClient, topic: string, writer: string): Promise<void> {
  const began = performance.now();
  const group = `${topic}-read-by-${reader.name}`;
  const { lines, fault } = await linesOf(reader.read({ bootstrap, topic, group, quietMs: QUIET_MS }));
  const faults = fault === undefined ? [] : [fault];
  for (const [partition, values] of expected().entries()) {
    const seen = lines.filter((line) => line.startsWith(`${partition}\t`)).map((line) => line.split('\t')[1]);
    if (seen.join() !== values.join()) faults.push(`partition ${partition}: saw ${seen.join()}, not ${values.join()}`);
  }
  verdict(`${reader.name} reads what ${writer} committed: ${lines.length} records`, faults, began);
}

async function committedAt(address: string, request: Parameters<typeof askOffsets>[1]) {
  const peer = new WirePeer(address, 'compat');
  try {
    return await askOffsets(peer, request);
  } finally {
    peer.close();
  }
}

async function askOffsets(peer: WirePeer, request: WriteMessage<typeof offsetFetch.request>) {
  const outcome = await peer.exchange(peer.request(offsetFetch, 8, request), JOB_MS);
  const answer = 'frame' in outcome ? peer.response(offsetFetch, 8, outcome.frame) : undefined;
  const group = answer?.groups[0];
  return group?.topics[0]?.partitions[0] ?? (group && { errorCode: group.errorCode, committedOffset: -1 });
}

async function checkOffset(bootstrap: string, group: string, topic: string): Promise<void> {
  const began = performance.now();
  const topics = [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [0] }];
  const request = { groupId: '', topics: [], groups: [{ groupId: group, topics }], requireStable: true };
  const answers = await Promise.all(bootstrap.split(',').map((address) => committedAt(address, request)));
  // Of several brokers one coordinates the group.
  const found = answers.find((answer) => answer?.errorCode === 0) ?? answers[0];
  const last = COUNT % 3 === 0 ? COUNT - 1 : COUNT;
  const faults =
    found?.errorCode === 0 && found.committedOffset === last
      ? []
      : [`offset ${found?.committedOffset}, error ${found?.errorCode}; ${last} was committed last`];
  verdict(`the offsets of ${group}`, faults, began);
}

const given = process.env['BOOTSTRAP'];
const { clients, missing } = transactionClients(process.env['CLIENTS']?.split(' '));
const broker: RunningBroker = given === undefined ? await startPosthorn() : { bootstrap: given, stop: async () => {} };
const { bootstrap } = broker;
try {
  const mark = Date.now().toString(36);
  for (const writer of clients) {
    const began = performance.now();
    const topic = `transactions-${mark}-${writer.name}`;
    const group = `${topic}-group`;
    await createTopicsToKeep(bootstrap, [topic], PARTITIONS);
    const job = { bootstrap, topic, transactionalId: topic, group, count: COUNT };
    const fault = await runToEnd(writer.write(job), JOB_MS).then(() => undefined, String);
    verdict(`${writer.name} writes ${COUNT} transactions`, fault === undefined ? [] : [fault], began);
    if (fault !== undefined) continue;
    if (writer.commitsOffsets) await checkOffset(bootstrap, group, topic);
    for (const reader of clients) await read(bootstrap, reader, topic, writer.name);
  }
} finally {
  await broker.stop();
}
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

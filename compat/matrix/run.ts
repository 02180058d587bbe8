import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPosthorn } from '../brokers/posthorn.ts';
import type { RunningBroker } from '../brokers/running-broker.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { codecs, readyClients, type CodecName, type OrderClient } from '../clients/order-client.ts';
import { eachLine, finish, runToEnd, start } from '../clients/processes.ts';
import { lineOf, orders } from './orders.ts';
import { Verifier, type Expectation } from './verifier.ts';

/**
 * The matrix of real clients: each client writes the same file of orders with each compression, and each other client reads
 * it back in a group of three members, compared byte for byte in the order of each key.
 *
 *   node dist/compat/matrix/run.js
 *
 * BOOTSTRAP names a running broker (otherwise Posthorn is started); RECORDS (50000), SEED (1), CLIENTS="java kcat" narrow it.
 * Closes with "N passed, M failed", counted in topics written and topics read.
 */
const RECORDS = Number(process.env['RECORDS'] ?? 50_000);
const SEED = Number(process.env['SEED'] ?? 1);
const MEMBERS = 3;
const PARTITIONS = 6;
const PRODUCE_MS = 120_000;
const CONSUME_MS = 180_000;
const LEAVE_MS = 10_000;

interface WrittenTopic {
  readonly topic: string;
  readonly writer: OrderClient;
  readonly codec: CodecName;
}

interface Input {
  readonly file: string;
  readonly keyValueFile: string;
  readonly lines: ReadonlyMap<string, readonly Buffer[]>;
}

let passed = 0;
let failed = 0;

async function writeInput(folder: string): Promise<Input> {
  const lines = new Map<string, Buffer[]>();
  const [whole, keyValue]: [string[], string[]] = [[], []];
  for (const order of orders(RECORDS, SEED)) {
    const line = lineOf(order);
    whole.push(line);
    keyValue.push(`${order.key}\t${order.value}`);
    const ofKey = lines.get(order.key);
    if (ofKey === undefined) lines.set(order.key, [Buffer.from(line)]);
    else ofKey.push(Buffer.from(line));
  }
  const [file, keyValueFile] = [join(folder, 'orders.tsv'), join(folder, 'orders-key-value.tsv')];
  await writeFile(file, `${whole.join('\n')}\n`);
  await writeFile(keyValueFile, `${keyValue.join('\n')}\n`);
  return { file, keyValueFile, lines };
}

async function writeAll(bootstrap: string, clients: readonly OrderClient[], input: Input): Promise<WrittenTopic[]> {
  const mark = Date.now().toString(36);
  const topics = clients.flatMap((writer) =>
    codecs.map((codec) => ({ topic: `orders-${mark}-${writer.name}-${codec}`, writer, codec })),
  );
  await createTopicsToKeep(
    bootstrap,
    topics.map(({ topic }) => topic),
    PARTITIONS,
  );
  const written: WrittenTopic[] = [];
  for (const each of topics) {
    const began = performance.now();
    const { file, keyValueFile } = input;
    const job = { bootstrap, topic: each.topic, codec: each.codec, file, keyValueFile };
    const fault = await runToEnd(each.writer.produce(job), PRODUCE_MS).then(() => undefined, String);
    verdict(`${each.writer.name} writes with ${each.codec}`, fault === undefined ? [] : [fault], began);
    if (fault === undefined) written.push(each);
  }
  return written;
}

function expectation(input: Input, { writer }: WrittenTopic): Expectation {
  const fields = writer.writesOnlyKeyAndValue === true ? 'value' : 'all';
  return { lines: input.lines, count: RECORDS, fields, headers: `source=${writer.name}` };
}

/** One client reads everything that the others wrote, as a group of three processes. */
async function readAll(
  bootstrap: string,
  reader: OrderClient,
  topics: readonly WrittenTopic[],
  input: Input,
): Promise<void> {
  const began = performance.now();
  const verifier = new Verifier(new Map(topics.map((each) => [each.topic, expectation(input, each)])), MEMBERS);
  const names = topics.map(({ topic }) => topic);
  const group = `orders-${Date.now().toString(36)}-${reader.name}`;
  const said: string[] = [];
  const members = Array.from({ length: MEMBERS }, () => start(reader.consume({ bootstrap, group, topics: names })));
  await new Promise<void>((done) => {
    const timer = setTimeout(done, CONSUME_MS);
    for (const [member, child] of members.entries()) {
      child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
      child.on('exit', (code) => {
        if (verifier.isDone) return;
        said.push(`member ${member} ended with ${code}`);
        clearTimeout(timer);
        done();
      });
      eachLine(child, (line) => {
        verifier.take(Buffer.from(line), member);
        if (!verifier.isDone) return;
        clearTimeout(timer);
        done();
      });
    }
  });
  await Promise.all(members.map((child) => finish(child, LEAVE_MS)));
  const faults = [...verifier.faults, ...verifier.missing()];
  if (verifier.recordsOfMember.some((records) => records === 0))
    faults.push(`a member got nothing: ${verifier.recordsOfMember.join(', ')}`);
  if (faults.length > 0) faults.push(said.join('').slice(-1500));
  const shares = `members got ${verifier.recordsOfMember.join(', ')}; ${verifier.repeats} read twice`;
  verdict(`${reader.name} reads ${names.length} topics of the others (${shares})`, faults, began, names.length);
}

function verdict(what: string, faults: readonly string[], began: number, weight = 1): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${faults.length === 0 ? 'pass' : 'FAIL'} ${what}, ${seconds} s`);
  for (const fault of faults) console.log(fault.replace(/^/gm, '    '));
  if (faults.length === 0) passed += weight;
  else failed += weight;
}

/** As in production: time for all members of a group to come, so that each gets partitions from the start. */
const settings = { 'group.initial.rebalance.delay.ms': '3000' };
const given = process.env['BOOTSTRAP'];
const { clients, missing } = readyClients(process.env['CLIENTS']?.split(' '));
const folder = await mkdtemp(join(tmpdir(), 'posthorn-matrix-'));
const broker: RunningBroker =
  given === undefined ? await startPosthorn({ settings }) : { bootstrap: given, stop: async () => {} };
try {
  const input = await writeInput(folder);
  console.log(`${RECORDS} orders of ${input.lines.size} keys, ${clients.map(({ name }) => name).join(', ')}`);
  const written = await writeAll(broker.bootstrap, clients, input);
  for (const reader of clients) {
    const ofOthers = written.filter(({ writer }) => writer.name !== reader.name);
    if (ofOthers.length > 0) await readAll(broker.bootstrap, reader, ofOthers, input);
  }
} finally {
  await broker.stop();
  await rm(folder, { recursive: true, force: true });
}
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
